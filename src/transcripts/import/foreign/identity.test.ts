/** Files of other programs that are imported again: nothing is doubled, nothing is lost, and what has changed is a version. */
import { expect, test } from 'vitest';
import { importConversations } from '../../../conversations/data/whole/whole-chats.ts';
import { listConversations, listMessages } from '../../../conversations/data/repository.ts';
import type { Store } from '../../../conversations/data/store.ts';
import { openTestStore } from '../../../conversations/data/test-store.ts';
import { buildTree, pathTo } from '../../../conversations/messages/tree.ts';
import { readTranscriptText } from '../files/read-file.ts';

async function importFile(store: Store, file: unknown) {
  const { chats, folders } = await readTranscriptText(JSON.stringify(file));
  const { added, merged, unchanged } = await importConversations(store, chats, folders);
  return [added, merged, unchanged];
}

/** For each chat its paths, from the first message to each end, as texts. */
async function paths(store: Store): Promise<string[][]> {
  const list = { folder: { kind: 'all' }, sort: 'title' } as const;
  const all: string[][] = [];
  for (const { id } of await listConversations(store, list, { offset: 0, limit: 50 })) {
    const tree = buildTree(await listMessages(store, id));
    const ends = [...tree.byId.keys()].filter((each) => !tree.children.has(each));
    all.push(
      ends
        .map((end) =>
          pathTo(tree, end)
            .map(({ text }) => text)
            .join(' '),
        )
        .sort(),
    );
  }
  return all;
}

const turns = (texts: readonly string[]) =>
  texts.map((value, index) => ({ from: index % 2 === 0 ? 'human' : 'gpt', value }));
const said = (texts: readonly string[]) =>
  texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));

test('ShareGPT: ids that are only places in a file do not make one chat of two', async () => {
  const store = await openTestStore();
  const one = [{ id: 0, conversations: turns(['Q1', 'A1']) }];
  expect(await importFile(store, one)).toEqual([1, 0, 0]);
  expect(await importFile(store, [{ id: 0, conversations: turns(['Q2', 'A2']) }])).toEqual([1, 0, 0]);
  expect(await importFile(store, one)).toEqual([0, 0, 1]);
  expect(await paths(store)).toEqual([['Q1 A1'], ['Q2 A2']]);
});

test('BetterChatGPT: a chat grows, a text changed in the middle is a version beside the old one', async () => {
  const store = await openTestStore();
  const file = (...texts: string[]) => ({
    chats: [{ id: 'b1', title: 'T', messages: said(texts), config: { model: 'm' }, titleSet: true }],
    folders: {},
    version: 1,
  });
  expect(await importFile(store, file('Q1', 'A1'))).toEqual([1, 0, 0]);
  expect(await importFile(store, file('Q1', 'A1', 'Q2', 'A2'))).toEqual([0, 1, 0]);
  expect(await importFile(store, file('Q1', 'A1', 'Q2', 'A2'))).toEqual([0, 0, 1]);
  expect(await paths(store)).toEqual([['Q1 A1 Q2 A2']]);
  expect(await importFile(store, file('Q1', 'A1 changed', 'Q2', 'A2'))).toEqual([0, 1, 0]);
  expect(await paths(store)).toEqual([['Q1 A1 Q2 A2', 'Q1 A1 changed Q2 A2']]);
});

test('ChatGPT: a reply that was regenerated since comes in beside the old one, wherever its node stands', async () => {
  const node = (parent: string | null, role: string, text: string) => ({
    parent,
    message: { author: { role }, content: { content_type: 'text', parts: [text] } },
  });
  const early = {
    q1: node(null, 'user', 'Q1'),
    a1: node('q1', 'assistant', 'A1'),
    q2: node('a1', 'user', 'Q2'),
  };
  const late = {
    q1: early.q1,
    again: node('q1', 'assistant', 'A1 again'),
    a1: early.a1,
    q2: early.q2,
    a2: node('q2', 'assistant', 'A2'),
  };
  const file = (mapping: object, current_node: string) => [{ id: 'c', title: 'T', mapping, current_node }];
  const store = await openTestStore();
  expect(await importFile(store, file(early, 'q2'))).toEqual([1, 0, 0]);
  expect(await importFile(store, file(late, 'a2'))).toEqual([0, 1, 0]);
  expect(await importFile(store, file(late, 'a2'))).toEqual([0, 0, 1]);
  expect(await paths(store)).toEqual([['Q1 A1 Q2 A2', 'Q1 A1 again']]);
});

test('OpenAI messages with an id grow; without one the same list twice is one chat', async () => {
  const store = await openTestStore();
  const file = { messages: said(['Q', 'A']) };
  expect(await importFile(store, file)).toEqual([1, 0, 0]);
  expect(await importFile(store, file)).toEqual([0, 0, 1]);
  expect(await importFile(store, { id: 7, messages: said(['Q', 'A']) })).toEqual([1, 0, 0]);
  expect(await importFile(store, { id: 7, messages: said(['Q', 'A', 'Q2']) })).toEqual([0, 1, 0]);
  const list = await listConversations(
    store,
    { folder: { kind: 'all' }, sort: 'title' },
    { offset: 0, limit: 5 },
  );
  expect(new Date(list[0]?.updatedAt ?? 0).getFullYear()).toBeGreaterThan(2000);
});

test('two messages of one name both come in, and the same one twice comes in once', async () => {
  const at = '2026-01-01T00:00:00Z';
  const claude = (uuid: string, sender: string, text: string) => ({ uuid, sender, text, created_at: at });
  const libre = (messageId: string, parentMessageId: string | null, text: string) => ({
    messageId,
    parentMessageId,
    isCreatedByUser: parentMessageId === null,
    text,
  });
  const files = [
    {
      uuid: 'c',
      chat_messages: [claude('m', 'human', 'Q'), claude('m', 'assistant', 'A'), claude('m', 'human', 'Q')],
    },
    {
      conversationId: 'c',
      messages: [
        { ...libre('q', null, 'Q'), children: [libre('a', 'q', 'A')] },
        libre('q', null, 'Q'),
        libre('a', 'q', 'A2'),
      ],
    },
    {
      conv: { id: 'c' },
      messages: [
        { id: 1, role: 'user', content: 'Q' },
        { id: 1, role: 'user', content: 'Q2' },
        { id: '1 again 1', role: 'user', content: 'Q3' },
      ],
    },
    {
      'session:1': {
        id: 's',
        messages: [
          { role: 'user', content: 'Q' },
          { id: 'unnamed 2', role: 'assistant', content: 'A' },
          { role: 'user', content: 'Q2' },
        ],
      },
    },
  ];
  const found: unknown[] = [];
  for (const file of files) {
    const store = await openTestStore();
    await importFile(store, file);
    found.push(await paths(store));
  }
  expect(found).toEqual([[['Q A']], [['Q A', 'Q A2']], [['Q', 'Q2', 'Q3']], [['Q A Q2']]]);
});
