import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { forbidDownloads } from './forbid-downloads.ts';

it('turns a fetch into a failure that names what is gone', async () => {
  const prototype: Pick<Cache, 'add' | 'addAll'> = {
    add: () => Promise.resolve(),
    addAll: () => Promise.resolve(),
  };
  forbidDownloads(prototype);
  const url = 'https://models.example/params_shard_7.bin';
  const refused = { code: 'engine/package-incomplete', details: { url } };
  await expect(prototype.add(url)).rejects.toMatchObject(refused);
  await expect(prototype.add(new Request(url))).rejects.toMatchObject(refused);
  await expect(prototype.addAll([url])).rejects.toMatchObject(refused);
});

it('is how the installed web-llm fetches into the Cache API', () => {
  const source = readFileSync(createRequire(import.meta.url).resolve('@mlc-ai/web-llm'), 'utf8');
  expect(source).toContain('yield this.cache.add(request)');
});
