import { expect, test } from 'vitest';
import { appendQuestion } from '../repository.ts';
import { createUniverse, openTestStore } from '../test-store.ts';
import { deleteConversation, purgeDeleted, UNDO_MS, undoDeletion } from './deletion.ts';

const HOUR = 3_600_000;
const ask = { conversationId: null, parentId: null, text: 'a question' };
const clocks = (offset: number, later = 0) => ({
  now: Date.now() + offset + later,
  running: performance.now() + later,
});

test.each([
  ['set back', -HOUR],
  ['set forth', HOUR],
])('a clock that is %s ends no Undo that is still offered, and keeps nothing longer', async (_, offset) => {
  const store = await openTestStore();
  const { conversation } = await appendQuestion(store, ask);
  const first = await deleteConversation(store, conversation.id);
  expect(await purgeDeleted(store, clocks(offset))).toBeGreaterThan(UNDO_MS / 2);
  expect(await undoDeletion(store, first)).toBe(true);
  const second = await deleteConversation(store, conversation.id);
  expect(await purgeDeleted(store, clocks(offset, UNDO_MS))).toBeNull();
  expect(await undoDeletion(store, second)).toBe(false);
});

test('a deletion from the future that a tab left behind goes a minute after it was first seen', async () => {
  const universe = createUniverse();
  const gone = await openTestStore(universe, 'gone');
  universe.clock.offset = HOUR;
  const { conversation } = await appendQuestion(gone, ask);
  const deletion = await deleteConversation(gone, conversation.id);
  const store = await openTestStore(universe, 'here');
  expect(await purgeDeleted(store, clocks(0))).toBe(UNDO_MS);
  expect(await purgeDeleted(store, clocks(0, UNDO_MS / 2))).toBeGreaterThan(0);
  expect(await purgeDeleted(store, clocks(0, UNDO_MS + 1000))).toBeNull();
  expect(await undoDeletion(store, deletion)).toBe(false);
});
