import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noteUse, tidyBundles } from './bundle-cache.js';

const HOUR = 60 * 60 * 1000;
const NOW = Date.now();
const bundle = (n: number): string => n.toString(16).padStart(32, '0');

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'bundles-'));
});
afterEach(() => rm(cache, { recursive: true }));

async function put(name: string, hoursAgo: number): Promise<void> {
  await mkdir(join(cache, name));
  await writeFile(join(cache, name, 'transcode.js'), '');
  const at = new Date(NOW - hoursAgo * HOUR);
  await utimes(join(cache, name), at, at);
}

it('keeps the newest few, and those in use', async () => {
  for (let n = 0; n < 8; n++) await put(bundle(n), 10 + n);
  noteUse(join(cache, bundle(7)));
  tidyBundles(cache, NOW);
  expect((await readdir(cache)).sort()).toEqual([0, 1, 2, 7].map(bundle));
  for (let n = 10; n < 15; n++) await put(bundle(n), 0.5);
  tidyBundles(cache, NOW);
  expect((await readdir(cache)).sort()).toEqual([7, 10, 11, 12, 13, 14].map(bundle));
});

it('clears what killed starts left, and nothing else', async () => {
  for (const name of ['new-aBcDeF', `old-${bundle(1)}`, 'something else']) await put(name, 3);
  await put('new-justnow', 0);
  await writeFile(join(cache, 'inputs.json'), '[]');
  tidyBundles(cache, NOW);
  expect((await readdir(cache)).sort()).toEqual(['inputs.json', 'new-justnow', 'something else']);
});
