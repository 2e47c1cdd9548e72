import { afterEach, expect, it, vi } from 'vitest';
import { AppError } from '../../../errors/app-error.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { Scratch } from '../../storage/scratch.ts';
import { stubFolder } from '../../testing/fake-folder.ts';
import { FakeCaches, md5, sha256 } from '../../testing/test-support.ts';
import { storeShard } from './store-shard.ts';

const BASE = 'https://site.example/models/tiny/resolve/r1/';
const SHARDS = [300, 200, 250, 1].map((length, n) => new Uint8Array(length).fill(n + 1));

afterEach(() => {
  vi.unstubAllGlobals();
});

async function storeAtOnce(caches: FakeCaches): Promise<void> {
  const scratch = new Scratch();
  const store = new PackageStore(BASE, caches.api);
  const digests = await Promise.all(
    SHARDS.map((bytes, n) => storeShard(store, scratch, `${String(n)}.bin`, bytes)),
  );
  expect(digests).toEqual(SHARDS.map((bytes) => ({ md5: md5(bytes), sha256: sha256(bytes) })));
}

function stored(caches: FakeCaches): (Uint8Array | undefined)[] {
  return SHARDS.map((_, n) => caches.bytes(`${BASE}${String(n)}.bin`));
}

/** Puts that failed, by address. */
function countRefusals(caches: FakeCaches): string[] {
  const refused: string[] = [];
  const open = caches.api.open.bind(caches.api);
  caches.api.open = async (name) => {
    const cache = await open(name);
    const put = cache.put.bind(cache);
    cache.put = async (request, response) =>
      put(request, response).catch((thrown: unknown) => {
        refused.push(request instanceof Request ? request.url : request.toString());
        throw thrown;
      });
    return cache;
  };
  return refused;
}

it('stores shards at once, each out of a file that nobody changes meanwhile', async () => {
  stubFolder();
  const caches = new FakeCaches();
  const refused = countRefusals(caches);
  await storeAtOnce(caches);
  expect(refused).toEqual([]);
  expect(stored(caches)).toEqual(SHARDS);
});

it.each([
  ['there is no private file system', undefined],
  ['it has no room', 100],
])('stores out of memory where %s', async (_, room) => {
  if (room !== undefined) stubFolder(room);
  const caches = new FakeCaches();
  await storeAtOnce(caches);
  expect(stored(caches)).toEqual(SHARDS);
});

it('tries memory, without the files, before it says that the disk is full', async () => {
  const files = stubFolder();
  const caches = new FakeCaches();
  caches.failPut = () => (files.size > 0 ? new AppError('storage/full', 'full') : null);
  const store = new PackageStore(BASE, caches.api);
  const bytes = new Uint8Array(10).fill(7);
  await storeShard(store, new Scratch(), 'a.bin', bytes);
  expect(caches.bytes(`${BASE}a.bin`)).toEqual(bytes);
  caches.failPut = () => new AppError('storage/full', 'full');
  await expect(storeShard(store, new Scratch(), 'b.bin', bytes)).rejects.toMatchObject({
    code: 'storage/full',
  });
});
