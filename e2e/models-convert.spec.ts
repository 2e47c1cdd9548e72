/** Converting a model in the page, through bad networks, reloads and other tabs. */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect, test } from '@playwright/test';
import { bigModel, DEMO_Q4_0 } from './support/model-fixtures.ts';
import {
  badNetwork,
  button,
  cachedPackage,
  card,
  expectPackage,
  journalledShards,
  openModels,
  startHub,
} from './support/model-hub.ts';
import { bothCompilers } from './support/optimised.ts';

test.use(bothCompilers);

test('converts from the hub through cuts and errors, verifies, repairs one shard, and frees everything', async ({
  page,
}) => {
  const hub = await startHub({ fault: badNetwork() });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Convert').click();
  await expect(model).toContainText('On this machine', { timeout: 40_000 });
  await expectPackage(page, 'small', DEMO_Q4_0);

  await button(model, 'Verify').click();
  await expect(model).toContainText('parts are as they came in');

  await page.evaluate(async () => {
    const cache = await caches.open('webllm/model');
    const shard = (await cache.keys()).find(({ url }) => url.endsWith('params_shard_0.bin'));
    if (!shard) throw new Error('no shard');
    const bytes = new Uint8Array((await (await cache.match(shard))?.arrayBuffer()) ?? []);
    bytes[77] = (bytes[77] ?? 0) ^ 1;
    await cache.put(shard, new Response(bytes, { headers: { 'content-length': String(bytes.length) } }));
  });
  await button(model, 'Verify').click();
  await expect(model).toContainText('1 bad part was replaced', { timeout: 30_000 });
  await expectPackage(page, 'small', DEMO_Q4_0);

  // A library that the browser cleared, and the same one again.
  for (let time = 0; time < 2; time++) {
    await expect(model).toContainText('The model library is missing');
    await model.getByLabel('Model library for Small model').setInputFiles({
      name: 'empty.wasm',
      mimeType: 'application/wasm',
      buffer: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    });
    await expect(button(model, 'Replace library')).toBeVisible();
    expect(await page.evaluate(() => caches.delete('webllm/wasm'))).toBe(true);
    await page.reload();
  }

  await button(model, 'Delete').click();
  await expect(model).toContainText('freed', { timeout: 30_000 });
  expect(await cachedPackage(page, 'small')).toEqual({});
  await expect(button(model, 'Convert')).toBeVisible();
  await hub.close();
});

test('goes on after a reload from the shards it has', async ({ page }) => {
  const path = bigModel();
  const size = statSync(path).size;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    open = done;
  });
  const hub = await startHub({
    folder: dirname(path),
    fault: async (request, _, asked) => {
      // Nothing beyond 60 % is answered before the page was reloaded.
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (asked.endsWith(basename(path)) && start > size * 0.6) await gate;
      return false;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Big model');
  await button(model, 'Convert').click();
  const bar = model.getByRole('progressbar', { name: 'Converting Big model' });
  await expect
    .poll(async () => Number(await bar.getAttribute('aria-valuenow')), { timeout: 90_000 })
    .toBeGreaterThan(40);
  await expect(bar).toHaveAttribute('aria-valuetext', /MB of 1\d\d MB/);
  await expect
    .poll(async () => Object.keys(await cachedPackage(page, 'big')).length, { timeout: 60_000 })
    .toBeGreaterThan(0);

  await expect.poll(() => journalledShards(page), { timeout: 60_000 }).toBeGreaterThan(0);
  await page.reload();
  await expect(model).toContainText(/Paused at [1-9]\d? %/);
  const before = hub.served(basename(path));
  open();
  await button(model, 'Resume').click();
  await expect(model).toContainText('On this machine', { timeout: 120_000 });
  await expectPackage(page, 'big', path);
  // The header again and the rest: well under the whole.
  expect(hub.served(basename(path)) - before).toBeLessThan(size * 0.85);
  await hub.close();
});

test('pauses, resumes and cancels; another tab sees it', async ({ page, context }) => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((done) => {
    open = done;
  });
  const hub = await startHub({
    fault: async (request, _, path) => {
      // The header's 2 MiB pass, the weights do not.
      const [, start = '0', end = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (path.endsWith('.gguf') && Number(end) - Number(start) >= 2 * 1024 * 1024) await gate;
      return false;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Convert').click();
  await expect(model.getByRole('progressbar', { name: 'Converting Small model' })).toBeVisible();

  const second = await context.newPage();
  await openModels(second, hub);
  const theirs = card(second, 'Small model');
  await expect(theirs).toContainText('Another tab of this app is doing this');
  await expect(theirs.getByRole('progressbar', { name: 'Converting Small model' })).toBeVisible();
  await expect(button(card(second, 'Big model'), 'Convert')).toBeDisabled();

  await button(model, 'Pause').click();
  await expect(model).toContainText('You paused it.');
  await expect(theirs).toContainText('Paused at');
  await button(model, 'Resume').click();
  await expect(button(model, 'Cancel')).toBeEnabled();

  // The tab at work goes away without a word; the other one may go on.
  await page.close();
  await expect(theirs).toContainText('Paused at', { timeout: 20_000 });
  open();
  await button(theirs, 'Resume').click();
  await expect(theirs).toContainText('On this machine', { timeout: 40_000 });
  await button(theirs, 'Delete').click();
  await expect(theirs).toContainText('freed', { timeout: 30_000 });
  await hub.close();
});

test('goes on by itself when the network is back, and says whether the browser may clear it', async ({
  page,
  context,
}) => {
  let cut = true;
  const hub = await startHub({
    fault: (request, response, path) => {
      // The header's 2 MiB pass, of the weights nothing does.
      const [, start = '0', end = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (!cut || !path.endsWith('.gguf') || Number(end) - Number(start) < 2 * 1024 * 1024) return false;
      response.destroy();
      return true;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Convert').click();
  await expect(model.getByRole('alert')).toContainText('The network is not reachable', { timeout: 120_000 });
  cut = false;
  await context.setOffline(true);
  await context.setOffline(false);
  await expect(model).toContainText('On this machine', { timeout: 40_000 });
  await expectPackage(page, 'small', DEMO_Q4_0);
  await expect(page.getByText(/ offered, (not )?persistent/)).toBeAttached();
  await hub.close();
});

test('throws away what is not the published file', async ({ page }) => {
  const hub = await startHub({ listed: 'c'.repeat(64) });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Convert').click();
  await expect(model.getByRole('alert')).toContainText('The file is not the published one', {
    timeout: 30_000,
  });
  expect(await cachedPackage(page, 'small')).toEqual({});
  await button(model, 'Cancel').click();
  await expect(model.getByRole('alert')).toBeHidden();
  await hub.close();
});

test('what the page converted is loaded by web-llm itself, up to the library @gpu', async ({ page }) => {
  test.skip(process.env.SOFTWARE_GPU_SKIP !== undefined, process.env.SOFTWARE_GPU_SKIP);
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Convert').click();
  await expect(model).toContainText('On this machine', { timeout: 60_000 });
  await expect(model).toContainText('The model library is missing');
  await button(model, 'Load').click();
  await expect(model.getByRole('alert')).toContainText('The model library is not on this machine', {
    timeout: 60_000,
  });
  // With a WebAssembly module that is no library the package passes every check, and web-llm's runtime is what refuses.
  await model.getByLabel('Model library for Small model').setInputFiles({
    name: 'empty.wasm',
    mimeType: 'application/wasm',
    buffer: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
  });
  await expect(button(model, 'Replace library')).toBeVisible();
  await model.getByLabel('Model library for Small model').setInputFiles({
    name: 'other.wasm',
    mimeType: 'application/wasm',
    buffer: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 1, 0]),
  });
  await expect(model.getByRole('status')).toContainText('The model library is another one than before');
  await button(model, 'Load').click();
  await expect(model.getByRole('alert')).toContainText('The model library does not fit', { timeout: 60_000 });
  await hub.close();
});
