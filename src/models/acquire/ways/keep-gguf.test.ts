import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../../lib/byte-source.ts';
import { AppError } from '../../../errors/app-error.ts';
import { WorkerHere } from '../../../lib/worker/worker-here.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import { answerHashCalls } from '../../../transcode/run/workers/hash-service.ts';
import { HashThread, type HashSetup } from '../../../transcode/run/workers/hash-thread.ts';
import { keepGguf, SEGMENT_BYTES } from './keep-gguf.ts';
import { freshRecord, type ChosenFile } from './acquisition-run.ts';
import type { Acquisition, InstallRecord } from '../../storage/records.ts';
import { memorySource, sha256, testRun, type TestRun } from '../../testing/test-support.ts';
import { verifyInstall } from './verify-install.ts';

const URL_OF_FILE = 'https://hub.example/m/resolve/main/m.gguf';
const TREE = 'https://hub.example/api/models/m/tree/main';
const SIZE = 2 * SEGMENT_BYTES + 5_000_003;

/** A GGUF with no tensors and a long tail: enough for keeping, which looks at the header only. */
function gguf(size = SIZE, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 2654435761);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x46554747, true);
  view.setUint32(4, 3, true);
  view.setBigUint64(8, 0n, true);
  view.setBigUint64(16, 0n, true);
  return bytes;
}

const FILE = gguf();
const HASH = sha256(FILE);

function acquisition(from: 'url' | 'files', sha: string | null = null): Acquisition {
  return {
    modelId: 'm',
    displayName: 'M',
    form: 'gguf',
    sourceId: 's',
    sourceLabel: 's',
    quality: 'fast',
    licenceId: null,
    library: null,
    origin:
      from === 'url'
        ? {
            from,
            format: 'gguf',
            url: URL_OF_FILE,
            path: 'm.gguf',
            treeUrl: sha === null ? TREE : null,
            sha256: sha,
          }
        : { from, format: 'gguf', files: [] },
  };
}

function recordFor(test: TestRun, from: 'url' | 'files' = 'url', sha: string | null = HASH): InstallRecord {
  return freshRecord(test.run, acquisition(from, sha), {
    id: 'install:m/gguf',
    baseUrl: '',
    fileName: 'm-r1.gguf',
  });
}

function chosen(bytes: Uint8Array<ArrayBuffer>, name = 'm.gguf'): ChosenFile[] {
  return [{ path: name, file: new File([bytes], name) }];
}

/** Fails, once, the first read that reaches beyond `offset`. */
function cutAt(source: ByteSource, offset: number, code: 'bytes/offline' | 'aborted'): ByteSource {
  let done = false;
  return {
    ...source,
    read: (at, length, signal) => {
      if (!done && at + length > offset) {
        done = true;
        return Promise.reject(new AppError(code, 'cut'));
      }
      return source.read(at, length, signal);
    },
  };
}

async function keep(
  test: TestRun,
  record: InstallRecord,
  files: readonly ChosenFile[] = [],
  setup: HashSetup = {},
): Promise<InstallRecord> {
  const ready = await keepGguf(test.run, record, files, setup);
  await test.store.put(ready);
  return ready;
}

/** A thread of its own for the hash, as the acquisition worker has, in this thread. */
const ON_A_THREAD: HashSetup = {
  createHashThread: () =>
    new HashThread(() => new WorkerHere((scope) => answerHashCalls(scope, wasmHashing)), wasmHashing),
};

describe('keeping a GGUF', () => {
  it('stores the file bit for bit and knows its hash', async () => {
    const test = testRun({ openUrl: () => Promise.resolve(memorySource(FILE, URL_OF_FILE)) });
    const ready = await keep(test, recordFor(test));
    expect(ready).toMatchObject({
      status: 'ready',
      storedBytes: SIZE,
      source: { sha256: HASH, bytes: SIZE },
    });
    expect(sha256(test.gguf.files.get('m-r1.gguf') ?? new Uint8Array())).toBe(HASH);
    expect(test.progress.at(-1)).toMatchObject({ doneBytes: SIZE, totalBytes: SIZE });
    expect(test.notices).toEqual([]);
  });

  it.each([
    ['bytes/offline', 'here', {}],
    ['aborted', 'here', {}],
    ['bytes/offline', 'on a thread of its own', ON_A_THREAD],
  ] as const)('goes on after %s from the last finished segment, hashed %s', async (code, _, setup) => {
    const source = memorySource(FILE, URL_OF_FILE);
    const test = testRun({ openUrl: () => Promise.resolve(cutAt(source, SEGMENT_BYTES + 100, code)) });
    const record = recordFor(test);
    await expect(keep(test, record, [], setup)).rejects.toMatchObject({ code });
    const stopped = await test.store.get(record.id);
    expect(stopped?.progress).toEqual({ doneBytes: SEGMENT_BYTES, totalBytes: SIZE });

    const reads: number[] = [];
    const watched: ByteSource = {
      ...source,
      read: (at, length) => (reads.push(at), source.read(at, length)),
    };
    const again = testRun({ openUrl: () => Promise.resolve(watched) }, test);
    const ready = await keep(again, stopped ?? record, [], setup);
    expect(ready.source.sha256).toBe(HASH);
    expect(sha256(test.gguf.files.get('m-r1.gguf') ?? new Uint8Array())).toBe(HASH);
    expect(reads.filter((at) => at > 0 && at < SEGMENT_BYTES)).toEqual([]);
  });

  it('starts over, and says so, when the file at the address changed', async () => {
    const test = testRun({
      openUrl: () =>
        Promise.resolve(cutAt(memorySource(FILE, URL_OF_FILE), SEGMENT_BYTES + 1, 'bytes/offline')),
    });
    const record = recordFor(test, 'url', null);
    await expect(keep(test, record)).rejects.toMatchObject({ code: 'bytes/offline' });
    const other = gguf(SIZE, 99);
    const again = testRun(
      {
        openUrl: () => Promise.resolve(memorySource(other, URL_OF_FILE, '"2"')),
        fetch: () => Promise.reject(new TypeError('x')),
      },
      test,
    );
    const ready = await keep(again, (await test.store.get(record.id)) ?? record);
    expect(ready.source.sha256).toBe(sha256(other));
    expect(again.notices).toEqual([
      { kind: 'source-changed', name: URL_OF_FILE },
      { kind: 'not-compared', name: URL_OF_FILE },
    ]);
  });

  it.each([
    ['of the same length', SIZE],
    ['that is shorter than what is here', SEGMENT_BYTES - 3_000_000],
  ])('joins no two files: another %s came while the line was dead', async (_, size) => {
    const first = testRun({
      openUrl: () =>
        Promise.resolve(cutAt(memorySource(FILE, URL_OF_FILE), SEGMENT_BYTES + 100, 'bytes/offline')),
    });
    const record = recordFor(first, 'url', null);
    await expect(keep(first, record)).rejects.toMatchObject({ code: 'bytes/offline' });
    const other = memorySource(gguf(size, 99), URL_OF_FILE, '"b"');
    const openings = [cutAt(other, 0, 'bytes/offline'), other];
    const again = testRun(
      {
        openUrl: () => Promise.resolve(openings.shift() ?? other),
        fetch: () => Promise.reject(new TypeError('x')),
      },
      first,
    );
    const stopped = async (): Promise<InstallRecord> => (await first.store.get(record.id)) ?? record;
    // The header of the other file can't be read: only its identity is known yet.
    await expect(keep(again, await stopped())).rejects.toMatchObject({ code: 'bytes/offline' });
    const ready = await keep(again, await stopped());
    expect(sha256(first.gguf.files.get('m-r1.gguf') ?? new Uint8Array())).toBe(sha256(gguf(size, 99)));
    expect(ready).toMatchObject({ storedBytes: size, source: { sha256: sha256(gguf(size, 99)) } });
  });

  it('throws the result away when the hub lists another hash', async () => {
    const tree = [{ path: 'm.gguf', size: SIZE, lfs: { oid: 'a'.repeat(64), size: SIZE } }];
    const test = testRun({
      openUrl: () => Promise.resolve(memorySource(FILE, URL_OF_FILE)),
      fetch: () => Promise.resolve(Response.json(tree)),
    });
    await expect(keep(test, recordFor(test, 'url', null))).rejects.toMatchObject({
      code: 'models/source-mismatch',
      details: { expected: 'a'.repeat(64), actual: HASH },
    });
    expect(test.gguf.files.get('m-r1.gguf')?.byteLength).toBe(0);
    expect(await test.store.readJournal('install:m/gguf')).toBeUndefined();
  });

  it('takes the same file again under another name, and refuses another one', async () => {
    const test = testRun();
    const record = recordFor(test, 'files');
    test.gguf.room = SEGMENT_BYTES + 100;
    await expect(keep(test, record, chosen(FILE))).rejects.toMatchObject({ code: 'storage/full' });
    test.gguf.room = Number.MAX_SAFE_INTEGER;
    const stopped = (await test.store.get(record.id)) ?? record;
    await expect(keep(test, stopped, [])).rejects.toMatchObject({ code: 'models/file-needed' });
    const other = FILE.slice();
    other[SIZE - 1] = (other[SIZE - 1] ?? 0) ^ 1;
    await expect(keep(test, stopped, chosen(other))).rejects.toMatchObject({ code: 'models/other-file' });
    const ready = await keep(test, stopped, chosen(FILE, 'copy of m.gguf'));
    expect(ready.source.sha256).toBe(HASH);
  });

  it('refuses what is no GGUF before it writes anything', async () => {
    const page = new TextEncoder().encode('<!doctype html>'.padEnd(4000, ' '));
    const test = testRun({ openUrl: () => Promise.resolve(memorySource(page)) });
    await expect(keep(test, recordFor(test))).rejects.toMatchObject({ code: 'transcode/not-a-model' });
    expect(test.gguf.files.size).toBe(0);
  });

  it('says what it needs when there is not enough room', async () => {
    const test = testRun({
      openUrl: () => Promise.resolve(memorySource(FILE)),
      storage: { estimate: () => Promise.resolve({ usage: 5e9, quota: 5e9 + 70e6 }) },
    });
    await expect(keep(test, recordFor(test))).rejects.toMatchObject({
      code: 'models/not-enough-space',
      details: { neededBytes: SIZE, freeBytes: 6_000_000 },
    });
  });
});

describe('verifying a kept GGUF', () => {
  it('finds the bad segment and reads only that again', async () => {
    const source = memorySource(FILE, URL_OF_FILE);
    const reads: [number, number][] = [];
    const watched: ByteSource = {
      ...source,
      read: (at, length) => {
        reads.push([at, length]);
        return source.read(at, length);
      },
    };
    const test = testRun({ openUrl: () => Promise.resolve(watched) });
    const ready = await keep(test, recordFor(test));
    const stored = test.gguf.files.get('m-r1.gguf');
    if (stored) stored[SEGMENT_BYTES + 7] = (stored[SEGMENT_BYTES + 7] ?? 0) ^ 128;
    reads.length = 0;
    await verifyInstall(test.run, ready, [], { createPool: null });
    expect(reads).toEqual([[SEGMENT_BYTES, SEGMENT_BYTES]]);
    expect(sha256(test.gguf.files.get('m-r1.gguf') ?? new Uint8Array())).toBe(HASH);
    expect(test.notices).toEqual([{ kind: 'repaired', parts: 1 }]);
  });
});
