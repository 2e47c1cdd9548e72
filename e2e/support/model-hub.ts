/**
 * A stand-in hub under the app's own origin that cuts, stalls and fails on plan, and what tests of the Models screen look at.
 * A `config.json` beside the page puts the test's models into the catalogue, as a deployer would.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import type { ByteSource } from '../../src/lib/byte-source.ts';
import { acceptNotice, withoutModel } from './app.ts';
import { DEMO_Q4_0, expectedPackage, sha256 } from './model-fixtures.ts';
import { startStaticServer, type Fault, type StaticServer } from './static-server.ts';

const DIST = resolve(process.env.E2E_DIST ?? 'dist');
const DEMO_BYTES = statSync(DEMO_Q4_0).size;

export interface Hub extends StaticServer {
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

export function entry(id: string, name: string, file: string, extra: object = {}): object {
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

export async function startHub({ config, listed, fault, folder }: HubOptions = {}): Promise<Hub> {
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

/** Without the Demo model: what is acquired here is another. */
export async function openModels(page: Page, hub: StaticServer): Promise<void> {
  await withoutModel(page);
  await page.goto(`${hub.url}#/models`);
  await acceptNotice(page);
}

export function card(page: Page, name: string): Locator {
  return page.getByRole('article', { name, exact: true });
}

export function button(card: Locator, name: string): Locator {
  return card.getByRole('button', { name, exact: true });
}

/** SHA-256 of every file of the model's packages in the caches that web-llm reads, by file name. */
export function cachedPackage(page: Page, modelId: string): Promise<Record<string, string>> {
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
export function journalledShards(page: Page): Promise<number> {
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

export async function expectPackage(page: Page, modelId: string, path: string): Promise<void> {
  const expected = await expectedPackage(path, 'q4f32_1');
  const { 'provenance.json': provenance, ...rest } = await cachedPackage(page, modelId);
  expect(provenance).toBeTruthy();
  expect(rest).toEqual(Object.fromEntries(expected));
}

/** 3 MB a second: a slow line, which brings answers in many small pieces. */
const THROTTLED_PIECE = 60_000;
const THROTTLED_EVERY_MS = 20;

/** Cuts the fourth answer in the middle, answers 500 and 503 once each, and throttles all others. */
export function badNetwork(): Fault {
  let count = 0;
  return async (request, response, path) => {
    if (!path.startsWith('/hub/test/') || request.headers.range === undefined) return false;
    count += 1;
    if (count === 2 || count === 5) {
      response.writeHead(count === 2 ? 500 : 503).end('not now');
      return true;
    }
    const [, first = '0', last = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range) ?? [];
    const start = Number(first);
    const end = Math.min(Number(last), DEMO_BYTES - 1);
    const bytes = readFileSync(DEMO_Q4_0).subarray(start, end + 1);
    response.writeHead(206, {
      'content-range': `bytes ${String(start)}-${String(end)}/${String(DEMO_BYTES)}`,
      'content-length': bytes.length,
      etag: '"demo"',
    });
    if (count === 4) {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
      return true;
    }
    for (let at = 0; at < bytes.length && !response.destroyed; at += THROTTLED_PIECE) {
      response.write(bytes.subarray(at, at + THROTTLED_PIECE));
      await new Promise((done) => setTimeout(done, THROTTLED_EVERY_MS));
    }
    response.end();
    return true;
  };
}

/** Writes sources as files of a folder. @returns its path. */
export async function writeFolder(name: string, files: readonly ByteSource[]): Promise<string> {
  const folder = test.info().outputPath(name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(join(folder, file.name), await file.read(0, file.size));
  return folder;
}
