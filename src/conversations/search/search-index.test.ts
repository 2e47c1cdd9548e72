import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  deleteConversation,
  deleteMessage,
  purgeAllDeleted,
  undoDeletion,
} from '../data/lifetime/deletion.ts';
import { appendQuestion, editMessage, renameConversation } from '../data/repository.ts';
import { importConversations, readConversation } from '../data/whole/whole-chats.ts';
import { SearchIndex } from './search-index.ts';
import { buildSegment, mergeSegments, SearchSegment } from './search-segment.ts';
import { createUniverse, openTestStore } from '../data/test-store.ts';

const HOUR = 3_600_000;
const always = (work: () => Promise<void>): Promise<void> => work();

async function setUp(now: () => number = Date.now) {
  const store = await openTestStore();
  const index = new SearchIndex(store.db, always, now);
  const find = async (query: string): Promise<string[]> => {
    await index.refresh();
    return (await index.search(query, 50)).hits.map(
      (hit) => hit.messageId ?? `title of ${hit.conversationId}`,
    );
  };
  const ask = (text: string) => appendQuestion(store, { conversationId: null, parentId: null, text });
  return { store, index, find, ask };
}

test.each(['in the tail', 'in a segment'])(
  'titles and messages are found, titles first (%s)',
  async (where) => {
    const { index, find, ask } = await setUp();
    const { conversation, message } = await ask('Statins and the liver');
    await ask('Something else');
    if (where === 'in a segment') await index.index();
    expect(await find('LIV sta')).toEqual([`title of ${conversation.id}`, message.id]);
    expect(await find('nothing')).toEqual([]);
    expect(await find('  ')).toEqual([]);
  },
);

test('a text is found as it is now: not as it was before a rename, an edit, a deletion', async () => {
  const { store, index, find, ask } = await setUp();
  const { conversation, message } = await ask('alpha');
  await index.index();
  await renameConversation(store, conversation.id, 'omega');
  expect(await find('alpha')).toEqual([message.id]);
  expect(await find('omega')).toEqual([`title of ${conversation.id}`]);
  const newer = await editMessage(store, { messageId: message.id, text: 'beta', sent: true });
  expect(await find('beta')).toEqual([newer.id]);
  const deletion = await deleteMessage(store, newer.id);
  expect(await find('beta')).toEqual([]);
  await undoDeletion(store, deletion);
  expect(await find('beta')).toEqual([newer.id]);
  await deleteConversation(store, conversation.id);
  expect(await find('beta')).toEqual([]);
});

describe.each(['read', 'indexed'] as const)(
  'what is %s while it is hidden and comes back is found',
  (how) => {
    const whileHidden = async (index: SearchIndex): Promise<void> => {
      if (how === 'read') await index.refresh();
      else await index.index();
    };

    test('a chat, by Undo', async () => {
      const { store, index, find, ask } = await setUp();
      const { conversation, message } = await ask('quagga dose');
      const reply = await editMessage(store, {
        messageId: message.id,
        text: 'quagga, asked anew',
        sent: true,
      });
      const deletion = await deleteConversation(store, conversation.id);
      await whileHidden(index);
      expect(await find('quagga')).toEqual([]);
      await undoDeletion(store, deletion);
      const all = [`title of ${conversation.id}`, message.id, reply.id].sort();
      expect((await find('quagga')).sort()).toEqual(all);
      await index.index();
      expect((await find('quagga')).sort()).toEqual(all);
    });

    test('a message and what is above it, by Undo', async () => {
      const { store, index, find, ask } = await setUp();
      const { conversation, message } = await ask('dose');
      const upper = await appendQuestion(store, {
        conversationId: conversation.id,
        parentId: message.id,
        text: 'quagga above',
      });
      const lower = await appendQuestion(store, {
        conversationId: conversation.id,
        parentId: upper.message.id,
        text: 'quagga below',
      });
      const below = await deleteMessage(store, lower.message.id);
      await deleteMessage(store, upper.message.id);
      await whileHidden(index);
      await undoDeletion(store, below);
      expect((await find('quagga')).sort()).toEqual([upper.message.id, lower.message.id].sort());
    });

    test('a message and its chat, whichever comes back first', async () => {
      for (const messageFirst of [true, false]) {
        const { store, index, find, ask } = await setUp();
        const { conversation, message } = await ask('quagga dose');
        const ofMessage = await deleteMessage(store, message.id);
        const ofChat = await deleteConversation(store, conversation.id);
        for (const deletion of messageFirst ? [ofMessage, ofChat] : [ofChat, ofMessage]) {
          await whileHidden(index);
          await undoDeletion(store, deletion);
        }
        expect(await find('quagga')).toEqual([`title of ${conversation.id}`, message.id]);
      }
    });

    test('a chat, by an import', async () => {
      const { store, index, find, ask } = await setUp();
      const { conversation, message } = await ask('quagga dose');
      const exported = await readConversation(store, conversation.id);
      await deleteConversation(store, conversation.id);
      await whileHidden(index);
      await importConversations(store, exported ? [exported] : []);
      expect(await find('quagga')).toEqual([`title of ${conversation.id}`, message.id]);
    });
  },
);

test('words of deleted chats leave the disk', async () => {
  const { store, index, ask } = await setUp();
  const { conversation } = await ask('confidential');
  await ask('harmless');
  await index.index();
  await deleteConversation(store, conversation.id);
  await purgeAllDeleted(store);
  await index.index();
  const rows = await store.db.searchSegments.toArray();
  expect(rows).toHaveLength(1);
  const text = rows.map((row) => new TextDecoder('latin1').decode(row.bytes)).join();
  expect(text).toContain('harmless');
  expect(text).not.toContain('confidential');
});

test.each([
  ['built', 0],
  ['tidied', 8],
])('where every chat is deleted while the index is %s, no word of them comes back', async (_, segments) => {
  let asked = 0;
  const { store, index, ask } = await setUp(() => {
    asked += 1;
    // The time of a row is asked for between reading and writing: of a new segment, then of the merged one.
    if (asked === segments + (segments === 0 ? 1 : 2)) empty();
    return Date.now();
  });
  const { searchLog, searchSegments } = store.db;
  let emptied: PromiseLike<unknown> = Promise.resolve();
  // What Delete all chats does with these two.
  const empty = (): void => {
    emptied = store.db.transaction('rw', [searchLog, searchSegments], async () => {
      await searchLog.clear();
      await searchSegments.clear();
    });
  };
  for (let n = 0; n < segments; n += 1) {
    await ask('confidential');
    await index.index();
  }
  expect(asked).toBe(segments);
  await ask('confidential');
  await index.index();
  await emptied;
  expect(await searchSegments.count()).toBe(0);
});

test('a damaged index is built anew', async () => {
  const { store, index, find, ask } = await setUp();
  const { message } = await ask('alpha');
  await index.index();
  await store.db.searchSegments.toCollection().modify({ bytes: Uint8Array.of(1, 2, 3) });
  const fresh = new SearchIndex(store.db, always);
  await fresh.refresh();
  expect((await fresh.search('alpha', 10)).hits.map((hit) => hit.messageId)).toContain(message.id);
  expect(await find('alpha')).toContain(message.id);
});

test('what was changed after the clock was set back is found, also when segments were merged', async () => {
  let clock = Date.now();
  const { store, index, find, ask } = await setUp(() => clock);
  const { conversation } = await ask('zebra');
  await index.index();
  clock -= HOUR;
  await renameConversation(store, conversation.id, 'okapi');
  await index.index();
  expect(await store.db.searchSegments.count()).toBe(1);
  expect(await find('okapi')).toEqual([`title of ${conversation.id}`]);
});

test('words of deleted chats leave the disk when the clock was set back by years, too', async () => {
  let clock = Date.now();
  const { store, index, ask } = await setUp(() => clock);
  const { message } = await ask('confidential');
  // So many that one of them gone is no reason to tidy up.
  for (let n = 0; n < 60; n += 1) await ask('harmless');
  await index.index();
  const wordsOnDisk = async (): Promise<string> =>
    (await store.db.searchSegments.toArray())
      .map((row) => new TextDecoder('latin1').decode(row.bytes))
      .join();
  await deleteMessage(store, message.id);
  await purgeAllDeleted(store);
  await renameConversation(store, message.conversationId, 'harmless');
  clock -= 3 * 365 * 24 * HOUR;
  await index.refresh();
  expect(index.worthIndexing).toBe(true);
  await index.index();
  expect(await wordsOnDisk()).not.toContain('confidential');
});

const changes = ['ask', 'rename', 'edit', 'delete chat', 'delete message', 'undo', 'purge', 'clock'] as const;
const step = fc.record({
  kind: fc.constantFrom(...changes, ...(['read', 'index', 'reload'] as const)),
  at: fc.nat(9),
  word: fc.nat(5),
  hours: fc.integer({ min: -48, max: 48 }),
});
const WORDS = ['zebra', 'okapi', 'quagga', 'tapir', 'numbat', 'axolotl'] as const;

test('whatever is done, and whatever the clock says, the index finds what a scan would', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const universe = createUniverse();
      const store = await openTestStore(universe);
      const open = (): SearchIndex =>
        new SearchIndex(store.db, always, () => Date.now() + universe.clock.offset);
      let index = open();
      const deletions: string[] = [];
      const chats = async () =>
        (await store.db.conversations.toArray()).filter(({ order }) => order !== null);
      const shown = async () => {
        const ids = new Set((await chats()).map(({ id }) => id));
        const rows = await store.db.messages.toArray();
        return rows.filter((row) => row.deletedAt === null && ids.has(row.conversationId));
      };
      const take = async (each: (typeof steps)[number]): Promise<unknown> => {
        const { kind } = each;
        if (kind === 'ask')
          return appendQuestion(store, {
            conversationId: null,
            parentId: null,
            text: WORDS[each.word] ?? '',
          });
        if (kind === 'clock') return (universe.clock.offset = each.hours * HOUR);
        if (kind === 'purge') return purgeAllDeleted(store);
        if (kind === 'read') return index.refresh();
        if (kind === 'index') return index.index();
        if (kind === 'reload') return (index = open());
        if (kind === 'undo') {
          const id = deletions[each.at % Math.max(1, deletions.length)];
          return id !== undefined && undoDeletion(store, id);
        }
        if (kind === 'rename' || kind === 'delete chat') {
          const list = await chats();
          const chat = list[each.at % Math.max(1, list.length)];
          if (!chat) return undefined;
          if (kind === 'rename') return renameConversation(store, chat.id, WORDS[each.word] ?? '');
          return deletions.push(await deleteConversation(store, chat.id));
        }
        const list = await shown();
        const message = list[each.at % Math.max(1, list.length)];
        if (!message) return undefined;
        if (kind === 'edit')
          return editMessage(store, { messageId: message.id, text: WORDS[each.word] ?? '', sent: true });
        return deletions.push(await deleteMessage(store, message.id));
      };
      for (const each of steps) await take(each);
      for (const searched of [index, open()]) {
        await searched.refresh();
        for (const word of WORDS) {
          const expected = [
            ...(await chats()).flatMap(({ id, title }) => (title === word ? [`title of ${id}`] : [])),
            ...(await shown()).flatMap(({ id, text }) => (text === word ? [id] : [])),
          ].sort();
          const { hits } = await searched.search(word, 1000);
          expect(
            hits.map(({ conversationId, messageId }) => messageId ?? `title of ${conversationId}`).sort(),
          ).toEqual(expected);
        }
      }
      store.db.close();
    }),
    { numRuns: Number(process.env.HISTORIES ?? 60) },
  );
});

const documents = fc.array(
  fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }), { maxLength: 8 }),
  {
    maxLength: 20,
  },
);

test('a segment finds what a scan would, also when merged from parts', () => {
  fc.assert(
    fc.property(
      documents,
      documents,
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }),
      (older, newer, prefix) => {
        const name = (part: string, n: number): string => `m:${part}${n}`;
        const parts = [
          new SearchSegment(buildSegment(older.map((terms, n) => ({ name: name('o', n), terms })))),
          new SearchSegment(buildSegment(newer.map((terms, n) => ({ name: name('n', n), terms })))),
        ];
        const dropped = name('o', 0);
        const merged = new SearchSegment(mergeSegments(parts, (_, candidate) => candidate !== dropped));
        const expected = [
          ...older.flatMap((terms, n) =>
            n > 0 && terms.some((term) => term.startsWith(prefix)) ? [name('o', n)] : [],
          ),
          ...newer.flatMap((terms, n) =>
            terms.some((term) => term.startsWith(prefix)) ? [name('n', n)] : [],
          ),
        ].reverse();
        expect(merged.find([prefix]).map((document) => merged.name(document))).toEqual(expected);
      },
    ),
  );
});

test('bytes that are no segment are refused, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => new SearchSegment(bytes)).toThrow('damaged');
    }),
  );
});
