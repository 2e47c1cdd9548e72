import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeGguf } from '../../transcode/testing/gguf-writer.ts';
import { tinyLlama } from '../../transcode/testing/tiny-llama.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ModelsMessage } from './workers/acquire-protocol.ts';
import { Acquirer } from './acquirer.ts';
import type { AcquisitionContext } from './ways/acquisition-run.ts';
import { installRecord, type Acquisition, type InstallRecord } from '../storage/records.ts';
import { memorySource, sha256, testRun, type TestRun } from '../testing/test-support.ts';

const DEMO = new Uint8Array(
  readFileSync(new URL('../../../public/models/demo/demo-q4_0.gguf', import.meta.url)),
);
const URL_OF_DEMO = 'https://hub.example/demo/resolve/main/demo-q4_0.gguf';
const ID = 'install:demo/q4f32_1';

function acquisition(changes: Partial<Acquisition> = {}): Acquisition {
  return {
    modelId: 'demo',
    displayName: 'Demo model',
    form: 'q4f32_1',
    sourceId: 'q4_0',
    sourceLabel: 'Q4_0',
    quality: 'fast',
    licenceId: null,
    library: null,
    origin: {
      from: 'url',
      format: 'gguf',
      url: URL_OF_DEMO,
      path: 'demo-q4_0.gguf',
      treeUrl: null,
      sha256: sha256(DEMO),
    },
    ...changes,
  };
}

interface Setup {
  readonly acquirer: Acquirer;
  readonly test: TestRun;
  readonly messages: ModelsMessage[];
  readonly row: () => Promise<InstallRecord | null>;
}

function setup(overrides: Partial<AcquisitionContext> = {}, kept?: TestRun, locked = false): Setup {
  const test = testRun(
    { openUrl: () => Promise.resolve(memorySource(DEMO, URL_OF_DEMO)), ...overrides },
    kept,
  );
  const messages: ModelsMessage[] = [];
  const acquirer = new Acquirer({
    context: test.run,
    withLock: (work) => (locked ? Promise.reject(new AppError('models/busy', 'locked')) : work()),
    broadcast: (message) => messages.push(message),
    createPool: null,
  });
  return { acquirer, test, messages, row: () => test.store.get(ID) };
}

/** A source whose reads wait for `release`. */
function stalled(): { source: ByteSource; release: () => void } {
  const inner = memorySource(DEMO, URL_OF_DEMO);
  let release = (): void => undefined;
  const gate = new Promise<void>((done) => {
    release = done;
  });
  const source: ByteSource = {
    ...inner,
    read: async (offset, length, signal) => {
      if (offset > 0) {
        await Promise.race([
          gate,
          new Promise((_, reject) =>
            signal?.addEventListener('abort', () => reject(new AppError('aborted', 'stopped'))),
          ),
        ]);
      }
      return inner.read(offset, length, signal);
    },
  };
  return { source, release };
}

describe('getting a model', () => {
  it('converts into the caches web-llm reads, compares the hash, and says it is ready', async () => {
    const { acquirer, test, messages, row } = setup();
    await acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    expect(await row()).toMatchObject({ status: 'ready', stopped: null, contextLength: 2048 });
    const base = (await row())?.baseUrl ?? '';
    expect(base).toBe('https://site.example/app/models/demo-q4f32_1/resolve/r1/');
    const names = test.caches.urls().map((url) => url.slice(base.length));
    for (const name of [
      'params_shard_0.bin',
      'tensor-cache.json',
      'mlc-chat-config.json',
      'tokenizer.json',
      'provenance.json',
    ]) {
      expect(names).toContain(name);
    }
    expect((await row())?.source.sha256).toBe(sha256(DEMO));
    expect(messages.at(-1)).toEqual({ type: 'changed' });
    expect(messages.some((each) => each.type === 'active' && each.job.kind === 'convert')).toBe(true);
  });

  it('throws everything away when the file is not the published one', async () => {
    const { acquirer, test, row } = setup();
    const origin = { ...acquisition().origin, sha256: 'b'.repeat(64) } as Acquisition['origin'];
    await expect(
      acquirer.handle({ type: 'start', acquisition: acquisition({ origin }), files: [] }),
    ).rejects.toMatchObject({ code: 'models/source-mismatch' });
    expect(test.caches.urls()).toEqual([]);
    expect(await row()).toMatchObject({
      status: 'incomplete',
      stopped: { by: 'error', error: { code: 'models/source-mismatch' } },
    });
  });

  it.each([NaN, Infinity])('leaves a row that can be read where the file names %d', async (value) => {
    const { metadata, tensors } = tinyLlama();
    const factor = { 'llama.rope.scaling.factor': { type: 'f32', value } } as const;
    const bytes = writeGguf({ metadata: { ...metadata, ...factor }, tensors });
    const { acquirer, row } = setup({ openUrl: () => Promise.resolve(memorySource(bytes, URL_OF_DEMO)) });
    const code = 'transcode/unsupported-model';
    const started = acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    await expect(started).rejects.toMatchObject({ code });
    const error = { code, details: { factor: String(value) } };
    expect(installRecord.safeParse(await row()).data?.stopped).toMatchObject({ by: 'error', error });
  });

  it('gives the same bytes from a chosen file, asking the network for nothing', async () => {
    const fromUrl = setup();
    await fromUrl.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const refuse = (): Promise<never> => Promise.reject(new Error('no request expected'));
    const fromFile = setup({ openUrl: refuse, fetch: refuse });
    await fromFile.acquirer.handle({
      type: 'start',
      acquisition: acquisition({ origin: { from: 'files', format: 'gguf', files: [] } }),
      files: [{ path: 'demo.gguf', file: new File([DEMO], 'demo.gguf') }],
    });
    const [a, b] = [fromUrl, fromFile].map(({ test }) =>
      test.caches
        .urls()
        .filter((url) => url.endsWith('.bin') || url.endsWith('tokenizer.json'))
        .map((url) => sha256(test.caches.bytes(url) ?? new Uint8Array())),
    );
    expect(a).toEqual(b);
  });

  it('pauses, keeps its place, and goes on', async () => {
    const { source } = stalled();
    const first = setup({ openUrl: () => Promise.resolve(source) });
    const work = first.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const outcome = expect(work).rejects.toMatchObject({ code: 'aborted' });
    while (!first.messages.some((each) => each.type === 'active' && each.job.progress.totalBytes > 0)) {
      await new Promise((done) => setTimeout(done, 5));
    }
    await first.acquirer.handle({ type: 'pause' });
    await outcome;
    expect(await first.row()).toMatchObject({ status: 'incomplete', stopped: { by: 'person' } });
    const second = setup({}, first.test);
    await second.acquirer.handle({ type: 'resume', installId: ID, files: [] });
    expect(await second.row()).toMatchObject({ status: 'ready', stopped: null });
  });

  it.each(['reading', 'storing'] as const)(
    'does not take it for a pause when the browser breaks off %s, and says so',
    async (step) => {
      const broken = (): DOMException => new DOMException('the operation was aborted', 'AbortError');
      const inner = memorySource(DEMO, URL_OF_DEMO);
      const source: ByteSource = {
        ...inner,
        read: (offset, length, signal) =>
          step === 'reading' && offset + length === DEMO.length
            ? Promise.reject(broken())
            : inner.read(offset, length, signal),
      };
      const first = setup({ openUrl: () => Promise.resolve(source) });
      if (step === 'storing') first.test.caches.failPut = broken;
      const code = step === 'reading' ? 'models/interrupted' : 'models/not-stored';
      await expect(
        first.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] }),
      ).rejects.toMatchObject({ code });
      expect(await first.row()).toMatchObject({
        status: 'incomplete',
        stopped: { by: 'error', error: { code } },
      });
      first.test.caches.failPut = null;
      const second = setup({}, first.test);
      await second.acquirer.handle({ type: 'resume', installId: ID, files: [] });
      expect(await second.row()).toMatchObject({ status: 'ready', stopped: null });
    },
  );

  it('keeps saying how it ended when figures of its progress are slow to be written', async () => {
    const test = testRun();
    const put = test.store.put.bind(test.store);
    test.store.put = async (record) => {
      if (record.progress.doneBytes > 0 && record.stopped === null)
        await new Promise((done) => setTimeout(done, 50));
      await put(record);
    };
    test.caches.failPut = (url) => (url.endsWith('.json') ? new Error('broken') : null);
    const { acquirer, row } = setup({}, test);
    await expect(
      acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] }),
    ).rejects.toMatchObject({ code: 'models/not-stored' });
    await new Promise((done) => setTimeout(done, 120));
    expect((await row())?.stopped).toMatchObject({ by: 'error', error: { code: 'models/not-stored' } });
  });

  it('starts over, and says so, when the file changes under the conversion', async () => {
    const changed = Uint8Array.from(DEMO);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1; // in the last tensor
    const before = memorySource(DEMO, URL_OF_DEMO, '"1"');
    const spoilt: ByteSource = {
      ...before,
      read: (offset, length, signal) =>
        offset + length === DEMO.length
          ? Promise.reject(new AppError('bytes/changed', 'another ETag'))
          : before.read(offset, length, signal),
    };
    const opened = [spoilt, memorySource(changed, URL_OF_DEMO, '"2"')];
    const origin = { ...acquisition().origin, sha256: sha256(changed) } as Acquisition['origin'];
    const { acquirer, messages, row } = setup({
      openUrl: () => Promise.resolve(opened.shift() ?? memorySource(changed, URL_OF_DEMO, '"2"')),
    });
    await acquirer.handle({ type: 'start', acquisition: acquisition({ origin }), files: [] });
    expect(opened).toEqual([]);
    expect((await row())?.source).toMatchObject({ sha256: sha256(changed), etag: '"2"' });
    expect(messages).toContainEqual({
      type: 'notice',
      installId: ID,
      notice: { kind: 'source-changed', name: URL_OF_DEMO },
    });
  });

  it('writes nothing where there is not enough room, and says how much there is', async () => {
    const { acquirer, test } = setup({
      storage: { estimate: () => Promise.resolve({ usage: 5e9, quota: 5e9 + 64e6 + 1000 }) },
    });
    await expect(
      acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] }),
    ).rejects.toMatchObject({ code: 'models/not-enough-space', details: { freeBytes: 1000 } });
    expect(test.caches.urls()).toEqual([]);
  });

  it('frees everything on Cancel while it runs, and on Delete', async () => {
    const { source } = stalled();
    const running = setup({ openUrl: () => Promise.resolve(source) });
    const work = running.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const outcome = expect(work).rejects.toMatchObject({ code: 'aborted' });
    while (!(await running.row())) await new Promise((done) => setTimeout(done, 5));
    await running.acquirer.handle({ type: 'delete', installId: ID });
    await outcome;
    expect(running.test.caches.urls()).toEqual([]);

    const whole = setup();
    await whole.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const stored = (await whole.row())?.storedBytes ?? 0;
    expect(await whole.acquirer.handle({ type: 'delete', installId: ID })).toBe(stored);
    expect(whole.test.caches.urls()).toEqual([]);
    expect(await whole.row()).toBeNull();
    expect(await whole.test.store.readJournal(ID)).toBeUndefined();
  });

  it('converts only the bad shard again on Verify', async () => {
    const { acquirer, test, messages, row } = setup();
    await acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const url = `${(await row())?.baseUrl ?? ''}params_shard_0.bin`;
    const before = sha256(test.caches.bytes(url) ?? new Uint8Array());
    const bytes = test.caches.bytes(url);
    if (bytes) bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await acquirer.handle({ type: 'verify', installId: ID, files: [] });
    expect(sha256(test.caches.bytes(url) ?? new Uint8Array())).toBe(before);
    expect(messages).toContainEqual({
      type: 'notice',
      installId: ID,
      notice: { kind: 'repaired', parts: 1 },
    });
    await acquirer.handle({ type: 'verify', installId: ID, files: [] });
    expect(messages.some((each) => each.type === 'notice' && each.notice.kind === 'verified')).toBe(true);
  });

  it('refuses a second job here, and any while another tab has the lock', async () => {
    const { source } = stalled();
    const { acquirer } = setup({ openUrl: () => Promise.resolve(source) });
    const work = acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    const outcome = expect(work).rejects.toMatchObject({ code: 'aborted' });
    await expect(acquirer.handle({ type: 'verify', installId: ID, files: [] })).rejects.toMatchObject({
      code: 'models/busy',
    });
    await acquirer.handle({ type: 'pause' });
    await outcome;
    const elsewhere = setup({}, undefined, true);
    await expect(
      elsewhere.acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] }),
    ).rejects.toMatchObject({ code: 'models/busy' });
    expect(await elsewhere.row()).toBeNull();
  });

  it('reads nothing before the licence is accepted', async () => {
    let opened = 0;
    const { acquirer, test } = setup({ openUrl: () => (opened++, Promise.resolve(memorySource(DEMO))) });
    const wanted = acquisition({
      licenceId: 'llama2',
      origin: { ...acquisition().origin, sha256: null } as Acquisition['origin'],
    });
    await expect(acquirer.handle({ type: 'start', acquisition: wanted, files: [] })).rejects.toMatchObject({
      code: 'models/licence',
    });
    expect(opened).toBe(0);
    await test.store.accept('demo', 'llama2');
    await acquirer.handle({ type: 'start', acquisition: wanted, files: [] });
    expect(opened).toBe(1);
  });

  it('keeps the model when its library can’t be fetched, and says so', async () => {
    const library = { url: 'https://libs.example/x.wasm', sha256: null };
    const { acquirer, messages, row } = setup({
      fetch: () => Promise.resolve(new Response('', { status: 404 })),
    });
    await acquirer.handle({ type: 'start', acquisition: acquisition({ library }), files: [] });
    expect((await row())?.status).toBe('ready');
    expect(messages).toContainEqual({
      type: 'notice',
      installId: ID,
      notice: { kind: 'library-missing', url: library.url, code: 'bytes/not-found' },
    });
  });

  it('does not keep a library that is not the catalogue’s, and says that it is another', async () => {
    const library = { url: 'https://libs.example/x.wasm', sha256: sha256(DEMO) };
    const { acquirer, test, messages } = setup({
      fetch: () => Promise.resolve(new Response(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))),
    });
    await acquirer.handle({ type: 'start', acquisition: acquisition({ library }), files: [] });
    const code = 'engine/hash-mismatch';
    const notice = { kind: 'library-missing', url: library.url, code };
    expect(messages).toContainEqual({ type: 'notice', installId: ID, notice });
    expect(test.caches.urls()).not.toContain(library.url);
    await expect(acquirer.handle({ type: 'fetch-library', ...library })).rejects.toMatchObject({ code });
  });

  it('replaces an install made from another source', async () => {
    const { acquirer, test, row } = setup();
    await acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    await acquirer.handle({ type: 'start', acquisition: acquisition({ sourceId: 'other' }), files: [] });
    expect((await row())?.baseUrl).toContain('/resolve/r2/');
    expect(test.caches.urls().filter((url) => url.includes('/r1/'))).toEqual([]);
  });
});

describe('model libraries', () => {
  const WASM = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const OTHER = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 1, 0]);
  const url = 'http://localhost:4173/models/demo/resolve/library/q4f32_1.wasm';

  it('takes one from a file, under the address the engine asks for, and reports another one later', async () => {
    const { acquirer, test, messages } = setup();
    await acquirer.handle({ type: 'import-library', url, file: new File([WASM], 'lib.wasm') });
    expect(test.caches.urls()[0]).toMatch(/^https:\/\/library\.invalid\//);
    expect((await test.store.listLibraries())[0]).toMatchObject({
      url,
      sha256: sha256(WASM),
      importedFrom: 'lib.wasm',
    });
    await acquirer.handle({ type: 'import-library', url, file: new File([OTHER], 'lib2.wasm') });
    expect(messages).toContainEqual({
      type: 'notice',
      installId: `library:${url}`,
      notice: { kind: 'library-changed', url, before: sha256(WASM), after: sha256(OTHER) },
    });
  });

  it('goes with the last model that runs with it, and is still known when it comes back changed', async () => {
    const { acquirer, test, messages, row } = setup();
    const imported = 'https://site.example/app/models/demo/resolve/library/q4f32_1.wasm';
    await acquirer.handle({ type: 'start', acquisition: acquisition(), files: [] });
    await acquirer.handle({ type: 'import-library', url: imported, file: new File([WASM], 'lib.wasm') });
    const stored = (await row())?.storedBytes ?? 0;
    expect(await acquirer.handle({ type: 'delete', installId: ID })).toBe(stored + WASM.length);
    expect(test.caches.urls()).toEqual([]);
    await acquirer.handle({ type: 'import-library', url: imported, file: new File([OTHER], 'lib.wasm') });
    expect(messages.at(-2)).toMatchObject({ notice: { kind: 'library-changed', before: sha256(WASM) } });
  });

  it('stays while another model runs with it', async () => {
    const library = { url: 'https://libs.example/x.wasm', sha256: null };
    const { acquirer, test } = setup({ fetch: () => Promise.resolve(new Response(WASM)) });
    await acquirer.handle({ type: 'start', acquisition: acquisition({ library }), files: [] });
    const twin = acquisition({ library, modelId: 'twin' });
    await acquirer.handle({ type: 'start', acquisition: twin, files: [] });
    await acquirer.handle({ type: 'delete', installId: ID });
    expect(test.caches.urls()).toContain(library.url);
    await acquirer.handle({ type: 'delete', installId: 'install:twin/q4f32_1' });
    expect(test.caches.urls()).toEqual([]);
  });

  it('refuses what is no WebAssembly', async () => {
    const { acquirer, test } = setup();
    await expect(
      acquirer.handle({ type: 'import-library', url, file: new File(['<!doctype html>'], 'lib.wasm') }),
    ).rejects.toMatchObject({ code: 'engine/library-unfit' });
    expect(test.caches.urls()).toEqual([]);
  });
});
