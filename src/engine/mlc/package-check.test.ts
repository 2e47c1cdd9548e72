import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { MlcModel } from './model.ts';
import { packageEntry } from './cache-layout.ts';
import { FakeCacheStorage } from './fake-caches.ts';
import { checkPackage, packageWeightBytes } from './package-check.ts';
import { EMPTY_WASM, fixtureModel, fixturePackage, storeFixture } from './package-fixture.ts';

async function stored(
  overrides: Partial<MlcModel> = {},
  library: Uint8Array<ArrayBuffer> | null = EMPTY_WASM,
) {
  const model = fixtureModel(overrides);
  const storage = new FakeCacheStorage();
  const { files, vocabSize } = fixturePackage(model.quantization);
  await storeFixture(storage.asCacheStorage(), model, files, library);
  const change = async (name: string, body: Uint8Array<ArrayBuffer> | string | null): Promise<void> => {
    const { cache, url } = packageEntry(model.baseUrl, name);
    const open = await storage.open(cache);
    if (body === null) await open.delete(url);
    else await open.put(url, new Response(body));
  };
  const edit = async (name: string, edited: (value: Record<string, unknown>) => unknown): Promise<void> => {
    const value = JSON.parse(new TextDecoder().decode(files.get(name))) as Record<string, unknown>;
    await change(name, JSON.stringify(edited(value)));
  };
  const check = () => checkPackage(model, storage.asCacheStorage());
  return { model, storage, files, vocabSize, change, edit, check };
}

describe('checkPackage', () => {
  it.each(['q4f16_1', 'q4f32_1'] as const)(
    'passes a whole %s package and says what it holds',
    async (quantization) => {
      const { check, files, vocabSize } = await stored({ quantization });
      const checked = await check();
      const index = files.get('tensor-cache.json') ?? new Uint8Array();
      expect(checked).toMatchObject({
        baseUrl: 'https://models.example/fixture/resolve/main/',
        libraryUrl: 'https://models.example/fixture.wasm',
        index: { layers: 2, vocabularyRows: vocabSize, quantization },
        config: { vocabSize, prefixTokenIds: [1], stopTokenIds: [2] },
        indexSha256: createHash('sha256').update(index).digest('hex'),
        librarySha256: createHash('sha256').update(EMPTY_WASM).digest('hex'),
      });
      const weights = [...files]
        .filter(([name]) => name.startsWith('params_'))
        .reduce((sum, [, { length }]) => sum + length, 0);
      expect(checked.index.totalBytes).toBe(weights);
    },
  );

  it.each(['mlc-chat-config.json', 'tensor-cache.json', 'tokenizer.json'])(
    'names a missing %s',
    async (file) => {
      const { check, change } = await stored();
      await change(file, null);
      await expect(check()).rejects.toMatchObject({ code: 'engine/package-incomplete', details: { file } });
    },
  );

  it('names a missing shard, and all others that are bad', async () => {
    const { check, change } = await stored();
    await change('params_shard_1.bin', null);
    await change('params_shard_3.bin', new Uint8Array(3));
    await expect(check()).rejects.toMatchObject({
      code: 'engine/shard-missing',
      details: {
        shard: 'params_shard_1.bin',
        foundBytes: null,
        bad: 2,
        badShards: 'params_shard_1.bin params_shard_3.bin',
      },
    });
  });

  it('finds a short answer that was cached for good, with its length', async () => {
    const { check, change, files } = await stored();
    const whole = files.get('params_shard_0.bin') ?? new Uint8Array();
    await change('params_shard_0.bin', whole.slice(0, -1));
    await expect(check()).rejects.toMatchObject({
      code: 'engine/shard-missing',
      details: {
        shard: 'params_shard_0.bin',
        expectedBytes: whole.length,
        foundBytes: whole.length - 1,
        bad: 1,
      },
    });
  });

  it('names a missing library', async () => {
    const { check } = await stored({}, null);
    await expect(check()).rejects.toMatchObject({
      code: 'engine/library-missing',
      details: { url: 'https://models.example/fixture.wasm' },
    });
  });

  it('refuses a library that is a web page, and one of another hash', async () => {
    const page = await stored({}, new TextEncoder().encode('<!doctype html>'));
    await expect(page.check()).rejects.toMatchObject({ code: 'engine/library-unfit' });
    const other = await stored({ librarySha256: '0'.repeat(64) });
    await expect(other.check()).rejects.toMatchObject({
      code: 'engine/hash-mismatch',
      details: { expected: '0'.repeat(64), actual: createHash('sha256').update(EMPTY_WASM).digest('hex') },
    });
  });

  it('finds a library under a localhost address where web-llm will look for it', async () => {
    const { check } = await stored({ libraryUrl: 'http://localhost:4173/lib.wasm' });
    expect((await check()).libraryUrl).toMatch(/^https:\/\/library\.invalid\//);
  });

  it('refuses a vocabulary size that is not the head’s, which would emit only <unk>', async () => {
    const { check, edit } = await stored();
    await edit('mlc-chat-config.json', (config) => ({ ...config, vocab_size: 5 }));
    await expect(check()).rejects.toMatchObject({
      code: 'engine/package-incomplete',
      details: { vocabSize: 5 },
    });
  });

  it('refuses a package of the other quantisation', async () => {
    const { storage, model } = await stored();
    const asked = { ...model, quantization: 'q4f32_1' } as const;
    await expect(checkPackage(asked, storage.asCacheStorage())).rejects.toMatchObject({
      code: 'engine/package-incomplete',
      details: { expected: 'q4f32_1', found: 'q4f16_1' },
    });
  });

  it.each([
    ['not JSON', '{'],
    ['no records', '{"records":[]}'],
    ['a shard outside the folder', '{"records":[{"dataPath":"../x","nbytes":0,"records":[]}]}'],
    ['a shard at another host', '{"records":[{"dataPath":"//evil.example/x","nbytes":0,"records":[]}]}'],
    [
      'a tensor beyond its shard',
      '{"records":[{"dataPath":"a.bin","nbytes":4,"records":[{"name":"x","shape":[1],"dtype":"uint32","format":"raw","nbytes":8,"byteOffset":0}]}]}',
    ],
    [
      'one shard twice',
      '{"records":[{"dataPath":"a.bin","nbytes":0,"records":[]},{"dataPath":"a.bin","nbytes":0,"records":[]}]}',
    ],
  ])('refuses an index with %s', async (_, json) => {
    const { check, change } = await stored();
    await change('tensor-cache.json', json);
    await expect(check()).rejects.toMatchObject({ code: 'engine/package-incomplete' });
  });

  it('stops when asked', async () => {
    const { model, storage } = await stored();
    const stopped = checkPackage(model, storage.asCacheStorage(), AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('packageWeightBytes', () => {
  it('is known before anything is loaded, and 0 where there is no package', async () => {
    const { model, storage, check } = await stored();
    const bytes = await packageWeightBytes(model.baseUrl, storage.asCacheStorage());
    expect(bytes).toBe((await check()).index.totalBytes);
    expect(
      await packageWeightBytes('https://models.example/none/resolve/main/', storage.asCacheStorage()),
    ).toBe(0);
  });
});
