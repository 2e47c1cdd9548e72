import { createHash } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { wasmHashing } from './hashing.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The last is long enough for a trial of which way is faster. */
const LENGTHS = [0, 1, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, 9 * 1024 * 1024 + 3];

it.each([
  ['as the platform gives it', undefined],
  ['on plain http, without Web Crypto', {}],
])('gives both hashes of a file, %s', async (_, crypto) => {
  if (crypto !== undefined) vi.stubGlobal('crypto', crypto);
  for (const length of LENGTHS) {
    const bytes = new Uint8Array(length).map((__, at) => at * 31 + (at >> 8));
    const hash = (name: string): string => createHash(name).update(bytes).digest('hex');
    expect(await wasmHashing.digest(bytes)).toEqual({ md5: hash('md5'), sha256: hash('sha256') });
  }
});
