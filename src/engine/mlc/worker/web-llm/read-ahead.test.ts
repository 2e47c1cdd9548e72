import { expect, it } from 'vitest';
import { readShardsAhead } from './read-ahead.ts';

const URLS = ['https://a.example/0', 'https://a.example/1', 'https://a.example/2'];

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
  const end = readShardsAhead(prototype, URLS, (read) => bytes.push(read));
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
  readShardsAhead(prototype, URLS, () => undefined);
  await take(cache, URLS[0] ?? '');
  expect(await cache.match(URLS[1] ?? '')).toBeUndefined();
});
