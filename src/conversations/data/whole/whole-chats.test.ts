/** What Import does with chats and messages that are here already, were deleted, or lack what a chat has. */
import { expect, test } from 'vitest';
import { importConversations, readConversation, type FullConversation } from './whole-chats.ts';
import { deleteMessage, purgeAllDeleted, undoDeletion } from '../lifetime/deletion.ts';
import { listFolders } from '../folders.ts';
import type { Message } from '../../../database/records.ts';
import { listConversations, listMessages } from '../repository.ts';
import { openTestStore } from '../test-store.ts';

const AT = Date.UTC(2024, 0, 1);

function message(id: string, parentId: string | null, text = id, conversationId = 'chat'): Message {
  return {
    id,
    conversationId,
    parentId,
    role: 'user',
    text,
    createdAt: AT,
    status: 'complete',
    edited: false,
    errorCode: null,
    provenance: null,
  };
}

function chat(messages: readonly Message[], id = 'chat', title = 'A chat'): FullConversation {
  return {
    conversation: {
      id,
      title,
      titleFrom: 'person',
      createdAt: AT,
      updatedAt: AT,
      folderId: null,
      pinned: false,
      leafId: messages.at(-1)?.id ?? null,
      promptFormat: null,
      systemText: null,
      sampling: null,
    },
    messages,
  };
}

const three = chat([message('m1', null), message('m2', 'm1'), message('m3', 'm2')]);
const everyList = { folder: { kind: 'all' }, sort: 'updated' } as const;
const firstPage = { offset: 0, limit: 10 };

test('a message that was deleted a moment ago and is imported now stays, after the purge, too', async () => {
  const store = await openTestStore();
  await importConversations(store, [three]);
  const deletion = await deleteMessage(store, 'm2');
  expect(await importConversations(store, [three])).toMatchObject({ merged: 1, unchanged: 0 });
  expect(await readConversation(store, 'chat')).toEqual(three);
  expect(await undoDeletion(store, deletion)).toBe(false);
  await purgeAllDeleted(store);
  expect(await readConversation(store, 'chat')).toEqual(three);
});

test('what the file does not have stays deleted, and its Undo still works', async () => {
  const store = await openTestStore();
  await importConversations(store, [three]);
  const deletion = await deleteMessage(store, 'm2');
  await importConversations(store, [chat(three.messages.slice(0, 2))]);
  expect((await listMessages(store, 'chat')).map(({ id }) => id).sort()).toEqual(['m1', 'm2']);
  expect(await undoDeletion(store, deletion)).toBe(true);
  expect(await readConversation(store, 'chat')).toMatchObject({ messages: three.messages });
});

test('a message that comes back brings back what was deleted above it', async () => {
  const store = await openTestStore();
  await importConversations(store, [three]);
  await deleteMessage(store, 'm1');
  await importConversations(store, [chat([message('m3', 'm2'), message('m4', 'm3')])]);
  await purgeAllDeleted(store);
  const back = await readConversation(store, 'chat');
  expect(back?.messages.map(({ id }) => id)).toEqual(['m1', 'm2', 'm3', 'm4']);
  expect(back?.conversation.leafId).toBe('m4');
});

test('a chat that has grown shows where it has grown to; another branch leaves the path on screen alone', async () => {
  const store = await openTestStore();
  await importConversations(store, [chat(three.messages.slice(0, 2))]);
  await importConversations(store, [three]);
  expect((await readConversation(store, 'chat'))?.conversation.leafId).toBe('m3');
  await importConversations(store, [chat([message('m1', null), message('other', 'm1')])]);
  expect((await readConversation(store, 'chat'))?.conversation.leafId).toBe('m3');
});

test('a chat whose messages are here in another chat is refused by its title, not stored empty', async () => {
  const store = await openTestStore();
  await importConversations(store, [three]);
  const copy = chat(
    three.messages.map((each) => ({ ...each, conversationId: 'copy' })),
    'copy',
    'The copy',
  );
  const outcome = await importConversations(store, [copy]);
  expect(outcome).toEqual({ added: 0, merged: 0, unchanged: 0, refused: ['The copy'] });
  expect(await readConversation(store, 'copy')).toBeUndefined();
  expect(await readConversation(store, 'chat')).toEqual(three);
});

test('chats without a time get the time of the import, in the order of the file; twice changes nothing', async () => {
  const store = await openTestStore();
  const before = store.now();
  const timeless = ['first', 'second'].map((id): FullConversation => {
    const { conversation, messages } = chat([message(`${id}-1`, null, 'Q', id)], id, id);
    return {
      conversation: { ...conversation, createdAt: 0, updatedAt: 0 },
      messages: messages.map((each) => ({ ...each, createdAt: 0 })),
    };
  });
  await importConversations(store, timeless);
  expect(await importConversations(store, timeless)).toMatchObject({ added: 0, unchanged: 2 });
  const stored = await listConversations(store, everyList, firstPage);
  expect(stored.map(({ id }) => id)).toEqual(['first', 'second']);
  for (const { createdAt, updatedAt } of stored) {
    expect(createdAt).toBeGreaterThan(before - 10);
    expect(updatedAt).toBe(createdAt);
  }
  expect((await readConversation(store, 'first'))?.messages[0]?.createdAt).toBe(0);
});

test('a title is cut and never refused; a blank one is made from the first question', async () => {
  const store = await openTestStore();
  const titles = ['x'.repeat(3_000_000), '👩‍👩‍👧‍👦'.repeat(400), `e${'\u0301'.repeat(3_000_000)}`, ' \n\u0000'];
  const chats = titles.map((title, index) =>
    chat([message(`q${index}`, null, 'Name the bones.', `c${index}`)], `c${index}`, title),
  );
  const nothingAsked = chat([message('blank', null, ' \u200b ', 'c4')], 'c4', '');
  await importConversations(store, [...chats, nothingAsked]);
  const stored = await Promise.all(
    ['c0', 'c1', 'c2', 'c3', 'c4'].map(async (id) => (await readConversation(store, id))?.conversation),
  );
  expect(stored.map((each) => each?.title)).toEqual([
    'x'.repeat(200),
    '👩‍👩‍👧‍👦'.repeat(200),
    'Name the bones.',
    'Name the bones.',
    'Untitled',
  ]);
  expect(stored.map((each) => each?.titleFrom)).toEqual(['person', 'person', 'auto', 'auto', 'auto']);
});

test('two folders with the same id: the first one counts', async () => {
  const store = await openTestStore();
  const folder = { id: 'f', name: 'One', colour: 'red', createdAt: 1 };
  await importConversations(store, [three], [folder, { ...folder, name: 'Two' }]);
  expect(await listFolders(store)).toEqual([folder]);
});
