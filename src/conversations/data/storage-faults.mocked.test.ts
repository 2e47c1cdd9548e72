import { afterEach, expect, test, vi } from 'vitest';
import { importConversations, readConversation } from './whole/whole-chats.ts';
import { setStorageHealth, storageHealth } from '../../database/health.ts';
import { cloneConversation } from './whole/clone.ts';
import { deleteAllChats, deleteConversation } from './lifetime/deletion.ts';
import { continueReply, markInterrupted, startReply, useUnsavedReplies } from '../messages/replies.ts';
import { appendQuestion, getProvenance, listMessages } from './repository.ts';
import type { Provenance } from '../../database/records.ts';
import { draftId, draftWriter, getDraft } from './tab/drafts.ts';
import { localReplyLocks } from '../messages/reply-locks.ts';
import { createUniverse, killTab, openTestStore } from './test-store.ts';

const full = (): never => {
  throw new DOMException('no room', 'QuotaExceededError');
};
const ask = { conversationId: null, parentId: null, text: 'a question' };

afterEach(() => {
  vi.restoreAllMocks();
  setStorageHealth({ kind: 'ok' });
});

test('a question that finds no room is refused by name and leaves nothing behind', async () => {
  const store = await openTestStore();
  const add = vi.spyOn(store.db.messages, 'add').mockImplementation(full);
  await expect(appendQuestion(store, ask)).rejects.toMatchObject({ code: 'storage/full' });
  expect(storageHealth().kind).toBe('full');
  expect(await store.db.conversations.count()).toBe(0);
  add.mockRestore();
  await appendQuestion(store, ask);
  expect(storageHealth().kind).toBe('ok');
});

test('a reply that ends on a full disk is shown from memory, keeps its lock, and is saved when there is room', async () => {
  const universe = createUniverse();
  const store = await openTestStore(universe, 'a');
  const other = await openTestStore(universe, 'b');
  const { conversation, message } = await appendQuestion(store, ask);
  const reply = await startReply(store, {
    conversationId: conversation.id,
    parentId: message.id,
    provenance: null,
  });
  const put = vi.spyOn(store.db.messages, 'put').mockImplementation(full);
  const finished = reply.finish({ status: 'complete', text: 'the answer', provenance: null });
  await expect.poll(() => storageHealth()).toMatchObject({ kind: 'full', unsaved: 1 });
  expect(useUnsavedReplies.getState().replies.get(reply.messageId)?.text).toBe('the answer');
  expect(await markInterrupted(other)).toEqual([]);
  put.mockRestore();
  expect(await store.queue.retry()).toBe(true);
  await finished;
  expect(useUnsavedReplies.getState().replies.size).toBe(0);
  expect((await listMessages(store, conversation.id)).find(({ id }) => id === reply.messageId)?.text).toBe(
    'the answer',
  );
  expect(storageHealth().kind).toBe('ok');
});

test('a reply that is being written can’t be continued by another tab; an interrupted one can, from its text', async () => {
  const universe = createUniverse();
  const a = await openTestStore(universe, 'a');
  const b = await openTestStore(universe, 'b');
  const { conversation, message } = await appendQuestion(a, ask);
  const reply = await startReply(a, {
    conversationId: conversation.id,
    parentId: message.id,
    provenance: null,
  });
  reply.save('half');
  await expect(continueReply(b, reply.messageId)).rejects.toMatchObject({ code: 'engine/busy' });
  await expect.poll(async () => (await b.db.partials.get(reply.messageId))?.text).toBe('half');
  universe.locks.crash(reply.messageId);
  await markInterrupted(b);
  const again = await continueReply(b, reply.messageId);
  expect(again.startText).toBe('half');
  await again.finish({ status: 'complete', text: 'half and half', provenance: null });
  expect(await b.db.partials.count()).toBe(0);
});

test('a reply whose writer another tab takes for dead, where tabs know nothing of each other, loses nothing', async () => {
  const universe = createUniverse();
  const writer = await openTestStore(universe, 'a');
  const stranger = () => openTestStore({ ...universe, locks: localReplyLocks() }, 'b');
  const { conversation, message } = await appendQuestion(writer, ask);
  const { id: conversationId } = conversation;
  const reply = await startReply(writer, { conversationId, parentId: message.id, provenance: null });
  reply.save('half');
  await expect.poll(async () => (await writer.db.partials.get(reply.messageId))?.text).toBe('half');
  expect(await markInterrupted(await stranger())).toEqual([reply.messageId]);
  reply.save('half and more');
  await expect.poll(async () => (await writer.db.partials.get(reply.messageId))?.text).toBe('half and more');
  killTab(universe, writer);
  const next = await stranger();
  await markInterrupted(next);
  expect((await next.db.messages.get(reply.messageId))?.text).toBe('half and more');
  expect(await next.db.partials.count()).toBe(0);
});

test('a draft survives, and goes when its question is stored', async () => {
  const store = await openTestStore();
  const draft = draftWriter(store, 'new');
  draft.save('half a thought');
  await draft.flush();
  expect(await getDraft(store, 'new')).toBe('half a thought');
  await appendQuestion(store, ask);
  expect(await getDraft(store, 'new')).toBe('');
});

test('a draft is what was typed last, also before the disk has it, or while it has no room', async () => {
  const store = await openTestStore();
  const put = vi.spyOn(store.db.drafts, 'put').mockImplementation(full);
  const draft = draftWriter(store, 'new');
  draft.save('half');
  expect(await getDraft(store, 'new')).toBe('half');
  void draft.flush();
  await vi.waitFor(() => expect(put).toHaveBeenCalled());
  draft.save('half a thought');
  expect(await getDraft(store, 'new')).toBe('half a thought');
  put.mockRestore();
  await draft.flush();
  await store.queue.retry();
  // Another tab's words, once this one's are stored.
  await store.db.drafts.put({ conversationId: draftId(store, 'new'), text: 'another thought' });
  expect(await getDraft(store, 'new')).toBe('another thought');
});

test('what is read out and put into an empty store is the same, prompt and all; twice changes nothing', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, ask);
  const reply = await startReply(store, {
    conversationId: conversation.id,
    parentId: message.id,
    provenance: null,
  });
  await reply.finish({ status: 'complete', text: 'the answer', provenance: PROVENANCE });
  expect(await getProvenance(store, reply.messageId)).toEqual(PROVENANCE);
  const out = await readConversation(store, conversation.id);
  if (!out) throw new Error('nothing was read');
  const other = await openTestStore();
  expect(await importConversations(other, [out])).toMatchObject({ added: 1, merged: 0, unchanged: 0 });
  expect(await readConversation(other, conversation.id)).toEqual(out);
  expect(await importConversations(other, [out])).toMatchObject({ added: 0, merged: 0, unchanged: 1 });
});

test('importing a chat that was deleted a moment ago brings it back for good', async () => {
  const store = await openTestStore();
  const { conversation } = await appendQuestion(store, ask);
  const out = await readConversation(store, conversation.id);
  if (!out) throw new Error('nothing was read');
  await deleteConversation(store, conversation.id);
  await importConversations(store, [out]);
  expect(await readConversation(store, conversation.id)).toEqual(out);
  expect(await store.db.deletions.count()).toBe(0);
});

test('without IndexedDB everything works in memory, and says so, and is not left unasked', async () => {
  vi.resetModules();
  // Node has no IndexedDB, and these stand for the page.
  vi.stubGlobal('document', new EventTarget());
  const page = new EventTarget();
  vi.stubGlobal('window', page);
  const asksBeforeItGoes = (): boolean =>
    !page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  const { conversationStore } = await import('./store.ts');
  const health = await import('../../database/health.ts');
  const repository = await import('./repository.ts');
  const store = await conversationStore();
  expect(store.persistent).toBe(false);
  expect(health.storageHealth()).toMatchObject({
    kind: 'memory-only',
    error: { code: 'storage/unavailable' },
  });
  expect(asksBeforeItGoes()).toBe(false);
  const { conversation } = await repository.appendQuestion(store, ask);
  expect(await repository.getConversation(store, conversation.id)).toEqual(conversation);
  await expect.poll(asksBeforeItGoes).toBe(true);
  const { liveQuery } = await import('dexie');
  const seen = await new Promise((resolve, reject) => {
    liveQuery(() => repository.getConversation(store, conversation.id)).subscribe(resolve, reject);
  });
  expect(seen).toEqual(conversation);
  vi.unstubAllGlobals();
});

const PROVENANCE: Provenance = {
  modelId: 'demo',
  modelName: 'Demo model',
  quantization: 'F16',
  source: 'models/demo/demo-f16.gguf',
  sourceSha256: 'ab',
  librarySha256: '',
  engine: 'llamacpp',
  engineVersion: '1',
  backend: 'cpu',
  adapter: '',
  promptFormat: 'demo',
  systemText: '',
  demonstrations: 0,
  prompt: '### User: a question\n### Assistant:',
  droppedMessageIds: [],
  sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: null, maxTokens: 64 },
  seedUsed: null,
  ignoredSampling: [],
  promptTokens: 9,
  reusedTokens: 0,
  completionTokens: 3,
  timeToFirstTokenMs: 5,
  decodeTokensPerSecond: 50,
  finishReason: 'stop',
  noticeVersion: '1',
  noticeAcknowledgedAt: 1,
  appVersion: '0.1.0',
  startedAt: 2,
};

test('a connection that the browser closes on a full disk is opened anew when there is room, by the next write of either kind', async () => {
  const universe = createUniverse();
  const store = await openTestStore(universe);
  await appendQuestion(store, ask);
  // As Chromium does it: the connection closes, and opening fails until there is room.
  const open = vi.spyOn(universe.api.indexedDB, 'open').mockImplementation(() => {
    throw new DOMException(
      'Connection is closing because of: IO error: 000003.log: FILE_ERROR_NO_SPACE',
      'UnknownError',
    );
  });
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  store.db.backendDB().close();
  await expect(appendQuestion(store, ask)).rejects.toMatchObject({ code: 'storage/full' });
  // Said once; from then on it is (measured in version 156):
  open.mockImplementation(() => {
    throw new DOMException('Internal error opening backing store for indexedDB.open.', 'UnknownError');
  });
  for (let again = 0; again < 3; again += 1) {
    await expect(appendQuestion(store, ask)).rejects.toMatchObject({ code: 'storage/full' });
  }
  const draft = store.queue.put('draft', () => store.db.settings.put({ key: 'a', value: 1 }));
  await expect.poll(() => storageHealth()).toMatchObject({ kind: 'full', unsaved: 1 });
  open.mockRestore();
  expect(await store.queue.retry()).toBe(true);
  await draft;
  expect(storageHealth().kind).toBe('ok');
  await appendQuestion(store, ask);
  expect(await store.db.messages.count()).toBe(2);
});

test('a connection that this page closed stays closed', async () => {
  const store = await openTestStore();
  store.db.close();
  await expect(appendQuestion(store, ask)).rejects.toMatchObject({ code: 'storage/failed' });
  expect(await store.db.openAgain()).toBe(false);
});

test('a reply whose end found no room is exported and cloned as it is on screen', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, ask);
  const { id: conversationId } = conversation;
  const ended = await startReply(store, { conversationId, parentId: message.id, provenance: null });
  const going = await startReply(store, { conversationId, parentId: message.id, provenance: null });
  going.save('so f');
  await expect.poll(async () => (await store.db.partials.get(going.messageId))?.text).toBe('so f');
  const put = vi.spyOn(store.db.messages, 'put').mockImplementation(full);
  const finished = ended.finish({ status: 'complete', text: 'the answer', provenance: null });
  await expect.poll(() => storageHealth().kind).toBe('full');
  const clone = await cloneConversation(store, conversationId, { messages: true });
  for (const [id, status] of [
    [conversationId, 'streaming'],
    [clone.id, 'interrupted'],
  ] as const) {
    const replies = (await readConversation(store, id))?.messages.filter(({ role }) => role === 'assistant');
    expect(replies?.map(({ text, status }) => [text, status]).sort()).toEqual([
      ['so f', status],
      ['the answer', 'complete'],
    ]);
  }
  put.mockRestore();
  await store.queue.retry();
  await finished;
});

test('Delete all chats that finds no room forgets nothing that is not saved yet', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, ask);
  const { id: conversationId } = conversation;
  const reply = await startReply(store, { conversationId, parentId: message.id, provenance: null });
  const refused = [
    vi.spyOn(store.db.messages, 'put').mockImplementation(full),
    vi.spyOn(store.db.messages, 'clear').mockImplementation(full),
  ];
  void reply.finish({ status: 'complete', text: 'the answer', provenance: null });
  await expect.poll(() => storageHealth().kind).toBe('full');
  draftWriter(store, 'new').save('unsent');
  await expect(deleteAllChats(store)).rejects.toMatchObject({ code: 'storage/full' });
  expect(useUnsavedReplies.getState().replies.get(reply.messageId)?.text).toBe('the answer');
  expect(await getDraft(store, 'new')).toBe('unsent');
  for (const each of refused) each.mockRestore();
  await expect.poll(() => store.queue.retry()).toBe(true);
  expect((await readConversation(store, conversationId))?.messages.map(({ text }) => text)).toEqual([
    ask.text,
    'the answer',
  ]);
  await deleteAllChats(store);
  expect(await store.db.drafts.count()).toBe(0);
});
