import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { write } from '../../conversations/data/store.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import { draftWriter } from '../../conversations/data/tab/drafts.ts';
import {
  appendQuestion,
  listConversations,
  renameConversation,
} from '../../conversations/data/repository.ts';
import { createFolder, changeFolder } from '../../conversations/data/folders.ts';
import { deleteConversation, undoDeletion } from '../../conversations/data/lifetime/deletion.ts';
import { AppError } from '../../errors/app-error.ts';
import { ChatDatabase } from '../database.ts';
import { PROTECTED_TABLES, WORD_ROWS } from './protect-rows.ts';
import { decodeRow, encodeRow } from './row-codec.ts';
import { rowCipher, seal, unseal } from './row-cipher.ts';

const key = () => crypto.getRandomValues(new Uint8Array(32));

/** Everything of a database as the disk has it, for a search of words. */
async function onDisk(api: NonNullable<ConstructorParameters<typeof ChatDatabase>[1]>): Promise<string> {
  const db = new ChatDatabase('test', api);
  await db.open();
  const parts: string[] = [];
  for (const { name } of db.tables) {
    // Past the layer that opens rows.
    const raw = db.backendDB().transaction(name).objectStore(name).getAll();
    const rows = await new Promise<unknown[]>((done) => {
      raw.onsuccess = () => {
        done(raw.result);
      };
    });
    parts.push(
      JSON.stringify(rows, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      ),
    );
  }
  db.close();
  return parts.join('\n');
}

describe('rows as bytes', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, undefined, NaN, Infinity, -Infinity, -0, '\u0000', '\ud800'),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.boolean(),
      fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
      fc.array(tie('value')),
      fc.dictionary(fc.oneof(fc.string(), fc.constant('\u0000')), tie('value')),
    ),
  })).value;

  test('come back the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (row) => {
        expect(decodeRow(encodeRow(row))).toEqual(row);
      }),
    );
  });

  test('are refused when they are none', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decodeRow(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'storage/failed' });
        }
      }),
    );
  });
});

describe('sealed bytes', () => {
  test('open with their key, in their place, unchanged, and not otherwise', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), (plain, which) => {
        const mine = key();
        const sealed = seal(mine, 'messages "m1"', plain);
        expect(unseal(mine, 'messages "m1"', sealed)).toEqual(plain);
        const changed = sealed.slice();
        changed[which % changed.length] = (changed[which % changed.length] ?? 0) ^ 1;
        const damaged: unknown = expect.objectContaining({ code: 'lock/damaged' });
        expect(() => unseal(mine, 'messages "m1"', changed)).toThrow(damaged);
        expect(() => unseal(mine, 'messages "m2"', sealed)).toThrow(damaged);
        expect(() => unseal(key(), 'messages "m1"', sealed)).toThrow(damaged);
      }),
      { numRuns: 30 },
    );
  });
});

test('a row read twice is the row as it was written last, each time its own object', () => {
  const cipher = rowCipher(key());
  const place = 'messages "m1"';
  const first = cipher.seal(place, { id: 'm1', text: 'One' });
  const row = cipher.open(place, first) as { text: string };
  row.text = 'changed by its reader';
  expect(cipher.open(place, first)).toEqual({ id: 'm1', text: 'One' });
  expect(cipher.open(place, cipher.seal(place, { id: 'm1', text: 'Two' }))).toEqual({
    id: 'm1',
    text: 'Two',
  });
  cipher.forget();
  expect(() => cipher.open(place, first)).toThrow(AppError);
});

describe('a database with a key', () => {
  test('keeps no word on the disk, in no table and no index, and reads like any other', async () => {
    const universe = createUniverse();
    const store = await openTestStore(universe);
    store.db.protection = { kind: 'on', cipher: rowCipher(key()) };
    const ask = (text: string) => appendQuestion(store, { conversationId: null, parentId: null, text });
    const first = await ask('Zebrafinch dosage?');
    await ask('Axolotl');
    const third = await ask('Mandrill');
    await renameConversation(store, third.conversation.id, 'Bonobo');
    const folder = await createFolder(store, 'Numbat');
    await changeFolder(store, folder.id, { name: 'Quokka' });
    const writer = draftWriter(store, 'new');
    writer.save('Pangolin');
    await writer.flush();
    await undoDeletion(store, await deleteConversation(store, first.conversation.id));
    await deleteConversation(store, third.conversation.id);
    await store.db.examPrompts.put({ runId: 'r', n: 0, prefixKey: '0', prompt: 'Wombat' });
    await store.db.settings.bulkPut(
      Object.values(WORD_ROWS).map((name) => ({ key: name, value: [`Echidna ${name}`] })),
    );

    const query = { folder: { kind: 'all' }, sort: 'title' } as const;
    const titles = (await listConversations(store, query, { offset: 0, limit: 9 })).map(({ title }) => title);
    expect(titles).toEqual(['Axolotl', 'Zebrafinch dosage?']);
    expect(
      (await listConversations(store, query, { offset: 1, limit: 1 })).map(({ title }) => title),
    ).toEqual(['Zebrafinch dosage?']);
    expect(await store.db.examPrompts.get(['r', 0])).toMatchObject({ prompt: 'Wombat' });
    expect((await store.db.folders.toArray()).map(({ name }) => name)).toEqual(['Quokka']);
    expect(await store.db.settings.get(WORD_ROWS.presets)).toEqual({
      key: 'presets',
      value: ['Echidna presets'],
    });
    const seen: string[] = [];
    await store.db.messages.each((row) => seen.push(row.text));
    expect(seen.sort()).toEqual(['Axolotl', 'Mandrill', 'Zebrafinch dosage?']);

    const disk = (await onDisk(universe.api)).toLowerCase();
    for (const word of [
      'zebrafinch',
      'axolotl',
      'mandrill',
      'bonobo',
      'numbat',
      'quokka',
      'pangolin',
      'wombat',
      'echidna',
    ])
      expect(disk).not.toContain(word);
    expect(disk).toContain(first.message.id);
  });

  test('reads and writes nothing while it is locked, and loses nothing by it', async () => {
    const store = await openTestStore();
    const cipher = rowCipher(key());
    store.db.protection = { kind: 'on', cipher };
    const { message } = await appendQuestion(store, { conversationId: null, parentId: null, text: 'Kept' });
    store.db.protection = { kind: 'locked' };
    const locked = { code: 'storage/locked' };
    await expect(write(store, () => store.db.messages.get(message.id))).rejects.toMatchObject(locked);
    await expect(
      appendQuestion(store, { conversationId: null, parentId: null, text: 'Not' }),
    ).rejects.toMatchObject(locked);
    const writer = draftWriter(store, 'new');
    writer.save('Waits');
    void writer.flush();
    await expect.poll(() => store.queue.error?.code).toBe('storage/locked');
    const presets = { key: WORD_ROWS.presets, value: 'Not' };
    await expect(write(store, () => store.db.settings.put(presets))).rejects.toMatchObject(locked);
    // How the app is set up, the lock's own row among it, is read and written all the same.
    await store.db.settings.put({ key: 'conversations/sort', value: 'title' });
    expect(await store.db.settings.get('conversations/sort')).toMatchObject({ value: 'title' });
    store.db.protection = { kind: 'on', cipher };
    expect(await store.queue.retry()).toBe(true);
    expect((await store.db.messages.toArray()).map(({ text }) => text)).toEqual(['Kept']);
    expect((await store.db.drafts.toArray()).map(({ text }) => text)).toEqual(['Waits']);
  });

  test('names only tables there are, and leaves out none that holds words', async () => {
    const { db } = await openTestStore();
    const plain = ['settings', 'models', 'journals', 'searchLog', 'activity'];
    expect(db.tables.map(({ name }) => name).sort()).toEqual([...PROTECTED_TABLES, ...plain].sort());
  });
});
