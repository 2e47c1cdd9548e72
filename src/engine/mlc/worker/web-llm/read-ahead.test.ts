import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { readShardsAhead } from './read-ahead.ts';

const URLS = ['https://a.example/0', 'https://a.example/1', 'https://a.example/2'];

const SHARDS = URLS.map((url) => ({ url, bytes: 7 }));

interface FakeCache {
  readonly log: string[];
  readonly missing: ReadonlySet<string>;
  match(request: RequestInfo | URL): Promise<Response | undefined>;
}

const plainMatch: FakeCache['match'] = function (this: FakeCache, request) {
  const url = request instanceof Request ? request.url : String(request);
  this.log.push(url.slice(-1));
  return Promise.resolve(this.missing.has(url) ? undefined : new Response(`shard ${url.slice(-1)}`));
};

/** @returns a cache, and its prototype to be patched. */
function fakeCache(missing: ReadonlySet<string> = new Set()): readonly [FakeCache, Pick<FakeCache, 'match'>] {
  const prototype = { match: plainMatch };
  return [Object.assign(Object.create(prototype) as FakeCache, { log: [], missing }), prototype];
}

/** As web-llm does: looks whether it is there, then takes it. */
async function take(cache: FakeCache, url: string): Promise<string> {
  await cache.match(new Request(url));
  const response = await cache.match(new Request(url));
  return new TextDecoder().decode(await response?.arrayBuffer());
}

function turns(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

it('reads each shard once and the next one while the last is placed, two at most', async () => {
  const [cache, prototype] = fakeCache();
  const bytes: number[] = [];
  const end = readShardsAhead(prototype, SHARDS, (read) => bytes.push(read));
  expect(await take(cache, URLS[0] ?? '')).toBe('shard 0');
  await turns();
  // The second has come, the third waits until the second is wanted.
  expect(cache.log).toEqual(['0', '1']);
  expect(await take(cache, URLS[1] ?? '')).toBe('shard 1');
  await turns();
  expect(await take(cache, URLS[2] ?? '')).toBe('shard 2');
  expect(cache.log).toEqual(['0', '1', '2']);
  expect(bytes).toEqual([7, 7, 7]);
  await cache.match('https://a.example/tokenizer');
  expect(cache.log.at(-1)).toBe('r');
  end();
  expect(prototype.match === plainMatch).toBe(true);
});

it('leaves it to web-llm to find a shard that went away', async () => {
  const [cache, prototype] = fakeCache(new Set([URLS[1] ?? '']));
  readShardsAhead(prototype, SHARDS, () => undefined);
  await take(cache, URLS[0] ?? '');
  expect(await cache.match(URLS[1] ?? '')).toBeUndefined();
});

/** A byte stream as a browser's cache gives it: into memory that is handed over, in pieces. */
function shardOf(text: string): Response {
  let left = new TextEncoder().encode(text);
  const body = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const request = controller.byobRequest;
      const view = request?.view;
      if (!request || !view) return;
      const count = Math.min(3, view.byteLength, left.length);
      new Uint8Array(view.buffer, view.byteOffset, count).set(left.subarray(0, count));
      left = left.subarray(count);
      if (count === 0) controller.close();
      request.respond(count);
    },
  });
  return new Response(body);
}

async function bytesOf(cache: FakeCache, url: string): Promise<Uint8Array> {
  await cache.match(url);
  // web-llm takes a view, too.
  const taken: unknown = await (await cache.match(url))?.arrayBuffer();
  if (!(taken instanceof Uint8Array)) throw new Error('not a view');
  return taken;
}

it('reads into two pieces of memory, however many shards there are, and spoils none before it is placed', async () => {
  const texts = ['a long first shard', 'second', 'the third', 'fourth'];
  const shards = texts.map((text, at) => ({ url: `https://a.example/${at}`, bytes: text.length }));
  const prototype = {
    match(this: FakeCache, request: RequestInfo | URL): Promise<Response> {
      return Promise.resolve(
        shardOf(texts[Number((request instanceof Request ? request.url : String(request)).slice(-1))] ?? ''),
      );
    },
  };
  const cache = Object.create(prototype) as FakeCache;
  const read: number[] = [];
  readShardsAhead(prototype, shards, (bytes) => read.push(bytes));
  for (const [at, { url }] of shards.entries()) {
    const bytes = await bytesOf(cache, url);
    await turns(); // the next one comes meanwhile
    expect(new TextDecoder().decode(bytes)).toBe(texts[at]);
    if (at === 2) expect(bytes.buffer.byteLength).toBe(texts[0]?.length);
  }
  expect(read).toEqual(texts.map(({ length }) => length));
});

it('hands on a shard that is shorter than its index says, for web-llm to refuse', async () => {
  const prototype = { match: () => Promise.resolve(shardOf('short')) };
  const cache = Object.create(prototype) as FakeCache;
  readShardsAhead(prototype, [{ url: 'https://a.example/0', bytes: 99 }], () => undefined);
  expect(new TextDecoder().decode(await bytesOf(cache, 'https://a.example/0'))).toBe('short');
});

it('may give views: the installed web-llm takes them', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('@mlc-ai/web-llm'), 'utf8');
  expect(source).toContain(
    'const shardBytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);',
  );
});
