import { expect, test } from 'vitest';
import { deleteConversation, deleteMessage, purgeAllDeleted, undoDeletion } from './lifetime/deletion.ts';
import {
  appendQuestion,
  countConversations,
  editMessage,
  getConversation,
  insertMessage,
  listConversations,
  listMessages,
  renameConversation,
  showMessage,
  changeConversation,
} from './repository.ts';
import { markInterrupted, startReply } from '../messages/replies.ts';
import { createUniverse, openTestStore } from './test-store.ts';

const ALL = { folder: { kind: 'all' }, sort: 'updated' } as const;

test('a question makes a chat with its first line as title, and both are listed', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: '\n\n  What are the adverse effects\nof statins?',
  });
  expect(conversation.title).toBe('What are the adverse effects');
  expect(conversation.leafId).toBe(message.id);
  expect(await listConversations(store, ALL, { offset: 0, limit: 10 })).toEqual([conversation]);
  expect(await countConversations(store, ALL)).toBe(1);
  expect(await listMessages(store, conversation.id)).toEqual([message]);
});

test('two tabs that answer the same message keep both texts as versions', async () => {
  const universe = createUniverse();
  const a = await openTestStore(universe, 'a');
  const b = await openTestStore(universe, 'b');
  const { conversation, message } = await appendQuestion(a, {
    conversationId: null,
    parentId: null,
    text: 'one',
  });
  await Promise.all([
    appendQuestion(a, { conversationId: conversation.id, parentId: message.id, text: 'from a' }),
    appendQuestion(b, { conversationId: conversation.id, parentId: message.id, text: 'from b' }),
  ]);
  const messages = await listMessages(a, conversation.id);
  expect(
    messages
      .filter((m) => m.parentId === message.id)
      .map((m) => m.text)
      .sort(),
  ).toEqual(['from a', 'from b']);
});

test('a reply whose tab died is found and keeps what was saved', async () => {
  const universe = createUniverse();
  const a = await openTestStore(universe, 'a');
  const { conversation, message } = await appendQuestion(a, {
    conversationId: null,
    parentId: null,
    text: 'one',
  });
  const reply = await startReply(a, {
    conversationId: conversation.id,
    parentId: message.id,
    provenance: null,
  });
  reply.save('half an ans');
  const b = await openTestStore(universe, 'b');
  expect(await markInterrupted(b)).toEqual([]);
  await expect.poll(async () => (await b.db.partials.get(reply.messageId))?.text).toBe('half an ans');
  universe.locks.crash(reply.messageId);
  expect(await markInterrupted(b)).toEqual([reply.messageId]);
  const row = await b.db.messages.get(reply.messageId);
  expect(row).toMatchObject({ text: 'half an ans', status: 'interrupted' });
});

test('a chat is answered, asked anew, shown in an older version, deleted, restored, renamed, pinned and purged', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: 'one',
  });
  const r = await startReply(store, {
    conversationId: conversation.id,
    parentId: message.id,
    provenance: null,
  });
  await r.finish({ status: 'complete', text: 'done', provenance: null });
  const e = await editMessage(store, { messageId: message.id, text: 'uno', sent: true });
  expect((await getConversation(store, conversation.id))?.title).toBe('uno');
  await showMessage(store, message.id);
  expect((await getConversation(store, conversation.id))?.leafId).toBe(r.messageId);
  await insertMessage(store, {
    conversationId: conversation.id,
    parentId: e.id,
    role: 'assistant',
    text: 'put in',
  });
  const before = await store.db.transaction('r', store.db.tables, async () => ({
    m: await store.db.messages.toArray(),
    c: await store.db.conversations.toArray(),
  }));
  const d1 = await deleteMessage(store, message.id);
  const d2 = await deleteConversation(store, conversation.id);
  expect(await countConversations(store, ALL)).toBe(0);
  expect(await undoDeletion(store, d2)).toBe(true);
  expect(await undoDeletion(store, d1)).toBe(true);
  expect({ m: await store.db.messages.toArray(), c: await store.db.conversations.toArray() }).toEqual(before);
  await renameConversation(store, conversation.id, ' My  chat ');
  await changeConversation(store, conversation.id, { pinned: true });
  expect((await listConversations(store, ALL, { offset: 0, limit: 1 }))[0]).toMatchObject({
    title: 'My chat',
    pinned: true,
  });
  await deleteConversation(store, conversation.id);
  await purgeAllDeleted(store);
  expect(await store.db.messages.count()).toBe(0);
});
