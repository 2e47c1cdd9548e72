import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Hashing } from './hashing.ts';

let hashing: Hashing;

/** Which way is faster is found once: each test begins before that. */
beforeEach(async () => {
  vi.resetModules();
  hashing = (await import('./hashing.ts')).wasmHashing;
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The last is long enough for a trial of which way is faster. */
const LENGTHS = [0, 1, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, 9 * 1024 * 1024 + 3];

async function expectRight(length: number): Promise<void> {
  const bytes = new Uint8Array(length).map((_, at) => at * 31 + (at >> 8));
  const hash = (name: string): string => createHash(name).update(bytes).digest('hex');
  expect(await hashing.digest(bytes)).toEqual({ md5: hash('md5'), sha256: hash('sha256') });
}

/** The clock stands still, but for Web Crypto. @returns counts its calls. */
function slowPlatform(ms: number): () => number {
  let now = 0;
  let calls = 0;
  const { subtle } = globalThis.crypto;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.stubGlobal('crypto', {
    subtle: {
      digest: (name: string, bytes: Uint8Array<ArrayBuffer>) => {
        calls += 1;
        now += ms;
        return subtle.digest(name, bytes);
      },
    },
  });
  return () => calls;
}

it('gives both hashes of a file', async () => {
  for (const length of LENGTHS) await expectRight(length);
});

it('gives them on plain http, without Web Crypto', async () => {
  vi.stubGlobal('crypto', {});
  for (const length of LENGTHS) await expectRight(length);
});

it.each([
  ['WebAssembly after a trial, where that is faster', 5, 0],
  ['Web Crypto, where that is no slower', 0, 1],
])('long files go by %s', async (_, ms, calls) => {
  const countCalls = slowPlatform(ms);
  await expectRight(9 * 1024 * 1024 + 3);
  const afterTrial = countCalls();
  expect(afterTrial).toBeGreaterThan(0);
  await expectRight(8 * 1024 * 1024);
  expect(countCalls() - afterTrial).toBe(calls);
});
