import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cacheableResponse,
  cachedByteLength,
  cleanBaseUrl,
  libraryEntry,
  llama2LibraryUrl,
  packageBaseUrl,
  packageEntry,
} from './cache-layout.ts';

const word = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
const url = fc
  .tuple(fc.constantFrom('http:', 'https:'), word, fc.array(word, { maxLength: 4 }))
  .map(([scheme, host, path]) => `${scheme}//${['h' + host, 'example', ...path].join('/')}`);

/** What web-llm 0.2.86 does to `ModelRecord.model` (its `cleanModelUrl`). */
function webLlmCleanModelUrl(modelUrl: string): string {
  let url = modelUrl + (modelUrl.endsWith('/') ? '' : '/');
  if (!/.+\/resolve\/.+\//.exec(url)) url += 'resolve/main/';
  return new URL(url).href;
}

describe('packageBaseUrl', () => {
  it('is under the site, also on a sub-path, and web-llm leaves it as it is', () => {
    const base = packageBaseUrl('https://h.example/app/index.html#/models', 'meditron-7b-q4f16_1', '2');
    expect(base).toBe('https://h.example/app/models/meditron-7b-q4f16_1/resolve/2/');
    expect(webLlmCleanModelUrl(base)).toBe(base);
  });

  it('keeps a hostile model id inside its folder', () => {
    expect(packageBaseUrl('https://h.example/', '../../x?y#z')).toBe(
      'https://h.example/models/..%2F..%2Fx%3Fy%23z/resolve/main/',
    );
  });
});

describe('cleanBaseUrl', () => {
  it('agrees with web-llm on every absolute URL', () => {
    fc.assert(
      fc.property(url, fc.constantFrom('', '/', '/resolve/main', '/resolve/main/'), (start, end) => {
        expect(cleanBaseUrl(start + end)).toBe(webLlmCleanModelUrl(start + end));
      }),
    );
  });

  it.each(['models/x/', '/models/x/', 'blob:https://h.example/1', ''])('refuses %j', (url) => {
    expect(() => cleanBaseUrl(url)).toThrow(expect.objectContaining({ code: 'engine/bad-address' }));
  });
});

describe('packageEntry', () => {
  const base = 'https://h.example/models/m/resolve/main/';

  it('puts the chat config into its own cache and everything else beside the weights', () => {
    expect(packageEntry(base, 'mlc-chat-config.json')).toEqual({
      cache: 'webllm/config',
      url: `${base}mlc-chat-config.json`,
    });
    for (const name of ['tensor-cache.json', 'tokenizer.json', 'params_shard_0.bin', 'provenance.json']) {
      expect(packageEntry(base, name)).toEqual({ cache: 'webllm/model', url: `${base}${name}` });
    }
  });
});

describe('libraryEntry', () => {
  it('keeps an ordinary URL', () => {
    const url = llama2LibraryUrl('q4f16_1');
    expect(libraryEntry(url)).toEqual({ cache: 'webllm/wasm', url });
  });

  it('gives web-llm a URL it caches, whatever the library is called', () => {
    fc.assert(
      fc.property(url, fc.constantFrom('', '/localhost.wasm'), (start, end) => {
        const entry = libraryEntry(start + end);
        expect(entry.url.startsWith('http')).toBe(true);
        expect(entry.url).not.toContain('localhost');
      }),
    );
    expect(libraryEntry('http://localhost:4173/lib.wasm').url).not.toBe(
      libraryEntry('http://localhost:4174/lib.wasm').url,
    );
  });

  it('refuses a relative URL, which web-llm would never cache', () => {
    expect(() => libraryEntry('models/lib.wasm')).toThrow(
      expect.objectContaining({ code: 'engine/bad-address' }),
    );
  });
});

describe('cachedByteLength', () => {
  it('takes the header of what this app stored', async () => {
    expect(
      await cachedByteLength(cacheableResponse(new Uint8Array(12), 12, 'application/octet-stream')),
    ).toBe(12);
  });

  it('reads the body where the header is missing or counts compressed bytes', async () => {
    expect(await cachedByteLength(new Response(new Uint8Array(7)))).toBe(7);
    const headers = { 'Content-Length': '3', 'Content-Encoding': 'gzip' };
    expect(await cachedByteLength(new Response(new Uint8Array(7), { headers }))).toBe(7);
  });
});
