import { expect, test } from 'vitest';
import { appendQuestion, getConversation } from '../repository.ts';
import { draftWriter, getDraft, NEW_CHAT_DRAFT } from '../tab/drafts.ts';
import { removeExpired } from './retention.ts';
import { openTestStore } from '../test-store.ts';

const DAY_MS = 24 * 3_600_000;
const ask = { conversationId: null, parentId: null, text: 'Q' };

test('chats and texts older than the site keeps them go for good; younger ones and those without a rule stay', async () => {
  const store = await openTestStore();
  const { conversation } = await appendQuestion(store, ask);
  await store.db.conversations.update(conversation.id, { pinned: true });
  const draft = draftWriter(store, NEW_CHAT_DRAFT);
  draft.save('Half a thought');
  await draft.flush();
  const now = Date.now();
  expect(await removeExpired(store, now + 400 * DAY_MS, null)).toBe(0);
  expect(await removeExpired(store, now + 29 * DAY_MS, 30)).toBe(0);
  expect(await getConversation(store, conversation.id)).toBeDefined();
  expect(await removeExpired(store, now + 31 * DAY_MS, 30)).toBe(1);
  expect(await store.db.conversations.count()).toBe(0);
  expect(await store.db.messages.count()).toBe(0);
  expect(await store.db.drafts.count()).toBe(0);
  expect(await getDraft(store, NEW_CHAT_DRAFT)).toBe('');
});
