import { expect, test } from 'vitest';
import {
  deleteAllChats,
  onAllDeleted,
  deleteConversation,
  listUndoable,
  purgeAllDeleted,
  undoDeletion,
} from '../lifetime/deletion.ts';
import { abandonedDrafts, draftWriter, dropDraft, getDraft, NEW_CHAT_DRAFT } from './drafts.ts';
import { appendQuestion } from '../repository.ts';
import type { Store } from '../store.ts';
import { createUniverse, killTab, openTestStore } from '../test-store.ts';
import { tabSession } from './tab-session.ts';
import { localReplyLocks } from '../../messages/reply-locks.ts';

const question = { conversationId: null, parentId: null, text: 'Sent' };

async function type(store: Store, key: string, text: string): Promise<void> {
  const draft = draftWriter(store, key);
  draft.save(text);
  await draft.flush();
}
const texts = async (store: Store, key: string) =>
  (await abandonedDrafts(store, key)).map(({ text }) => text);

test('a tab that sends takes nothing from what another drafts, in a new chat and inside the same one', async () => {
  const universe = createUniverse();
  const [a, b] = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')];
  await type(a, NEW_CHAT_DRAFT, 'Sent');
  await type(b, NEW_CHAT_DRAFT, 'Of b');
  const { conversation } = await appendQuestion(a, question);
  expect(await getDraft(a, NEW_CHAT_DRAFT)).toBe('');
  const { id } = conversation;
  await type(a, id, 'More of a');
  await type(b, id, 'More of b');
  await appendQuestion(b, { ...question, conversationId: id });
  // B is reloaded.
  const again = await openTestStore(universe, 'b');
  expect(await getDraft(again, NEW_CHAT_DRAFT)).toBe('Of b');
  expect(await getDraft(again, id)).toBe('');
  expect(await getDraft(await openTestStore(universe, 'a'), id)).toBe('More of a');
});

test('what a tab left behind is offered where its chat is opened next, and nowhere while it lives', async () => {
  const universe = createUniverse();
  const [a, b] = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')];
  await type(a, NEW_CHAT_DRAFT, 'Of a');
  await type(a, 'another-chat', 'Elsewhere');
  universe.clock.offset += 1000;
  await type(b, NEW_CHAT_DRAFT, 'Of b');
  const c = await openTestStore(universe, 'c');
  expect(await texts(c, NEW_CHAT_DRAFT)).toEqual([]);
  killTab(universe, a);
  expect(await texts(c, NEW_CHAT_DRAFT)).toEqual(['Of a']);
  killTab(universe, b);
  expect(await texts(c, NEW_CHAT_DRAFT)).toEqual(['Of b', 'Of a']);
  await dropDraft(c, (await abandonedDrafts(c, NEW_CHAT_DRAFT))[0]?.id ?? '');
  expect(await texts(c, NEW_CHAT_DRAFT)).toEqual(['Of a']);
});

test('a draft of a version that kept one a chat is offered', async () => {
  const store = await openTestStore();
  await store.db.drafts.put({ conversationId: 'new', text: 'Old' });
  await store.db.drafts.put({ conversationId: 'newer', text: 'Of a chat whose id begins alike' });
  expect(await texts(store, NEW_CHAT_DRAFT)).toEqual(['Old']);
});

test('a deletion in a tab that was killed can still be undone', async () => {
  const universe = createUniverse();
  const [a, b] = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')];
  const { conversation } = await appendQuestion(a, question);
  const deletion = await deleteConversation(a, conversation.id);
  expect(await listUndoable(b)).toEqual([]);
  killTab(universe, a);
  expect((await listUndoable(b)).map(({ id }) => id)).toEqual([deletion]);
  expect(await undoDeletion(b, deletion)).toBe(true);
});

test('Delete all chats leaves no row of theirs, in whatever state they were', async () => {
  const universe = createUniverse();
  const [a, b] = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')];
  const one = await appendQuestion(a, question);
  const two = await appendQuestion(a, question);
  await deleteConversation(a, two.conversation.id);
  await type(b, NEW_CHAT_DRAFT, 'Of b');
  const typing = draftWriter(a, one.conversation.id);
  typing.save('first');
  typing.save('not yet written');
  await a.db.prompts.put({ messageId: one.message.id, prompt: 'P' });
  await a.db.folders.put({ id: 'f', name: 'Ward', colour: 'grey', createdAt: 0 });
  await a.db.searchSegments.put({ id: 's', createdAt: 0, documents: 0, bytes: new Uint8Array(1) });
  await a.db.models.put({ id: 'm', value: 1 });
  await deleteAllChats(a);
  await typing.flush();
  const left = await Promise.all(
    a.db.tables.map(async (table) => [table.name, await table.count()] as const),
  );
  // The log says that chats were deleted, and no word of them.
  expect(left.filter(([, count]) => count > 0)).toEqual([
    ['models', 1],
    ['activity', 2],
  ]);
  expect(JSON.stringify(await a.db.activity.toArray())).not.toMatch(/first|not yet|Ward/);
  await purgeAllDeleted(a);
});

test('Delete all chats reaches the other tabs of the same chats, and no private session, nor from one', async () => {
  const universe = createUniverse();
  const [a, b] = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')];
  const own = { ...(await openTestStore(createUniverse(), 'own')), persistent: false };
  const told: string[] = [];
  const stops = [a, b, own].map((store) => onAllDeleted(store, () => void told.push(store.tab)));
  await deleteAllChats(own);
  await deleteAllChats(a);
  await expect.poll(() => told).toEqual(['b']);
  for (const stop of stops) stop();
});

test('a reload is the same tab; a duplicate, a restored tab and a copy that calls itself reloaded are others', async () => {
  const locks = localReplyLocks();
  const kept = new Map<string, string>();
  let made = 0;
  const open = (navigationType: string) =>
    tabSession({
      locks,
      navigationType: () => navigationType,
      storage: () => ({
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
      }),
      newId: () => `tab${String((made += 1))}`,
    });
  expect(await open('navigate')).toBe('tab1');
  locks.crash('tab-tab1');
  expect(await open('reload')).toBe('tab1');
  // Its lock is held: the original lives.
  expect(await open('reload')).toBe('tab2');
  expect(await open('back_forward')).toBe('tab3');
});
