import { describe, expect, it } from 'vitest';
import { isWhole, lossOf, readKept } from './eviction.ts';
import type { InstallRecord } from './records.ts';

describe('what the browser cleared', () => {
  const now = { mark: 'm', missing: [], chats: 3 };

  it('is nothing on a first visit and when all is there', () => {
    expect(lossOf(null, { ...now, mark: null })).toBeNull();
    expect(lossOf({ mark: 'm', models: ['Meditron-7B'] }, now)).toBeNull();
  });

  it('is a model whose row is here and whose files are not', () => {
    expect(lossOf({ mark: 'm', models: [] }, { ...now, missing: ['Meditron-7B'] })).toEqual({
      models: ['Meditron-7B'],
      chats: 3,
      database: false,
    });
  });

  it('is everything where the database lost its mark', () => {
    const kept = { mark: 'm', models: ['Meditron-7B'] };
    expect(lossOf(kept, { mark: null, missing: [], chats: 0 })).toEqual({
      models: ['Meditron-7B'],
      chats: 0,
      database: true,
    });
  });

  it.each([null, '', '{', '[]', '{"mark":1}', '"x"'])('takes %j for no memory at all', (text) => {
    expect(readKept(text)).toBeNull();
  });

  it('takes only names as names', () => {
    expect(readKept('{"mark":"m","models":["a",1,null]}')).toEqual({ mark: 'm', models: ['a'] });
  });
});

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
