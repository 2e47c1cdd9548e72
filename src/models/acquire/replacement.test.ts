import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { randomNumbers } from '../../transcode/testing/random.ts';
import { replacementId } from '../catalogue/ids.ts';
import { readInPieces } from '../storage/checksums.ts';
import type { InstallStore } from '../storage/install-store.ts';
import type { Acquisition, InstallRecord, PackageForm } from '../storage/records.ts';
import { memorySource, sha256, testRun, type TestRun } from '../testing/test-support.ts';
import { importedLibraryUrl } from '../catalogue/library-url.ts';
import { Acquirer } from './acquirer.ts';
import { hasLibrary } from './library.ts';
import type { AcquisitionContext } from './ways/acquisition-run.ts';
import { SEGMENT_BYTES } from './ways/keep-gguf.ts';

const OLD = new Uint8Array(
  readFileSync(new URL('../../../public/models/demo/demo-q4_0.gguf', import.meta.url)),
);
/** The same model with another last weight. */
const NEW = OLD.slice();
NEW[NEW.length - 1] = (NEW.at(-1) ?? 0) ^ 1;

interface Start {
  readonly form: PackageForm;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly name: string;
}

function acquisition({ form, bytes, name }: Start): Acquisition {
  return {
    modelId: 'demo',
    displayName: 'Demo model',
    form,
    sourceId: name,
    sourceLabel: name,
    quality: 'fast',
    licenceId: null,
    library: null,
    origin: {
      from: 'url',
      format: 'gguf',
      url: `https://hub.example/${name}.gguf`,
      path: `${name}.gguf`,
      treeUrl: null,
      sha256: sha256(bytes),
    },
  };
}

function acquirerOn(test: TestRun, overrides: Partial<AcquisitionContext> = {}): Acquirer {
  return new Acquirer({
    context: {
      ...test.run,
      openUrl: (url) => {
        const [bytes, etag] = url.includes('new') ? [NEW, '"new"'] : [OLD, '"old"'];
        return Promise.resolve(memorySource(bytes, url, etag));
      },
      ...overrides,
    },
    withLock: (work) => work(),
    broadcast: () => undefined,
    createPool: null,
  });
}

const start = (acquirer: Acquirer, what: Start) =>
  acquirer.handle({ type: 'start', acquisition: acquisition(what), files: [] });

/** What the row says is installed, read from the stores as an engine would: its source's hash. @throws where a part is not as listed. */
async function installedSource({ store, caches, gguf }: TestRun, id: string): Promise<string> {
  const row = await store.get(id);
  if (row?.status !== 'ready') throw new Error(`not installed: ${String(row?.status)}`);
  const parts = await readInPieces(store, id);
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) {
    const offset = Number(part.name) * SEGMENT_BYTES;
    const bytes =
      row.fileName === ''
        ? caches.bytes(row.baseUrl + part.name)
        : gguf.files.get(row.fileName)?.subarray(offset, offset + part.bytes);
    expect(bytes && sha256(bytes), part.name).toBe(part.sha256);
  }
  return row.source.sha256;
}

/** Addresses of everything stored. */
const stored = ({ caches, gguf }: TestRun): string[] => [...caches.urls(), ...gguf.files.keys()];
const belongsTo = (place: string, row: InstallRecord | null): boolean =>
  row !== null && (row.fileName === '' ? place.startsWith(row.baseUrl) : place === row.fileName);

/** Ends the world at the n-th write: nothing after it is written, no promise of it settles. */
class Death {
  writes = 0;
  readonly #at: number;
  readonly #done: boolean;
  readonly happened: Promise<void>;
  #tell = (): void => undefined;

  /** @param done whether the fatal write itself reaches the disk. */
  constructor(at: number, done: boolean) {
    this.#at = at;
    this.#done = done;
    this.happened = new Promise((resolve) => {
      this.#tell = resolve;
    });
  }

  writeNow(work: () => void): void {
    this.writes += 1;
    if (this.writes < this.#at || (this.writes === this.#at && this.#done)) work();
    if (this.writes === this.#at) this.#tell();
  }

  async write<T>(work: () => Promise<T>): Promise<T> {
    this.writes += 1;
    const mine = this.writes;
    if (mine < this.#at) return work();
    if (mine === this.#at && this.#done) await work();
    if (mine === this.#at) this.#tell();
    return new Promise<T>(() => undefined);
  }
}

/** The stores of `test`, dying with `death`. */
function mortal(test: TestRun, death: Death): Partial<AcquisitionContext> {
  const writing = new Set<PropertyKey>(['put', 'delete', 'writeJournal', 'deleteJournal', 'moveTo']);
  const guard = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(object, key) {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, object, args);
        if (!writing.has(key)) return call;
        return (...args: unknown[]) => death.write(() => call(...args) as Promise<unknown>);
      },
    });
  return {
    store: guard<InstallStore>(test.store),
    caches: {
      open: async (name: string) => guard(await test.caches.api.open(name)),
    } as unknown as CacheStorage,
    openGguf: (name) => {
      const file = test.gguf.open(name);
      return Promise.resolve({
        ...file,
        get size() {
          return file.size;
        },
        write: (bytes, offset) => {
          death.writeNow(() => {
            file.write(bytes, offset);
          });
        },
        truncate: (size) => {
          death.writeNow(() => {
            file.truncate(size);
          });
        },
      });
    },
    deleteGguf: (name) => death.write(() => test.run.deleteGguf(name)),
  };
}

describe.each(['q4f32_1', 'gguf'] as const)('what is installed as %s', (form) => {
  const id = `install:demo/${form}`;
  const old: Start = { form, bytes: OLD, name: 'old' };
  const next: Start = { form, bytes: NEW, name: 'new' };

  async function installed(): Promise<TestRun> {
    const test = testRun();
    await start(acquirerOn(test), old);
    expect(await installedSource(test, id)).toBe(sha256(OLD));
    return test;
  }

  it('is replaced by what was checked whole, and then freed', async () => {
    const test = await installed();
    await start(acquirerOn(test), next);
    expect(await installedSource(test, id)).toBe(sha256(NEW));
    const row = await test.store.get(id);
    expect(row?.superseded).toBeNull();
    expect(await test.store.get(replacementId(id))).toBeNull();
    expect(stored(test).filter((place) => !belongsTo(place, row))).toEqual([]);
  });

  it.each([
    ['a dropped line', new AppError('bytes/offline', 'gone')],
    ['a full disk', new AppError('storage/full', 'full')],
    ['Pause', new AppError('aborted', 'stopped')],
  ])('stays through %s', async (_, failure) => {
    const test = await installed();
    const source = memorySource(NEW, 'new', '"new"');
    const broken = acquirerOn(test, {
      openUrl: () =>
        Promise.resolve({
          ...source,
          read: (offset, length, signal) =>
            offset + length === NEW.length ? Promise.reject(failure) : source.read(offset, length, signal),
        }),
    });
    await expect(start(broken, next)).rejects.toBeInstanceOf(AppError);
    expect(await installedSource(test, id)).toBe(sha256(OLD));
    await acquirerOn(test).handle({ type: 'resume', installId: replacementId(id), files: [] });
    expect(await installedSource(test, id)).toBe(sha256(NEW));
  });

  it('stays where a junk file or another than the published one was to replace it, and Cancel frees only that', async () => {
    const test = await installed();
    const junk = acquirerOn(test, {
      openUrl: (url) => Promise.resolve(memorySource(new Uint8Array(4096).fill(7), url, '"junk"')),
    });
    await expect(start(junk, next)).rejects.toMatchObject({ code: 'transcode/not-a-model' });
    const other = acquirerOn(test, { openUrl: (url) => Promise.resolve(memorySource(OLD, url, '"old"')) });
    await expect(start(other, next)).rejects.toMatchObject({ code: 'models/source-mismatch' });
    expect(await installedSource(test, id)).toBe(sha256(OLD));
    const before = await test.store.get(id);
    await acquirerOn(test).handle({ type: 'delete', installId: replacementId(id) });
    expect(await installedSource(test, id)).toBe(sha256(OLD));
    expect(stored(test).filter((place) => !belongsTo(place, before))).toEqual([]);
  });

  it('asks before the old one goes where the disk can’t hold both, naming the sizes', async () => {
    const test = await installed();
    const installedBytes = (await test.store.get(id))?.storedBytes ?? 0;
    // A package's estimate has some megabytes of slack for its small files.
    const freeBytes = form === 'gguf' ? 1000 : 9e6;
    const quota = { usage: installedBytes, quota: installedBytes + 64e6 + freeBytes };
    const tight = acquirerOn(test, { storage: { estimate: () => Promise.resolve(quota) } });
    await expect(start(tight, next)).rejects.toMatchObject({
      code: 'models/no-room-beside',
      details: { installedBytes, freeBytes },
    });
    expect(await installedSource(test, id)).toBe(sha256(OLD));
    quota.usage = 0;
    await tight.handle({ type: 'resume', installId: replacementId(id), files: [], freeReplaced: true });
    expect(await installedSource(test, id)).toBe(sha256(NEW));
    expect(await test.store.list()).toHaveLength(1);
  });

  it('says only that the disk is too small where deleting the old one would not help', async () => {
    const test = await installed();
    const tight = acquirerOn(test, {
      storage: { estimate: () => Promise.resolve({ usage: 0, quota: 64e6 }) },
    });
    const row = await test.store.get(id);
    if (row) await test.store.put({ ...row, storedBytes: 10 });
    await expect(start(tight, next)).rejects.toMatchObject({ code: 'models/not-enough-space' });
  });

  it('is the old or the new one, whole, whenever the page is killed during a replacement', async () => {
    const dry = await installed();
    const count = new Death(Number.POSITIVE_INFINITY, true);
    await start(acquirerOn(dry, mortal(dry, count)), next);
    const found = new Set<string>();
    const numbers = randomNumbers(25);
    for (let kill = 0; kill < 25; kill++) {
      // The last writes are the exchange itself: half of the kills fall there.
      const within = kill % 2 === 0 ? count.writes : Math.min(12, count.writes);
      const at = count.writes - Math.floor(numbers() * within);
      const test = await installed();
      const death = new Death(at, numbers() < 0.5);
      const work = start(acquirerOn(test, mortal(test, death)), next).catch(() => undefined);
      await Promise.race([death.happened, work]);

      const afterwards = acquirerOn(test);
      const source = await installedSource(test, id);
      expect([sha256(OLD), sha256(NEW)]).toContain(source);
      found.add(source);
      await afterwards.handle({ type: 'tidy' });
      expect(await installedSource(test, id)).toBe(source);
      const rows = [await test.store.get(id), await test.store.get(replacementId(id))];
      expect(stored(test).filter((place) => !rows.some((row) => belongsTo(place, row)))).toEqual([]);
      if (kill % 5 > 0) continue;
      await start(afterwards, next);
      expect(await installedSource(test, id)).toBe(sha256(NEW));
      expect(await test.store.list()).toHaveLength(1);
    }
    expect(found).toEqual(new Set([sha256(OLD), sha256(NEW)]));
  });
});

describe('an imported library', () => {
  it('stays when a replacement of its model is cancelled, and goes with the model', async () => {
    const test = testRun();
    const id = 'install:demo/q4f32_1';
    await start(acquirerOn(test), { form: 'q4f32_1', bytes: OLD, name: 'old' });
    const url = importedLibraryUrl('demo', 'q4f32_1', test.run.siteUrl);
    const file = new File([Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)], 'demo.wasm');
    await acquirerOn(test).handle({ type: 'import-library', url, file });
    const junk = acquirerOn(test, {
      openUrl: (address) => Promise.resolve(memorySource(new Uint8Array(4096).fill(7), address, '"junk"')),
    });
    await expect(start(junk, { form: 'q4f32_1', bytes: NEW, name: 'new' })).rejects.toMatchObject({
      code: 'transcode/not-a-model',
    });
    await acquirerOn(test).handle({ type: 'delete', installId: replacementId(id) });
    expect(await hasLibrary(test.caches.api, url)).toBe(true);
    await acquirerOn(test).handle({ type: 'delete', installId: id });
    expect(await hasLibrary(test.caches.api, url)).toBe(false);
  });
});

describe('one writer', () => {
  it('marks what the browser cleared only under the lock, and only what is still gone', async () => {
    const id = 'install:demo/q4f32_1';
    const test = testRun();
    await start(acquirerOn(test), { form: 'q4f32_1', bytes: OLD, name: 'old' });
    await acquirerOn(test).handle({ type: 'tidy' });
    expect((await test.store.get(id))?.status).toBe('ready');
    const row = await test.store.get(id);
    for (const cache of test.caches.contents.values())
      cache.delete(`${row?.baseUrl ?? ''}params_shard_0.bin`);
    const busy = new Acquirer({
      context: test.run,
      withLock: () => Promise.reject(new AppError('models/busy', 'another tab')),
      broadcast: () => undefined,
      createPool: null,
    });
    await expect(busy.handle({ type: 'tidy' })).rejects.toMatchObject({ code: 'models/busy' });
    await expect(busy.handle({ type: 'delete', installId: id })).rejects.toMatchObject({
      code: 'models/busy',
    });
    expect((await test.store.get(id))?.status).toBe('ready');
    await acquirerOn(test).handle({ type: 'tidy' });
    expect(await test.store.get(id)).toMatchObject({ status: 'damaged', storedBytes: 0 });
    await start(acquirerOn(test), { form: 'q4f32_1', bytes: NEW, name: 'new' });
    expect(await installedSource(test, id)).toBe(sha256(NEW));
  });
});
