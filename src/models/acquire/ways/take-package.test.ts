import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { packageBaseUrl } from '../../../engine/mlc/cache-layout.ts';
import { freshRecord, type ChosenFile } from './acquisition-run.ts';
import { takePackage } from './take-package.ts';
import type { Acquisition, InstallRecord } from '../../storage/records.ts';
import { md5, serveFiles, sha256, testRun, type TestRun } from '../../testing/test-support.ts';
import { verifyInstall } from './verify-install.ts';

const NO_POOL = { createPool: null };
const SHARD_BYTES = 50_000;

/** A package of four shards; nothing in it could run, everything in it can be checked. */
function makePackage(
  changes: { scale?: string; provenance?: boolean; seed?: number; bytes?: number; md5?: boolean } = {},
): Map<string, Uint8Array> {
  const { seed = 0, bytes = SHARD_BYTES, md5: withMd5 = true } = changes;
  const shards = Array.from({ length: 4 }, (_, n) =>
    Uint8Array.from({ length: bytes }, (_x, i) => (i * (n + 3) + seed) & 255),
  );
  const names = shards.map((_, n) => `params_shard_${String(n)}.bin`);
  const tensors = [
    { name: 'model.embed_tokens.q_weight', shape: [64, 4], dtype: 'uint32' },
    { name: 'model.layers.0.input_layernorm.weight', shape: [32], dtype: 'float16' },
    { name: 'lm_head.q_weight', shape: [64, 4], dtype: 'uint32' },
    { name: 'lm_head.q_scale', shape: [64, 1], dtype: changes.scale ?? 'float16' },
  ];
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const files = new Map<string, Uint8Array>(names.map((name, n) => [name, shards[n] ?? new Uint8Array()]));
  files.set(
    'tensor-cache.json',
    json({
      metadata: {},
      records: names.map((dataPath, n) => ({
        dataPath,
        format: 'raw-shard',
        nbytes: bytes,
        ...(withMd5 && { md5sum: md5(shards[n] ?? new Uint8Array()) }),
        records: [{ ...tensors[n], format: 'raw', nbytes: 64, byteOffset: 0 }],
      })),
    }),
  );
  files.set(
    'mlc-chat-config.json',
    json({
      vocab_size: 64,
      context_window_size: 512,
      tokenizer_files: ['tokenizer.json', 'tokenizer_config.json'],
    }),
  );
  files.set('tokenizer.json', json({ model: {} }));
  files.set('tokenizer_config.json', json({}));
  if (changes.provenance) {
    files.set(
      'provenance.json',
      json({ shards: names.map((name, n) => ({ name, sha256: sha256(shards[n] ?? new Uint8Array()) })) }),
    );
  }
  return files;
}

function recordFor(test: TestRun, url: string | null): InstallRecord {
  const acquisition: Acquisition = {
    modelId: 'tiny',
    displayName: 'Tiny',
    form: 'q4f16_1',
    sourceId: 'hosted',
    sourceLabel: 'hosted',
    quality: 'fast',
    licenceId: null,
    library: null,
    origin:
      url === null
        ? { from: 'files', format: 'mlc', files: [] }
        : { from: 'url', format: 'mlc', url, path: '', treeUrl: null, sha256: null },
  };
  return freshRecord(test.run, acquisition, {
    id: 'install:tiny/q4f16_1',
    baseUrl: packageBaseUrl(test.run.siteUrl, 'tiny-q4f16_1', 'r1'),
    fileName: '',
  });
}

function asChosen(files: ReadonlyMap<string, Uint8Array>): ChosenFile[] {
  return [...files].map(([name, bytes]) => ({
    path: `folder/${name}`,
    file: new File([new Uint8Array(bytes)], name),
  }));
}

async function take(
  test: TestRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[] = [],
): Promise<InstallRecord> {
  const ready = await takePackage(test.run, record, chosen);
  await test.store.put(ready);
  return ready;
}

describe('taking over a package', () => {
  it('stores every file where web-llm looks, with its length, from a host', async () => {
    const files = makePackage({ provenance: true });
    await using server = await serveFiles(files);
    const test = testRun();
    const ready = await take(test, recordFor(test, server.url));
    expect(ready).toMatchObject({ status: 'ready', stopped: null });
    const base = 'https://site.example/app/models/tiny-q4f16_1/resolve/r1/';
    expect(test.caches.urls().sort()).toEqual([...files.keys()].map((name) => base + name).sort());
    for (const [name, bytes] of files) {
      expect(sha256(test.caches.bytes(base + name) ?? new Uint8Array()), name).toBe(sha256(bytes));
    }
    expect(test.caches.contents.get('webllm/config')?.size).toBe(1);
    const shard = test.caches.contents.get('webllm/model')?.get(`${base}params_shard_2.bin`);
    expect(new Map(shard?.headers).get('content-length')).toBe(String(SHARD_BYTES));
    expect(test.progress.at(-1)).toMatchObject({ doneBytes: 4 * SHARD_BYTES, totalBytes: 4 * SHARD_BYTES });
  });

  it('takes a folder from disk without any request', async () => {
    const test = testRun({ fetch: () => Promise.reject(new Error('no request expected')) });
    const ready = await take(test, recordFor(test, null), asChosen(makePackage()));
    expect(ready.status).toBe('ready');
    expect(test.caches.urls()).toHaveLength(8);
  });

  it('goes on after an interruption with the shards that are missing, and writes the index last', async () => {
    const files = makePackage();
    let stop = true;
    await using server = await serveFiles(files, (_, response, path) => {
      if (!stop || path !== 'params_shard_3.bin') return false;
      response.writeHead(403).end();
      return true;
    });
    const test = testRun();
    const record = recordFor(test, server.url);
    await expect(take(test, record)).rejects.toMatchObject({ code: 'bytes/forbidden' });
    expect(test.caches.urls().some((url) => url.endsWith('tensor-cache.json'))).toBe(false);
    const stored = await test.store.get(record.id);
    expect(stored).toMatchObject({ status: 'incomplete', progress: { totalBytes: 4 * SHARD_BYTES } });
    const before = server.requests.length;
    stop = false;
    const again = testRun({}, test);
    await take(again, stored ?? record);
    const refetched = server.requests.slice(before).filter(({ path }) => path.endsWith('.bin'));
    expect(refetched.map(({ path }) => path)).toEqual(['params_shard_3.bin']);
  });

  it('refuses a shard that is not what the index lists, after trying once more, and stores nothing of it', async () => {
    const files = makePackage();
    const bad = files.get('params_shard_1.bin');
    if (bad) bad[17] = (bad[17] ?? 0) ^ 1;
    await using server = await serveFiles(files);
    const test = testRun();
    await expect(take(test, recordFor(test, server.url))).rejects.toMatchObject({
      code: 'models/damaged',
      details: { file: 'params_shard_1.bin' },
    });
    expect(server.requests.filter(({ path }) => path === 'params_shard_1.bin')).toHaveLength(2);
    expect(test.caches.urls().some((url) => url.endsWith('params_shard_1.bin'))).toBe(false);
  });

  it('notices by provenance.json what an index without checksums would let pass', async () => {
    const files = makePackage({ provenance: true });
    const index = JSON.parse(new TextDecoder().decode(files.get('tensor-cache.json'))) as {
      records: { md5sum?: string }[];
    };
    for (const each of index.records) delete each.md5sum;
    files.set('tensor-cache.json', new TextEncoder().encode(JSON.stringify(index)));
    const bad = files.get('params_shard_0.bin');
    if (bad) bad[0] = (bad[0] ?? 0) ^ 255;
    const test = testRun();
    await expect(take(test, recordFor(test, null), asChosen(files))).rejects.toMatchObject({
      code: 'models/damaged',
    });
  });

  it.each(['mlc-chat-config.json', 'tensor-cache.json', 'tokenizer.json', 'params_shard_2.bin'])(
    'says that %s is missing',
    async (name) => {
      const files = makePackage();
      files.delete(name);
      const test = testRun();
      await expect(take(test, recordFor(test, null), asChosen(files))).rejects.toMatchObject({
        code: 'models/bad-package',
        details: { file: name },
      });
    },
  );

  it('takes an older package that has only ndarray-cache.json', async () => {
    const files = makePackage();
    const index = files.get('tensor-cache.json') ?? new Uint8Array();
    files.delete('tensor-cache.json');
    files.set('ndarray-cache.json', index);
    const test = testRun();
    await take(test, recordFor(test, null), asChosen(files));
    expect(test.caches.urls().some((url) => url.endsWith('/tensor-cache.json'))).toBe(true);
  });

  it.each([
    ['403', (response: ServerResponse) => response.writeHead(403).end()],
    [
      'its start page',
      (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    ['nothing', (response: ServerResponse) => response.writeHead(200, { 'content-length': 0 }).end()],
  ])('takes a package from a host that answers %s for what is not there', async (_, answer) => {
    const files = makePackage();
    await using server = await serveFiles(files, (_request, response, path) => {
      if (files.has(path)) return false;
      answer(response);
      return true;
    });
    const test = testRun();
    const ready = await takePackage(test.run, recordFor(test, server.url), []);
    expect(ready.status).toBe('ready');
    expect(server.requests.some(({ path }) => !files.has(path))).toBe(true);
  });

  it('says too large of a file that is more than its index lists, and offline only of a dead line', async () => {
    const files = makePackage();
    const shard = files.get('params_shard_1.bin') ?? new Uint8Array();
    files.set('params_shard_1.bin', new Uint8Array([...shard, 1]));
    await using server = await serveFiles(files);
    const test = testRun();
    await expect(takePackage(test.run, recordFor(test, server.url), [])).rejects.toMatchObject({
      code: 'bytes/too-large',
    });
  });

  it('refuses another quantisation, a shard outside the folder, and a full disk before writing', async () => {
    const f32 = testRun();
    await expect(
      take(f32, recordFor(f32, null), asChosen(makePackage({ scale: 'float32' }))),
    ).rejects.toMatchObject({
      code: 'models/other-form',
      details: { found: 'q4f32_1', expected: 'q4f16_1' },
    });
    const files = makePackage();
    const text = new TextDecoder()
      .decode(files.get('tensor-cache.json'))
      .replace('params_shard_1.bin', '../params_shard_1.bin');
    files.set('tensor-cache.json', new TextEncoder().encode(text));
    const escape = testRun();
    await expect(take(escape, recordFor(escape, null), asChosen(files))).rejects.toMatchObject({
      code: 'engine/package-incomplete',
    });
    const full = testRun({ storage: { estimate: () => Promise.resolve({ usage: 0, quota: 64_100_000 }) } });
    await expect(take(full, recordFor(full, null), asChosen(makePackage()))).rejects.toMatchObject({
      code: 'models/not-enough-space',
      details: { neededBytes: 4 * SHARD_BYTES, freeBytes: 100_000 },
    });
    expect(full.caches.urls()).toEqual([]);
  });

  it.each([
    ['other checksums', {}, { seed: 7 }],
    ['other lengths', {}, { seed: 7, bytes: 60_000 }],
    ['no checksums', {}, { seed: 7, md5: false }],
    ['checksums in provenance.json only', { md5: false }, { seed: 7, md5: false, provenance: true }],
  ])('mixes no shards of two packages: the other one has %s', async (_, first, second) => {
    const test = testRun();
    test.caches.failPut = (url) =>
      /shard_[23]/.test(url) ? new DOMException('full', 'QuotaExceededError') : null;
    const record = recordFor(test, null);
    await expect(take(test, record, asChosen(makePackage(first)))).rejects.toMatchObject({
      code: 'storage/full',
    });
    test.caches.failPut = null;
    const other = makePackage(second);
    const ready = await take(test, (await test.store.get(record.id)) ?? record, asChosen(other));
    for (const [name, bytes] of other) {
      const stored = test.caches.bytes(ready.baseUrl + name);
      expect(sha256(stored ?? new Uint8Array()), name).toBe(sha256(bytes));
    }
    await verifyInstall(test.run, ready, [], NO_POOL);
    expect(test.notices.at(-1)).toMatchObject({ kind: 'verified' });
  });

  it('keeps the shards that another index lists just so', async () => {
    const files = makePackage();
    await using server = await serveFiles(files);
    const test = testRun();
    test.caches.failPut = (url) =>
      url.endsWith('shard_3.bin') ? new DOMException('full', 'QuotaExceededError') : null;
    const record = recordFor(test, server.url);
    await expect(take(test, record)).rejects.toMatchObject({ code: 'storage/full' });
    test.caches.failPut = null;
    const index = new TextDecoder().decode(files.get('tensor-cache.json'));
    files.set('tensor-cache.json', new TextEncoder().encode(`${index}\n`));
    const before = server.requests.length;
    await take(test, (await test.store.get(record.id)) ?? record);
    const refetched = server.requests.slice(before).filter(({ path }) => path.endsWith('.bin'));
    expect(refetched.map(({ path }) => path)).toEqual(['params_shard_3.bin']);
  });

  it('keeps what it has when the disk fills midway', async () => {
    const test = testRun();
    test.caches.failPut = (url) =>
      url.endsWith('params_shard_2.bin') ? new DOMException('full', 'QuotaExceededError') : null;
    const record = recordFor(test, null);
    await expect(take(test, record, asChosen(makePackage()))).rejects.toMatchObject({ code: 'storage/full' });
    expect((await test.store.get(record.id))?.storedBytes).toBeGreaterThan(0);
    test.caches.failPut = null;
    expect(
      (await take(test, (await test.store.get(record.id)) ?? record, asChosen(makePackage()))).status,
    ).toBe('ready');
  });
});

describe('verifying a package', () => {
  it('finds every part good', async () => {
    const test = testRun();
    const ready = await take(test, recordFor(test, null), asChosen(makePackage()));
    await verifyInstall(test.run, ready, [], NO_POOL);
    expect(test.notices).toEqual([{ kind: 'verified', parts: 8, bytes: ready.storedBytes }]);
  });

  it('fetches only the bad and the missing shard again', async () => {
    const files = makePackage();
    await using server = await serveFiles(files);
    const test = testRun();
    const ready = await take(test, recordFor(test, server.url));
    const flipped = test.caches.bytes(`${ready.baseUrl}params_shard_1.bin`);
    if (flipped) flipped[99] = (flipped[99] ?? 0) ^ 4;
    await (await test.run.caches.open('webllm/model')).delete(`${ready.baseUrl}params_shard_3.bin`);
    const before = server.requests.length;
    await verifyInstall(test.run, ready, [], NO_POOL);
    expect(server.requests.slice(before).map(({ path }) => path)).toEqual([
      'params_shard_1.bin',
      'params_shard_3.bin',
    ]);
    expect(test.notices).toEqual([{ kind: 'repaired', parts: 2 }]);
    await verifyInstall(test.run, ready, [], NO_POOL);
    expect(test.notices.at(-1)).toMatchObject({ kind: 'verified' });
  });

  it('mends the index of an older package, whose name there is another', async () => {
    const files = makePackage();
    files.set('ndarray-cache.json', files.get('tensor-cache.json') ?? new Uint8Array());
    files.delete('tensor-cache.json');
    await using server = await serveFiles(files);
    const test = testRun();
    const ready = await take(test, recordFor(test, server.url));
    const index = test.caches.bytes(`${ready.baseUrl}tensor-cache.json`);
    if (index) index[5] = (index[5] ?? 0) ^ 4;
    await verifyInstall(test.run, ready, [], NO_POOL);
    expect(test.notices).toEqual([{ kind: 'repaired', parts: 1 }]);
  });

  it('says which parts are bad when the imported folder is not at hand, and mends them when it is', async () => {
    const test = testRun();
    const ready = await take(test, recordFor(test, null), asChosen(makePackage()));
    const flipped = test.caches.bytes(`${ready.baseUrl}params_shard_0.bin`);
    if (flipped) flipped[0] = (flipped[0] ?? 0) ^ 4;
    await expect(verifyInstall(test.run, ready, [], NO_POOL)).rejects.toMatchObject({
      code: 'models/damaged',
      details: { parts: 1, names: 'params_shard_0.bin' },
    });
    expect((await test.store.get(ready.id))?.status).toBe('damaged');
    const mended = await verifyInstall(test.run, ready, asChosen(makePackage()), NO_POOL);
    expect(mended.status).toBe('ready');
  });
});
