import { describe, expect, it } from 'vitest';
import type { InstallRecord } from './records.ts';
import { isWhole } from './whole.ts';

describe('a package is whole', () => {
  const baseUrl = 'https://site.example/models/x/resolve/main/';
  const record = { fileName: '', baseUrl } as InstallRecord;
  const holding = (files: Readonly<Record<string, string>>): CacheStorage =>
    ({
      open: () =>
        Promise.resolve({
          keys: () => Promise.resolve(Object.keys(files).map((name) => ({ url: baseUrl + name }))),
          match: (url: string) => {
            const body = files[url.slice(baseUrl.length)];
            return Promise.resolve(body === undefined ? undefined : new Response(body));
          },
        }),
    }) as unknown as CacheStorage;
  const index = JSON.stringify({ records: [{ dataPath: 'a.bin' }, { dataPath: 'b.bin' }] });

  it('when its index and all it names are there', async () => {
    expect(await isWhole(record, holding({ 'tensor-cache.json': index, 'a.bin': '', 'b.bin': '' }))).toBe(
      true,
    );
  });
  it('not when a shard is gone', async () => {
    expect(await isWhole(record, holding({ 'tensor-cache.json': index, 'a.bin': '' }))).toBe(false);
  });
  it('not when the index is gone', async () => {
    expect(await isWhole(record, holding({ 'a.bin': '', 'b.bin': '' }))).toBe(false);
  });
});
