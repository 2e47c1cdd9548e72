/** Verify mends what is bad; a mending that was cut leaves a model that still says so. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { Acquisition } from '../storage/records.ts';
import { memorySource, sha256, testRun, type TestRun } from '../testing/test-support.ts';
import { Acquirer } from './acquirer.ts';

const DEMO = new Uint8Array(
  readFileSync(new URL('../../../public/models/demo/demo-q4_0.gguf', import.meta.url)),
);
const URL_OF_DEMO = 'https://hub.example/demo/resolve/main/demo-q4_0.gguf';
const ID = 'install:demo/q4f32_1';
const ACQUISITION: Acquisition = {
  modelId: 'demo',
  displayName: 'Demo model',
  form: 'q4f32_1',
  sourceId: 'q4_0',
  sourceLabel: 'Q4_0',
  quality: 'fast',
  licenceId: null,
  library: null,
  origin: { from: 'url', format: 'gguf', url: URL_OF_DEMO, path: '', treeUrl: null, sha256: null },
};

function setup(open: () => ByteSource): { readonly acquirer: Acquirer; readonly test: TestRun } {
  const test = testRun({ openUrl: () => Promise.resolve(open()) });
  const acquirer = new Acquirer({
    context: test.run,
    withLock: (work) => work(),
    broadcast: () => undefined,
    createPool: null,
  });
  return { acquirer, test };
}

it.each([
  ['no network', '"1"'],
  ['a source that changed, and then no network', '"2"'],
])('does not take a model for whole whose mending was cut: %s', async (_, etag) => {
  let open = (): ByteSource => memorySource(DEMO, URL_OF_DEMO);
  const { acquirer, test } = setup(() => open());
  const row = () => test.store.get(ID);
  await acquirer.handle({ type: 'start', acquisition: ACQUISITION, files: [] });
  const url = `${(await row())?.baseUrl ?? ''}params_shard_0.bin`;
  const before = sha256(test.caches.bytes(url) ?? new Uint8Array());
  const bytes = test.caches.bytes(url);
  if (bytes) bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  const now = memorySource(DEMO, URL_OF_DEMO, etag);
  open = () => ({
    ...now,
    // The header is read, the weights are not.
    read: (offset, length, signal) =>
      offset + length === DEMO.length
        ? Promise.reject(new AppError('bytes/offline', 'cut'))
        : now.read(offset, length, signal),
  });
  for (let time = 0; time < 2; time++) {
    const verified = acquirer.handle({ type: 'verify', installId: ID, files: [] });
    await expect(verified).rejects.toMatchObject({ code: 'bytes/offline' });
    expect(await row()).toMatchObject({ status: 'damaged', stopped: { by: 'error' } });
  }
  open = () => now;
  await acquirer.handle({ type: 'verify', installId: ID, files: [] });
  expect(sha256(test.caches.bytes(url) ?? new Uint8Array())).toBe(before);
  expect(await row()).toMatchObject({ status: 'ready', stopped: null });
});

it('knows again what a model takes that the browser had cleared, and Verify brought back', async () => {
  const id = 'install:demo/gguf';
  const { acquirer, test } = setup(() => memorySource(DEMO, URL_OF_DEMO));
  await acquirer.handle({ type: 'start', acquisition: { ...ACQUISITION, form: 'gguf' }, files: [] });
  test.gguf.files.clear();
  await acquirer.handle({ type: 'tidy' });
  expect(await test.store.get(id)).toMatchObject({ status: 'damaged', storedBytes: 0 });
  await acquirer.handle({ type: 'verify', installId: id, files: [] });
  expect(await test.store.get(id)).toMatchObject({ status: 'ready', storedBytes: DEMO.length });
});
