import { expect, it } from 'vitest';
import { WorkerHere } from '../../../lib/worker/worker-here.ts';
import { answerCalls } from '../../../lib/worker/worker-rpc.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import { convert } from '../../../transcode/run/convert.ts';
import { openModel } from '../../../transcode/source/open-model.ts';
import { planPackage } from '../../../transcode/plan/plan-package.ts';
import { tinyFolder } from '../../../transcode/testing/tiny-folder.ts';
import { AppError } from '../../../errors/app-error.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { FakeCaches, sha256 } from '../../testing/test-support.ts';
import type { StoreCalls } from './store-protocol.ts';
import { Storers } from './storers.ts';

const BASE = 'https://site.example/models/tiny/resolve/r1/';

/** As `store.worker.ts`, in this thread; buffers are handed over all the same. */
function storersOn(caches: FakeCaches, count: number): Storers {
  return new Storers(
    () =>
      new WorkerHere((scope) =>
        answerCalls<StoreCalls>(scope, {
          store: async ({ baseUrl, name, buffer, length }, { transfer }) => {
            const bytes = new Uint8Array(buffer, 0, length);
            await new PackageStore(baseUrl, caches.api).put(name, bytes);
            const digest = await wasmHashing.digest(bytes);
            transfer.push(buffer);
            return { digest, buffer };
          },
        }),
      ),
    count,
  );
}

async function converted(caches: FakeCaches, storers: Storers | null) {
  const store = new PackageStore(BASE, caches.api);
  const plan = planPackage(await openModel(tinyFolder({ dtype: 'F16' }).files), { quantization: 'q4f16_1' });
  return convert(plan, {
    sink: {
      size: (name) => store.byteLength(name),
      write: (name, bytes) => store.put(name, bytes),
      ...(storers && { writeHashed: (name, bytes) => storers.store(BASE, name, bytes) }),
    },
    journal: {
      load: () => Promise.resolve(null),
      save: () => Promise.resolve(),
      clear: () => Promise.resolve(),
    },
  });
}

it.each([1, 2])('a package stored by %i threads is the same, to the byte', async (count) => {
  const here = new FakeCaches();
  await converted(here, null);
  const there = new FakeCaches();
  const storers = storersOn(there, count);
  const { files } = await converted(there, storers);
  await storers.close();
  expect(there.urls().sort()).toEqual(here.urls().sort());
  const digests = (caches: FakeCaches) =>
    files.map(({ name }) => sha256(caches.bytes(BASE + name) ?? new Uint8Array()));
  expect(digests(there)).toEqual(digests(here));
  expect(digests(there)).toEqual(files.map((file) => file.sha256));
});

it('a disk that is full there ends the conversion by its name', async () => {
  const caches = new FakeCaches();
  caches.failPut = () => new AppError('storage/full', 'full');
  const storers = storersOn(caches, 2);
  await expect(converted(caches, storers)).rejects.toMatchObject({ code: 'storage/full' });
  await storers.close();
  expect(caches.urls()).toEqual([]);
});
