/** The other ways in: a file, a folder, a GGUF as it is, a hosted package; and who may use what is there. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { ByteSource } from '../src/lib/byte-source.ts';
import { convertInMemory } from '../src/transcode/testing/convert-in-memory.ts';
import { tinyFolder } from '../src/transcode/testing/tiny-folder.ts';
import { bigModel, convertedPackage, DEMO_Q4_0, sha256 } from './support/model-fixtures.ts';
import {
  badNetwork,
  button,
  cachedPackage,
  card,
  entry,
  openModels,
  startHub,
  writeFolder,
} from './support/model-hub.ts';
import { bothCompilers } from './support/optimised.ts';

test.use(bothCompilers);

test('imports a file without a single request, and asks for the same file after a reload', async ({
  page,
}) => {
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await expect(button(model, 'Import file')).toBeEnabled();
  const before = hub.requests.filter(({ path }) => path.startsWith('/hub/')).length;
  const chooser = page.waitForEvent('filechooser');
  await button(model, 'Import file').click();
  await (await chooser).setFiles(DEMO_Q4_0);
  // Without a GPU a GGUF is kept as it is for llama.cpp, with one it is converted.
  await expect(model).toContainText('On this machine', { timeout: 40_000 });
  expect(hub.requests.filter(({ path }) => path.startsWith('/hub/'))).toHaveLength(before);
  await button(model, 'Delete').click();
  await expect(model).toContainText('freed', { timeout: 30_000 });

  await model.locator('summary').click();
  await model.getByRole('radio', { name: 'converted for the GPU engine' }).check();
  const again = page.waitForEvent('filechooser');
  await button(model, 'Import file').click();
  // What is behind its weights is read only for the hash: seconds in which the page can go. Holes take no space on disk.
  const large = test.info().outputPath('large.gguf');
  copyFileSync(bigModel(), large);
  truncateSync(large, 900 * 1024 * 1024);
  await (await again).setFiles(large);
  await expect
    .poll(async () => Object.keys(await cachedPackage(page, 'small')).length, { timeout: 60_000 })
    .toBeGreaterThan(0);
  await page.reload();
  await expect(model).toContainText('Paused at');
  await expect(model).toContainText('The page was closed or reloaded');
  rmSync(large);
  const other = page.waitForEvent('filechooser');
  await button(model, 'Resume').click();
  await (await other).setFiles(DEMO_Q4_0);
  await expect(model.getByRole('alert')).toContainText('This is another file');
  await button(model, 'Cancel').click();
  await expect(button(model, 'Convert')).toBeEnabled();
  expect(await cachedPackage(page, 'small')).toEqual({});
  await hub.close();
});

test('imports folders without a request: sharded floats, AWQ, and a package that is converted already', async ({
  page,
}) => {
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await expect(button(model, 'Import folder')).toBeEnabled();
  const before = hub.requests.filter(({ path }) => path.startsWith('/hub/')).length;
  const digests = (files: ReadonlyMap<string, Uint8Array>) =>
    Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)]));
  const packaged = (await convertedPackage(DEMO_Q4_0, 'q4f32_1')).entries();

  const two = test.info().outputPath('two');
  mkdirSync(two);
  for (const name of ['a.Q4_0.gguf', 'b.Q4_0.gguf']) copyFileSync(DEMO_Q4_0, join(two, name));
  const asked = page.waitForEvent('filechooser');
  await button(model, 'Import folder').click();
  await (await asked).setFiles(two);
  await expect(model.getByRole('alert')).toContainText('There is more than one model here');
  const sources: Record<string, readonly ByteSource[]> = {
    floats: tinyFolder({ dtype: 'BF16', parts: 3 }).files,
    awq: tinyFolder({ awq: 128 }).files,
  };
  for (const [name, files] of Object.entries(sources)) {
    const chooser = page.waitForEvent('filechooser');
    await button(model, 'Import folder').click();
    await (await chooser).setFiles(await writeFolder(name, files));
    await expect(model).toContainText('On this machine', { timeout: 40_000 });
    await expect(model).toContainText(
      'These weights are another model’s: 2 layers of 256 instead of 4 layers of 256.',
    );
    const { files: expected } = await convertInMemory(files, { quantization: 'q4f32_1' });
    const { 'provenance.json': provenance, ...rest } = await cachedPackage(page, 'small');
    expect(provenance).toBeTruthy();
    expected.delete('provenance.json'); // names its source, which differs
    expect(rest).toEqual(digests(expected));
    await button(model, 'Delete').click();
    await expect(model).toContainText('freed', { timeout: 30_000 });
  }

  const folder = test.info().outputPath('package');
  mkdirSync(folder, { recursive: true });
  const files = new Map(packaged);
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const chooser = page.waitForEvent('filechooser');
  await button(model, 'Import folder').click();
  await (await chooser).setFiles(folder);
  await expect(model).toContainText('On this machine', { timeout: 40_000 });
  await expect(model).not.toContainText('another model');
  // The index under its older name is for other programs: web-llm never asks for it here.
  files.delete('ndarray-cache.json');
  expect(await cachedPackage(page, 'small')).toEqual(digests(files));
  expect(hub.requests.filter(({ path }) => path.startsWith('/hub/'))).toHaveLength(before);
  await hub.close();
});

test('keeps a GGUF for llama.cpp, and the model runs from it', async ({ page }) => {
  const hub = await startHub({ fault: badNetwork() });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await button(model, 'Download').click();
  await expect(model).toContainText('GGUF, for llama.cpp', { timeout: 40_000 });
  await expect(model).toContainText(sha256(readFileSync(DEMO_Q4_0)).slice(0, 12));
  const unload = button(card(page, 'Demo model'), 'Unload');
  await button(model, 'Load').or(unload).first().waitFor();
  await button(model, 'Load').click();
  await expect(model).toContainText('Loaded.', { timeout: 120_000 });
  await expect(button(model, 'Delete')).toBeDisabled();
  await button(model, 'Unload').click();
  await expect(button(model, 'Load')).toBeEnabled();
  await hub.close();
});

test('downloads a hosted package and refuses a damaged shard of it', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'hosted-'));
  const files = await convertedPackage(DEMO_Q4_0, 'q4f32_1');
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const hosted = entry('hosted', 'Hosted model', '', {
    sources: [
      {
        id: 's',
        label: 'Ready-made',
        format: 'mlc',
        at: { url: 'hub/test/models/resolve/main/' },
        bytes: 0,
        quantization: 'q4f32_1',
      },
    ],
  });
  let spoil = true;
  const hub = await startHub({
    folder,
    config: { schema: 1, models: [hosted] },
    fault: (_, response, path) => {
      if (!spoil || !path.endsWith('params_shard_0.bin')) return false;
      const bytes = Uint8Array.from(files.get('params_shard_0.bin') ?? []);
      bytes[5] = (bytes[5] ?? 0) ^ 1;
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return true;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Hosted model');
  await expect(model).toContainText('This device could not run that package.');
  await button(model, 'Download').click();
  await expect(model.getByRole('alert')).toContainText('Part of the model is damaged', { timeout: 30_000 });
  expect(Object.keys(await cachedPackage(page, 'hosted')).filter((name) => name.endsWith('.bin'))).toEqual(
    [],
  );
  spoil = false;
  await button(model, 'Resume').click();
  await expect(model).toContainText('On this machine', { timeout: 30_000 });
  const cached = await cachedPackage(page, 'hosted');
  for (const name of ['params_shard_0.bin', 'tensor-cache.json', 'tokenizer.json']) {
    expect(cached[name]).toBe(sha256(files.get(name) ?? new Uint8Array()));
  }
  await hub.close();
});

test('a second tab takes a large model over from the first', async ({ page, context }) => {
  // The Demo model with so much behind it that it counts as large; holes take no space on disk.
  const large = test.info().outputPath('large.gguf');
  copyFileSync(DEMO_Q4_0, large);
  truncateSync(large, 530 * 1024 * 1024);
  const hub = await startHub();
  await openModels(page, hub);
  const mine = card(page, 'Small model');
  await mine.locator('summary').click();
  await mine.getByRole('radio', { name: 'as it is' }).check();
  const chooser = page.waitForEvent('filechooser');
  await button(mine, 'Import file').click();
  await (await chooser).setFiles(large);
  await expect(mine).toContainText('On this machine', { timeout: 120_000 });
  rmSync(large);
  await button(mine, 'Load').click();
  await expect(mine).toContainText('Loaded.', { timeout: 120_000 });

  const second = await context.newPage();
  await openModels(second, hub);
  const theirs = card(second, 'Small model');
  await button(theirs, 'Load').click();
  await expect(theirs.getByRole('alert')).toContainText('Another tab is using the model');
  await button(theirs, 'Use it here').click();
  await expect(theirs).toContainText('Loaded.', { timeout: 120_000 });
  await expect(mine).not.toContainText('Loaded.');
  await expect(page.getByRole('status', { name: 'Model status' })).toContainText(
    'Another tab is using the model',
  );
  await hub.close();
});
