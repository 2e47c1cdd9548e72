/**
 * Getting a model in a real Chromium, from a stand-in hub under the app's own origin that cuts, stalls and fails on plan.
 * A `config.json` beside the page puts the test's models into the catalogue, as a deployer would.
 */
/* eslint max-lines: off -- one journey after another over the same fixtures */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import type { ByteSource } from '../src/lib/byte-source.ts';
import { convertInMemory } from '../src/transcode/testing/convert-in-memory.ts';
import { tinyFolder } from '../src/transcode/testing/tiny-folder.ts';
import { acceptNotice } from './support/app.ts';
import { bigModel, convertedPackage, DEMO_Q4_0, expectedPackage, sha256 } from './support/model-fixtures.ts';
import { startStaticServer, type Fault, type StaticServer } from './support/static-server.ts';

// Conversions, hashing and a browser share two cores with other tests.
test.describe.configure({ timeout: 180_000 });

const DIST = resolve(process.env.E2E_DIST ?? 'dist');
const DEMO_BYTES = statSync(DEMO_Q4_0).size;

interface Hub extends StaticServer {
  /** Bytes served of paths that end so. */
  served(end: string): number;
}

interface HubOptions {
  readonly config?: unknown;
  /** What the hub lists as SHA-256 of the Demo file; its own unless given. */
  readonly listed?: string;
  readonly fault?: Fault;
  readonly folder?: string;
}

function entry(id: string, name: string, file: string, extra: object = {}): object {
  const base = JSON.parse(readFileSync(resolve('model-config/catalogue.json'), 'utf8')) as {
    models: object[];
  };
  const { licence, ...demo } = base.models[0] as { licence: object };
  return {
    ...demo,
    id,
    name,
    kind: 'fetched',
    summary: 'A model of this test.',
    licence: { ...licence, mustAccept: false },
    recommended: { engine: 'mlc', source: 's' },
    llamacpp: { contextLength: 512, cpuContextLength: 512, gpuBytes: 1, cpuBytes: 1, bundled: null },
    sources: [
      {
        id: 's',
        label: 'Q4_0',
        format: 'gguf',
        at: { hub: 'test', repo: 'test/models', file },
        bytes: 0,
        conversion: 'repacked',
      },
    ],
    ...extra,
  };
}

async function startHub({ config, listed, fault, folder }: HubOptions = {}): Promise<Hub> {
  const settings = config ?? {
    schema: 1,
    hubs: {
      test: {
        name: 'Test hub',
        fileUrl: 'hub/{repo}/resolve/{revision}/{file}',
        treeUrl: 'hub/api/{repo}/tree/{revision}',
        pageUrl: null,
      },
    },
    models: [entry('small', 'Small model', 'demo-q4_0.gguf'), entry('big', 'Big model', 'big-q4_0.gguf')],
  };
  const served: { path: string; bytes: number }[] = [];
  const server = await startStaticServer({
    root: DIST,
    mounts: { '/hub/test/models/resolve/main/': folder ?? dirname(DEMO_Q4_0) },
    fault: async (request, response, path) => {
      if (path === '/config.json') return json(response, settings);
      if (path === '/hub/api/test/models/tree/main') {
        const oid = listed ?? sha256(readFileSync(DEMO_Q4_0));
        return json(response, [
          { type: 'file', path: 'demo-q4_0.gguf', size: DEMO_BYTES, lfs: { oid, size: DEMO_BYTES } },
        ]);
      }
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      if (range) served.push({ path, bytes: Number(range[2]) - Number(range[1]) + 1 });
      return (await fault?.(request, response, path)) ?? false;
    },
  });
  return Object.assign(server, {
    served: (end: string) =>
      served.filter(({ path }) => path.endsWith(end)).reduce((sum, { bytes }) => sum + bytes, 0),
  });
}

function json(response: ServerResponse, body: unknown): true {
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
  return true;
}

async function openModels(page: Page, hub: StaticServer): Promise<void> {
  await page.goto(`${hub.url}#/models`);
  await acceptNotice(page);
}

function card(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

function button(card: Locator, name: string): Locator {
  return card.getByRole('button', { name, exact: true });
}

/** SHA-256 of every file of the model's packages in the caches that web-llm reads, by file name. */
function cachedPackage(page: Page, modelId: string): Promise<Record<string, string>> {
  return page.evaluate(async (id) => {
    const found: Record<string, string> = {};
    for (const name of ['webllm/model', 'webllm/config']) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (!request.url.includes(`/models/${id}-`)) continue;
        const response = await cache.match(request);
        const bytes = (await response?.arrayBuffer()) ?? new ArrayBuffer(0);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        const file = request.url.split('/').pop() ?? '';
        if (response?.headers.get('content-length') !== String(bytes.byteLength))
          found[`${file} without its length`] = '';
        found[file] = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    }
    return found;
  }, modelId);
}

/** How many finished shards the journals in the app's database know of. */
function journalledShards(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((done, fail) => {
        const opening = indexedDB.open('meditron');
        opening.onerror = () => {
          fail(new Error('the database does not open'));
        };
        opening.onsuccess = () => {
          const rows = opening.result.transaction('journals').objectStore('journals').getAll();
          rows.onsuccess = () => {
            opening.result.close();
            const journals = rows.result as { value: { shards?: object } }[];
            done(journals.reduce((sum, { value }) => sum + Object.keys(value.shards ?? {}).length, 0));
          };
        };
      }),
  );
}

async function expectPackage(page: Page, modelId: string, path: string): Promise<void> {
  const expected = await expectedPackage(path, 'q4f32_1');
  const { 'provenance.json': provenance, ...rest } = await cachedPackage(page, modelId);
  expect(provenance).toBeTruthy();
  expect(rest).toEqual(Object.fromEntries(expected));
}

/** Cuts the third answer in the middle, answers 500 and 503 once each, and stalls every other answer a little. */
function badNetwork(): Fault {
  let count = 0;
  return async (request, response, path) => {
    if (!path.startsWith('/hub/test/') || request.headers.range === undefined) return false;
    count += 1;
    if (count === 2 || count === 5) {
      response.writeHead(count === 2 ? 500 : 503).end('not now');
      return true;
    }
    if (count === 4) {
      const [, start = '0', end = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range) ?? [];
      const bytes = readFileSync(DEMO_Q4_0).subarray(Number(start), Number(end) + 1);
      response.writeHead(206, {
        'content-range': `bytes ${start}-${end}/${String(DEMO_BYTES)}`,
        'content-length': bytes.length,
      });
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return true;
    }
    await new Promise((done) => setTimeout(done, 40));
    return false;
  };
}

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
  await expect(model).toContainText('Paused at');
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
  await (await again).setFiles(bigModel());
  await expect
    .poll(async () => Object.keys(await cachedPackage(page, 'small')).length, { timeout: 60_000 })
    .toBeGreaterThan(0);
  await page.reload();
  await expect(model).toContainText('Paused at');
  const other = page.waitForEvent('filechooser');
  await button(model, 'Resume').click();
  await (await other).setFiles(DEMO_Q4_0);
  await expect(model.getByRole('alert')).toContainText('This is another file');
  await button(model, 'Cancel').click();
  await expect(button(model, 'Convert')).toBeEnabled();
  expect(await cachedPackage(page, 'small')).toEqual({});
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

/** Writes sources as files of a folder. @returns its path. */
async function writeFolder(name: string, files: readonly ByteSource[]): Promise<string> {
  const folder = test.info().outputPath(name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(join(folder, file.name), await file.read(0, file.size));
  return folder;
}

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
  const sources: Record<string, readonly ByteSource[]> = {
    floats: tinyFolder({ dtype: 'BF16', parts: 3 }).files,
    awq: tinyFolder({ awq: 128 }).files,
  };
  for (const [name, files] of Object.entries(sources)) {
    const chooser = page.waitForEvent('filechooser');
    await button(model, 'Import folder').click();
    await (await chooser).setFiles(await writeFolder(name, files));
    await expect(model).toContainText('On this machine', { timeout: 40_000 });
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
  // The index under its older name is for other programs: web-llm never asks for it here.
  files.delete('ndarray-cache.json');
  expect(await cachedPackage(page, 'small')).toEqual(digests(files));
  expect(hub.requests.filter(({ path }) => path.startsWith('/hub/'))).toHaveLength(before);
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
  await button(model, 'Load').click();
  await expect(model.getByRole('alert')).toContainText('The model library does not fit', { timeout: 60_000 });
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

test('says what went wrong on the network, each by its name', async ({ page }) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    'The server refused access': (response) => response.writeHead(403).end(),
    'The file is not there': (response) => response.writeHead(404).end(),
    'A web page came instead of the file': (response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
    'This server cannot send parts of a file': (response) =>
      response.writeHead(200, { 'content-length': 4 }).end('GGUF'),
  };
  let answer: (response: ServerResponse) => void = () => undefined;
  const hub = await startHub({
    fault: (_, response, path) => {
      if (!path.endsWith('.gguf')) return false;
      answer(response);
      return true;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  for (const [title, act] of Object.entries(answers)) {
    answer = act;
    await button(model, 'Convert').or(button(model, 'Resume')).click();
    await expect(model.getByRole('alert')).toContainText(title, { timeout: 30_000 });
  }
  await hub.close();
});

test('asks for the licence of Meditron-7B before the first byte', async ({ page }) => {
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Meditron-7B');
  await button(model, 'Convert').click();
  const dialog = page.getByRole('dialog', { name: 'Licence of Meditron-7B' });
  await expect(dialog).toContainText('Acceptable Use Policy');
  await dialog.getByRole('button', { name: 'Not now' }).click();
  await expect(dialog).toBeHidden();
  await expect(model.getByRole('progressbar')).toHaveCount(0);
  await expect(card(page, 'Meditron-70B')).toContainText('39 GB');
  await hub.close();
});

test('shows a readable error for a broken config.json, and the built-in models', async ({ page }) => {
  const hub = await startHub({ config: '{"schema": 1, "modles": []}' });
  await openModels(page, hub);
  await expect(page.getByRole('alert')).toContainText('modles');
  await expect(card(page, 'Demo model')).toBeVisible();
  await expect(card(page, 'Meditron-7B')).toBeVisible();
  await hub.close();
});

for (const [width, scheme] of [
  [1280, 'light'],
  [390, 'dark'],
] as const) {
  test(`is accessible at ${String(width)} px, ${scheme}, with everything open`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
    const hub = await startHub();
    await openModels(page, hub);
    for (const name of ['Demo model', 'Meditron-7B']) await card(page, name).locator('summary').click();
    await expect(card(page, 'Meditron-7B').getByRole('radio', { name: 'Q4_K_M' })).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
      [],
    );
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await hub.close();
  });
}
