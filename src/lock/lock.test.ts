import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { passDoor, useDoor } from '../conversations/data/tab/door.ts';
import { appendQuestion } from '../conversations/data/repository.ts';
import { createUniverse, killTab, openTestStore } from '../conversations/data/test-store.ts';
import { rowCipher } from '../database/protection/row-cipher.ts';
import { ChatDatabase } from '../database/database.ts';
import { listSavedTexts, saveText } from '../chat/library/saved-texts.ts';
import { rewriteRows } from './rewrite-rows.ts';
import { changePassphrase, choosePassphrase, lock, setEncrypted, unlock } from './keyring.ts';
import { createVault, readVault, rewrap, unwrap, type VaultCost } from './vault.ts';

const CHEAP: VaultCost = { name: 'argon2id', memoryKiB: 8192, passes: 1, lanes: 1 };
const PASS = 'correct horse battery staple';
const OTHER = 'four words nobody says';

describe('a passphrase', () => {
  test('opens what it wrapped, in whatever form its letters are typed; no other does', async () => {
    const vault = await createVault('pässphrase with ä', CHEAP);
    const key = await unwrap(vault, 'pässphrase with ä'.normalize('NFD'));
    await expect(unwrap(vault, 'passphrase with a')).rejects.toMatchObject({ code: 'lock/wrong-passphrase' });
    const changed = await rewrap(vault, 'pässphrase with ä', OTHER, CHEAP);
    expect(await unwrap(changed, OTHER)).toEqual(key);
    await expect(unwrap(changed, 'pässphrase with ä')).rejects.toMatchObject({
      code: 'lock/wrong-passphrase',
    });
    await expect(createVault('short', CHEAP)).rejects.toMatchObject({ code: 'lock/short-passphrase' });
    expect(readVault(structuredClone(changed))).toEqual(changed);
    expect(() => readVault({ ...changed, kdf: { ...changed.kdf, memoryKiB: 2 ** 31 } })).toThrow(
      expect.objectContaining({ code: 'lock/damaged' }),
    );
  });
});

describe('a conversion', () => {
  test('killed anywhere, over and over, in both directions, among writes, loses no word', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string(), { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { minLength: 1, maxLength: 4 }),
        async (texts, attempts) => {
          const universe = createUniverse();
          const bytes = crypto.getRandomValues(new Uint8Array(32));
          let store = await openTestStore(universe);
          const wanted: string[] = [];
          const write = async (text: string): Promise<void> => {
            await appendQuestion(store, { conversationId: null, parentId: null, text });
            wanted.push(text);
          };
          for (const text of texts) await write(text);
          for (const [on, ticks] of attempts) {
            const cipher = rowCipher(bytes.slice());
            store.db.protection = { kind: on ? 'on' : 'ending', cipher };
            const converting = rewriteRows(store.db).catch(() => undefined);
            await write(`while ${String(on)}`);
            for (let tick = 0; tick < ticks; tick += 1) await new Promise((done) => setImmediate(done));
            killTab(universe, store);
            await converting;
            store = await openTestStore(universe);
          }
          store.db.protection = { kind: 'ending', cipher: rowCipher(bytes.slice()) };
          await rewriteRows(store.db);
          store.db.protection = { kind: 'off' };
          expect((await store.db.messages.toArray()).map(({ text }) => text).sort()).toEqual(wanted.sort());
          killTab(universe, store);
        },
      ),
      { numRuns: 10 },
    );
  });
});

/** The saved texts' row past the layer that opens rows. */
async function savedOnDisk({ api }: ReturnType<typeof createUniverse>): Promise<string> {
  const db = new ChatDatabase('test', api);
  await db.open();
  const raw = db.backendDB().transaction('settings').objectStore('settings').get('saved-texts');
  const row = await new Promise<unknown>((done) => {
    raw.onsuccess = () => {
      done(raw.result);
    };
  });
  db.close();
  return JSON.stringify(row, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}

describe('the door', () => {
  const kept = new Map<string, string>();
  beforeEach(() => {
    kept.clear();
    vi.stubGlobal('localStorage', {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => void kept.set(name, value),
      removeItem: (name: string) => void kept.delete(name),
    });
    useDoor.setState({ phase: 'open', found: null });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test('shuts, drops the key, opens with the passphrase of now, and finds everything sealed', async () => {
    const universe = createUniverse();
    const store = await openTestStore(universe);
    await passDoor(store.db, true);
    expect(useDoor.getState().phase).toBe('open');
    await appendQuestion(store, { conversationId: null, parentId: null, text: 'Before' });
    await saveText(store, null, 'Letter', 'To Mrs Echidna');
    await choosePassphrase(PASS);
    expect([...kept.keys()]).toEqual(['meditron-lock']);
    await expect(setEncrypted(true, OTHER)).rejects.toMatchObject({ code: 'lock/wrong-passphrase' });
    await setEncrypted(true, PASS);
    expect(store.db.protection.kind).toBe('on');

    lock({ everywhere: false });
    expect(useDoor.getState().phase).toBe('shut');
    await expect.poll(() => store.db.protection.kind).toBe('locked');
    await expect(unlock(OTHER)).rejects.toMatchObject({ code: 'lock/wrong-passphrase' });
    expect(useDoor.getState().phase).toBe('shut');
    await unlock(PASS);
    expect((await store.db.messages.toArray()).map(({ text }) => text)).toEqual(['Before']);
    expect(await savedOnDisk(universe)).not.toContain('Echidna');
    // As a version left it that sealed no settings: the next unlock does.
    const { protection } = store.db;
    store.db.protection = { kind: 'off' };
    await store.db.settings.put({ key: 'saved-texts', value: [{ id: '1', name: 'Letter', text: 'Echidna' }] });
    store.db.protection = protection;
    expect(await savedOnDisk(universe)).toContain('Echidna');
    lock({ everywhere: false });
    await expect.poll(() => store.db.protection.kind).toBe('locked');
    await unlock(PASS);
    expect(await savedOnDisk(universe)).not.toContain('Echidna');
    expect(await listSavedTexts(store)).toMatchObject([{ text: 'Echidna' }]);
    await changePassphrase(PASS, OTHER);
    killTab(universe, store);

    // Another opening: whoever waits for the store waits for the passphrase.
    useDoor.setState({ phase: 'open', found: null });
    const next = await openTestStore(universe);
    let passed = false;
    const passing = passDoor(next.db, true).then(() => {
      passed = true;
    });
    await expect.poll(() => useDoor.getState().found).not.toBeNull();
    expect(useDoor.getState().phase).toBe('shut');
    await expect(unlock(PASS)).rejects.toMatchObject({ code: 'lock/wrong-passphrase' });
    expect(passed).toBe(false);
    await unlock(OTHER);
    await passing;
    expect((await next.db.messages.toArray()).map(({ text }) => text)).toEqual(['Before']);
    await setEncrypted(false, OTHER);
    expect(await savedOnDisk(universe)).toContain('Echidna');
    expect(next.db.protection.kind).toBe('off');
    expect((await next.db.messages.toArray()).map(({ text }) => text)).toEqual(['Before']);
    killTab(universe, next);
  });
});
