import { afterEach, expect, test, vi } from 'vitest';
import { draftWriter, getDraft, NEW_CHAT_DRAFT } from '../tab/drafts.ts';
import { recover, saveAfterRemoval, saveChatAgain, useRemovals } from './recovery.ts';
import { appendQuestion, getConversation, listMessages } from '../repository.ts';
import { whenRemoved } from '../store.ts';
import { createUniverse, openTestStore } from '../test-store.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

test('a database that is deleted under an open tab is noticed, and what the tab holds is saved again', async () => {
  const universe = createUniverse();
  const removed = vi.fn();
  const store = await openTestStore(universe, 'a', removed);
  const shown = await appendQuestion(store, { conversationId: null, parentId: null, text: 'On screen' });
  const other = await appendQuestion(store, { conversationId: null, parentId: null, text: 'Elsewhere' });
  const box = draftWriter(store, NEW_CHAT_DRAFT);
  cleanups.push(
    saveAfterRemoval((to) => saveChatAgain(to, shown.conversation, [shown.message])),
    saveAfterRemoval(async () => {
      box.save('Half a thought');
      await box.flush();
    }),
  );
  await new Promise<void>((done, fail) => {
    const request = universe.api.indexedDB.deleteDatabase('test');
    request.onsuccess = () => {
      done();
    };
    request.onerror = () => {
      fail(new Error('the database was not deleted'));
    };
  });
  expect(removed).toHaveBeenCalledOnce();
  await recover(store);
  expect(useRemovals.getState().count).toBe(1);
  expect(await getConversation(store, shown.conversation.id)).toMatchObject({ title: 'On screen' });
  expect((await listMessages(store, shown.conversation.id)).map(({ text }) => text)).toEqual(['On screen']);
  expect(await getConversation(store, other.conversation.id)).toBeUndefined();
  expect(await getDraft(await openTestStore(universe, 'a'), NEW_CHAT_DRAFT)).toBe('Half a thought');
});

test('a database that the browser closed, e.g. on a full disk, is opened again and not said to be cleared', async () => {
  const store = await openTestStore(createUniverse());
  const { conversation } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: 'Kept',
  });
  const before = useRemovals.getState().count;
  store.db.backendDB().close();
  await recover(store);
  expect(useRemovals.getState().count).toBe(before);
  expect((await listMessages(store, conversation.id)).map(({ text }) => text)).toEqual(['Kept']);
});

test('one that was removed while it could not be opened is told when the next write opens it', async () => {
  const universe = createUniverse();
  const store = await openTestStore(universe);
  const ask = { conversationId: null, parentId: null, text: 'Asked' };
  await appendQuestion(store, ask);
  whenRemoved(recover);
  cleanups.push(() => {
    whenRemoved(() => Promise.resolve());
  });
  const open = vi.spyOn(universe.api.indexedDB, 'open').mockImplementation(() => {
    throw new DOMException('FILE_ERROR_NO_SPACE', 'UnknownError');
  });
  store.db.backendDB().close();
  await expect(appendQuestion(store, ask)).rejects.toMatchObject({ code: 'storage/full' });
  open.mockRestore();
  await new Promise<unknown>((done) => {
    universe.api.indexedDB.deleteDatabase('test').onsuccess = done;
  });
  const before = useRemovals.getState().count;
  await appendQuestion(store, ask);
  expect(useRemovals.getState().count).toBe(before + 1);
  expect(await store.db.messages.count()).toBe(1);
});
