import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { describe, expect, test } from 'vitest';
import { ChatDatabase, type IndexedDbApi, openDatabase } from './database.ts';
import { SCHEMA } from './schema.ts';

type Fixture = Readonly<Record<string, readonly unknown[]>>;

const FIRST: Fixture = {
  conversations: [
    {
      id: 'c1',
      title: 'A title',
      titleFrom: 'auto',
      createdAt: 1,
      updatedAt: 2,
      folderId: null,
      pinned: false,
      leafId: 'm1',
      promptFormat: null,
      systemText: null,
      sampling: null,
      order: 1,
      shelf: '',
      byUpdated: -2,
      byCreated: -1,
      byTitle: 'a title',
    },
  ],
  messages: [
    {
      id: 'm1',
      conversationId: 'c1',
      parentId: null,
      role: 'user',
      text: 'A question',
      createdAt: 1,
      status: 'complete',
      edited: false,
      errorCode: null,
      provenance: null,
      deletedAt: null,
    },
  ],
  folders: [{ id: 'f1', name: 'A folder', colour: 'green', createdAt: 1 }],
  settings: [{ key: 'conversations/sort', value: 'title' }],
  drafts: [{ conversationId: 'c1', text: 'half a thought' }],
};

const SECOND: Fixture = {
  ...FIRST,
  examSets: [{ id: 's1', value: { id: 's1', title: 'A set' } }],
  examItems: [
    {
      setId: 's1',
      n: 0,
      id: 'i1',
      question: 'A question?',
      context: '',
      options: ['yes', 'no'],
      answer: [0],
      explanation: '',
      subject: '',
      split: '',
    },
  ],
  examCards: [{ setId: 's1', itemId: 'i1', value: {} }],
  examSessions: [{ id: 'e1', setId: 's1', value: {} }],
  examAnswers: [{ id: 'a1', setId: 's1', value: {} }],
  examRuns: [{ id: 'r1', value: { id: 'r1' } }],
  examResults: [
    {
      runId: 'r1',
      n: 0,
      itemId: 'i1',
      order: [0, 1],
      right: [0],
      status: 'answered',
      promptTokens: 9,
      options: [],
      replies: [],
      chosen: 0,
      at: 1,
      elapsedMs: 1,
    },
  ],
  examPrompts: [{ runId: 'r1', n: 0, prefixKey: '0', prompt: 'A question?' }],
  examRatings: [{ runId: 'r1', n: 0, value: {} }],
};

/**
 * What a database of each published version may hold, written with that version's schema and never changed afterwards. The
 * last version needs none: no older code wrote it. Appending a version without adding the one before fails the test below.
 */
const FIXTURES: Readonly<Record<number, Fixture>> = {
  1: FIRST,
  2: SECOND,
  3: { ...SECOND, activity: [{ at: 1, value: {} }] },
};

const quiet = { onBlocked: () => undefined, onOutdated: () => undefined };
const api = (): IndexedDbApi => ({ indexedDB: new IDBFactory(), IDBKeyRange });

test('versions are appended in order', () => {
  const versions = SCHEMA.map((entry) => entry.version);
  expect(versions).toEqual(versions.map((_, index) => index + 1));
});

test.each(SCHEMA.map((entry) => entry.version))('there is a fixture of version %i', (version) => {
  expect(FIXTURES[version], `add what version ${version} wrote to FIXTURES`).toBeDefined();
});

describe.each(SCHEMA.map((entry) => entry.version))('a database of version %i', (version) => {
  test('opens in today’s code with every row it had', async () => {
    const idb = api();
    const older = new ChatDatabase('upgrade', idb, SCHEMA.slice(0, version));
    const fixture = FIXTURES[version] ?? {};
    for (const [table, rows] of Object.entries(fixture)) await older.table(table).bulkAdd([...rows]);
    older.close();
    const db = await openDatabase(quiet, { name: 'upgrade', api: idb });
    for (const [table, rows] of Object.entries(fixture))
      expect(await db.table(table).count()).toBe(rows.length);
    expect(await db.conversations.orderBy('[order+byUpdated]').primaryKeys()).toEqual(['c1']);
    expect(await db.messages.where('conversationId').equals('c1').primaryKeys()).toEqual(['m1']);
    db.close();
  });
});

test('an upgrade that another tab holds up is told, and goes on when that tab closes', async () => {
  const idb = api();
  const next = [...SCHEMA, { version: SCHEMA.length + 1, stores: { added: '&id' } }];
  const older = new ChatDatabase('blocked', idb);
  // As an old tab would that does not hear the request.
  older.on('versionchange', () => false);
  await older.open();
  const idbdb = older.backendDB();
  idbdb.onversionchange = null;
  let blocked = '';
  const opening = openDatabase(
    { ...quiet, onBlocked: (error) => (blocked = error.code) },
    { name: 'blocked', api: idb, schema: next },
  );
  await expect.poll(() => blocked).toBe('storage/blocked');
  older.close();
  const db = await opening;
  expect(db.tables.map((table) => table.name)).toContain('added');
  db.close();
});

test('a tab lets go for an upgrade in another one, and says so', async () => {
  const idb = api();
  let outdated = '';
  const older = await openDatabase(
    { ...quiet, onOutdated: (error) => (outdated = error.code) },
    { name: 'outdated', api: idb },
  );
  const next = [...SCHEMA, { version: SCHEMA.length + 1, stores: { added: '&id' } }];
  const db = await openDatabase(quiet, { name: 'outdated', api: idb, schema: next });
  expect(outdated).toBe('storage/version');
  await expect(older.conversations.count()).rejects.toMatchObject({ name: 'DatabaseClosedError' });
  db.close();
});

test('a database of a newer app is not touched', async () => {
  const idb = api();
  const next = [...SCHEMA, { version: SCHEMA.length + 1, stores: { added: '&id' } }];
  (await openDatabase(quiet, { name: 'newer', api: idb, schema: next })).close();
  await expect(openDatabase(quiet, { name: 'newer', api: idb })).rejects.toMatchObject({
    code: 'storage/version',
  });
});
