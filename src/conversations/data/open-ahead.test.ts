import { expect, test } from 'vitest';
import { rowCipher } from '../../database/protection/row-cipher.ts';
import { openAhead } from './open-ahead.ts';
import { appendQuestion, insertMessage, listMessages } from './repository.ts';
import { openTestStore } from './test-store.ts';

test('the newest chats are opened ahead, a few rows at a time, and only where rows are sealed', async () => {
  const store = await openTestStore();
  const cipher = rowCipher(crypto.getRandomValues(new Uint8Array(32)));
  const opened: string[] = [];
  store.db.protection = {
    kind: 'on',
    cipher: {
      ...cipher,
      open: (place, sealed) => {
        if (place.startsWith('messages ')) opened.push(place);
        return cipher.open(place, sealed);
      },
    },
  };
  for (let chat = 0; chat < 7; chat += 1)
    await appendQuestion(store, { conversationId: null, parentId: null, text: `Chat ${String(chat)}` });
  const { conversation, message } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: 'The newest',
  });
  let parentId = message.id;
  for (let n = 0; n < 60; n += 1)
    ({ id: parentId } = await insertMessage(store, {
      conversationId: conversation.id,
      parentId,
      role: 'user',
      text: String(n),
    }));
  opened.length = 0;
  const steps: number[] = [];
  await openAhead(store, () => {
    steps.push(opened.length);
    return Promise.resolve();
  });
  // 61 messages of the newest, one of each of the four before it.
  expect(new Set(opened).size).toBe(65);
  expect(opened).toHaveLength(65);
  expect(steps).toEqual([0, 0, 50, 61, 62, 63, 64]);
  expect(await listMessages(store, conversation.id)).toHaveLength(61);

  opened.length = 0;
  store.db.protection = { kind: 'locked' };
  await openAhead(store, () => Promise.resolve());
  store.db.protection = { kind: 'on', cipher };
  await expect(
    openAhead(store, () => {
      store.db.protection = { kind: 'locked' };
      return Promise.resolve();
    }),
  ).rejects.toMatchObject({ code: 'storage/locked' });
  expect(opened).toEqual([]);
});
