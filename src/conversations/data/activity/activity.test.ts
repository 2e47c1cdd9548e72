import { expect, test } from 'vitest';
import { eraseActivity, noteActivity } from './activity.ts';
import { listActivity } from './activity-log.ts';
import { deleteAllChats, deleteConversation, deleteMessage } from '../lifetime/deletion.ts';
import { appendQuestion } from '../repository.ts';
import { openTestStore } from '../test-store.ts';

test('the log says what was deleted, exported, sent and ran, the newest first, in no word of a chat; and it can be erased', async () => {
  const store = await openTestStore();
  const ask = () => appendQuestion(store, { conversationId: null, parentId: null, text: 'Zebrafinch?' });
  const { conversation } = await ask();
  await deleteConversation(store, conversation.id);
  const { message } = await ask();
  await deleteMessage(store, message.id);
  await deleteAllChats(store);
  noteActivity(store, { kind: 'sent', host: 'llm.example', model: 'meditron-70b' });
  await expect.poll(() => store.db.activity.count()).toBe(4);
  await store.db.activity.add({ at: 1, value: { kind: 'of a later version' } });
  const lines = await listActivity(store);
  expect(lines).toMatchObject([
    { kind: 'sent', host: 'llm.example', model: 'meditron-70b' },
    { kind: 'deleted', what: 'all-chats', count: 2 },
    { kind: 'deleted', what: 'message', count: 1 },
    { kind: 'deleted', what: 'chats', count: 1 },
  ]);
  expect(JSON.stringify(lines)).not.toContain('Zebrafinch');
  await eraseActivity(store);
  expect(await listActivity(store)).toEqual([]);
});
