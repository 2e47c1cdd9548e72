/** The authors' own files: a hub's folder of PyTorch parts, or the same folder chosen from a disk. */
import { expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { writeTorch } from '../../formats/torch/testing/torch-writer.ts';
import { writeSafetensors } from '../../transcode/testing/safetensors-writer.ts';
import { sideFiles } from '../../transcode/testing/tiny-folder.ts';
import { tinyTensors } from '../../transcode/testing/tiny-tensors.ts';
import type { Acquisition } from '../storage/records.ts';
import { memorySource, sha256, testRun } from '../testing/test-support.ts';
import { Acquirer } from './acquirer.ts';

const SHAPE = { hidden: 64, ffn: 64, layers: 1, heads: 2, kvHeads: 2, headDim: 32, vocab: 67 };
const FOLDER = 'https://hub.example/someone/model/resolve/main/';
const TREE = 'https://hub.example/api/tree';
const NAMES = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'] as const;

async function folder(): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const tensors = tinyTensors(SHAPE);
  const parts = [tensors.slice(0, 5), tensors.slice(5)];
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of sideFiles(SHAPE, null)) files.set(file.name, await file.read(0, file.size));
  const weight_map = Object.fromEntries(parts.flatMap((part, n) => part.map(({ name }) => [name, NAMES[n]])));
  files.set('pytorch_model.bin.index.json', new TextEncoder().encode(JSON.stringify({ weight_map })));
  for (const [n, part] of parts.entries()) files.set(NAMES[n] ?? '', writeTorch(part));
  return files;
}

function acquisition(origin: Acquisition['origin']): Acquisition {
  return {
    modelId: 'demo',
    displayName: 'Demo model',
    form: 'q4f32_1',
    sourceId: origin.from === 'url' ? 'fp16' : '',
    sourceLabel: 'fp16',
    quality: 'fast',
    licenceId: null,
    library: null,
    origin,
  };
}

async function acquire(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  from: 'url' | 'files',
  listed: string | null = null,
) {
  const asked: string[] = [];
  const test = testRun({
    openUrl: (url) => {
      const name = url.slice(FOLDER.length);
      asked.push(name);
      const bytes = files.get(name);
      return bytes === undefined
        ? Promise.reject(new AppError('bytes/not-found', '404'))
        : Promise.resolve(memorySource(bytes, url));
    },
    fetch: () =>
      Promise.resolve(
        Response.json(
          [...files].map(([path, bytes]) => ({
            path,
            size: bytes.length,
            lfs: { oid: listed ?? sha256(bytes) },
          })),
        ),
      ),
  });
  const acquirer = new Acquirer({
    context: test.run,
    withLock: (work) => work(),
    broadcast: () => undefined,
    createPool: null,
  });
  const origin: Acquisition['origin'] =
    from === 'url'
      ? { from, format: 'torch', url: FOLDER, path: '', treeUrl: TREE, sha256: null }
      : { from, format: 'torch', files: [] };
  const chosen = [...files].map(([name, bytes]) => ({
    path: `model/${name}`,
    file: new File([bytes], name),
  }));
  await acquirer.handle({
    type: 'start',
    acquisition: acquisition(origin),
    files: from === 'files' ? chosen : [],
  });
  const weights = test.caches.urls().filter((url) => url.endsWith('.bin'));
  const row = await test.store.get('install:demo/q4f32_1');
  return { asked, row, hashes: weights.map((url) => sha256(test.caches.bytes(url) ?? new Uint8Array())) };
}

it('is converted from a hub and from a disk to the same bytes', async () => {
  const files = await folder();
  const fromHub = await acquire(files, 'url');
  expect(fromHub.row).toMatchObject({ status: 'ready' });
  expect(fromHub.asked).toEqual(expect.arrayContaining(['model.safetensors', ...NAMES]));
  const fromDisk = await acquire(files, 'files');
  expect(fromDisk.row).toMatchObject({ status: 'ready' });
  expect(fromDisk.asked).toEqual([]);
  expect(fromDisk.hashes).toEqual(fromHub.hashes);
  expect(fromHub.hashes.length).toBeGreaterThan(0);
});

it('is thrown away where a part is not the published one', async () => {
  await expect(acquire(await folder(), 'url', 'a'.repeat(64))).rejects.toMatchObject({
    code: 'models/source-mismatch',
    details: { name: expect.stringMatching(/pytorch_model-0000\d/) as string },
  });
});

it('says so where the folder holds no weights by the names that are asked for', async () => {
  const files = await folder();
  for (const name of [...NAMES, 'pytorch_model.bin.index.json']) files.delete(name);
  await expect(acquire(files, 'url')).rejects.toMatchObject({ code: 'models/no-weights' });
});

it('takes safetensors where a hub has both', async () => {
  const files = await folder();
  files.set('model.safetensors', writeSafetensors(tinyTensors(SHAPE)));
  const { asked, row } = await acquire(files, 'url');
  expect(row).toMatchObject({ status: 'ready' });
  expect(asked).toContain('model.safetensors');
  expect(asked.filter((name) => name.startsWith('pytorch_model'))).toEqual([]);
});
