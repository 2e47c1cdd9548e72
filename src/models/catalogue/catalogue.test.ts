import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { FakeCacheStorage } from '../../engine/mlc/fake-caches.ts';
import { LLAMA_2_7B_LIBRARY_FILES } from '../../engine/mlc/web-llm-constants.ts';
import { builtInDemonstrations, promptDefaultsFor } from '../../prompts/formats.ts';
import { builtInCatalogue, loadCatalogue, mergeCatalogue, parseDeployerConfig } from './catalogue.ts';
import { fileUrl, findRunnable, findSource, treeUrl } from './catalogue-lookup.ts';

const PAGE = 'https://site.example/some/where/';
const catalogue = builtInCatalogue();

function answering(body: string, init: ResponseInit = {}): typeof fetch {
  return vi.fn(() =>
    Promise.resolve(new Response(body, { headers: { 'content-type': 'application/json' }, ...init })),
  );
}

function deployerEntry(id: string, extra: object = {}): object {
  return { ...structuredClone(findRunnable(catalogue, 'demo')), id, name: `Model ${id}`, ...extra };
}

describe('the built-in catalogue', () => {
  it('holds the models by the names people and tests look for', () => {
    expect(catalogue.models.map((entry) => entry.name)).toEqual([
      'Demo model',
      'Meditron-7B',
      'Meditron3-8B',
      'Meditron-70B',
    ]);
  });

  it('offers all twelve GGUF files, AWQ and fp16 of Meditron-7B, Q4_0 first', () => {
    const entry = findRunnable(catalogue, 'meditron-7b');
    expect(
      entry.sources
        .filter((source) => source.format === 'gguf')
        .map((source) => source.label)
        .sort(),
    ).toEqual('Q2_K Q3_K_L Q3_K_M Q3_K_S Q4_0 Q4_K_M Q4_K_S Q5_0 Q5_K_M Q5_K_S Q6_K Q8_0'.split(' '));
    expect(entry.sources.filter((source) => source.format !== 'gguf').map((source) => source.format)).toEqual(
      ['awq', 'torch'],
    );
    expect(entry.recommended).toEqual({ engine: 'mlc', source: 'q4_0' });
    expect(entry.licence.mustAccept).toBe(true);
  });

  it('names the libraries that the installed web-llm publishes', () => {
    const { mlc } = findRunnable(catalogue, 'meditron-7b');
    expect(mlc?.quantizations.q4f16_1?.library).toBe(LLAMA_2_7B_LIBRARY_FILES.q4f16_1);
    expect(mlc?.quantizations.q4f32_1?.library).toBe(LLAMA_2_7B_LIBRARY_FILES.q4f32_1);
  });

  it('builds the hub’s addresses from its templates', () => {
    const { at } = findSource(findRunnable(catalogue, 'meditron-7b'), 'q4_0');
    expect(fileUrl(catalogue, at, PAGE)).toBe(
      'https://huggingface.co/TheBloke/meditron-7B-GGUF/resolve/main/meditron-7b.Q4_0.gguf',
    );
    expect(treeUrl(catalogue, at, PAGE)).toBe(
      'https://huggingface.co/api/models/TheBloke/meditron-7B-GGUF/tree/main',
    );
    const fp16 = findSource(findRunnable(catalogue, 'meditron-7b'), 'fp16');
    expect(fileUrl(catalogue, fp16.at, PAGE, 'config.json')).toBe(
      'https://huggingface.co/epfl-llm/meditron-7b/resolve/main/config.json',
    );
  });

  it('reaches the Demo model under a sub-path', () => {
    const { at } = findSource(findRunnable(catalogue, 'demo'), 'q4_0');
    expect(fileUrl(catalogue, at, PAGE)).toBe('https://site.example/some/where/models/demo/demo-q4_0.gguf');
  });

  it.each(['q4_0', 'f16'])(
    'states size and SHA-256 of the Demo model’s %s file as it lies in public/',
    (id) => {
      const source = findSource(findRunnable(catalogue, 'demo'), id);
      const file = new URL(`../../../public/${'url' in source.at ? source.at.url : ''}`, import.meta.url);
      expect(existsSync(file), `${file.pathname} is missing`).toBe(true);
      const bytes = readFileSync(file);
      expect({ bytes: source.bytes, sha256: source.sha256 }).toEqual({
        bytes: bytes.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    },
  );

  it('leaves prompting to the prompt formats, which know both models', () => {
    for (const id of ['demo', 'meditron-7b']) {
      expect(promptDefaultsFor(id).demonstrations).toBeLessThanOrEqual(builtInDemonstrations.length);
    }
  });
});

describe('config.json', () => {
  it('adds, replaces and hides entries', async () => {
    const body = JSON.stringify({
      schema: 1,
      hubs: { ward: { name: 'Ward', fileUrl: 'hub/{repo}/{revision}/{file}', treeUrl: null, pageUrl: null } },
      models: [deployerEntry('demo', { name: 'Our demo' }), deployerEntry('extra')],
      hide: ['meditron-70b'],
    });
    const { catalogue: merged, problem } = await loadCatalogue(`${PAGE}config.json`, answering(body));
    expect(problem).toBeNull();
    expect(merged.models.map((entry) => entry.name)).toEqual([
      'Our demo',
      'Meditron-7B',
      'Meditron3-8B',
      'Model extra',
    ]);
    expect(fileUrl(merged, { hub: 'ward', repo: 'a b/c', revision: 'main', file: 'x.gguf' }, PAGE)).toBe(
      `${PAGE}hub/a%20b/c/main/x.gguf`,
    );
  });

  it('is remembered for when its host is out of reach or in trouble, and forgotten when the host has none', async () => {
    const storage = new FakeCacheStorage().asCacheStorage();
    const offline = vi.fn(() => Promise.reject(new TypeError('Failed to fetch')));
    const namesWith = async (fetchImpl: typeof fetch): Promise<string[]> => {
      const { catalogue: found, problem } = await loadCatalogue(`${PAGE}config.json`, fetchImpl, storage);
      expect(problem).toBeNull();
      return found.models.map((entry) => entry.name);
    };
    const body = JSON.stringify({ schema: 1, models: [deployerEntry('extra')] });
    expect(await namesWith(answering(body))).toContain('Model extra');
    expect(await namesWith(offline)).toContain('Model extra');
    const cut = (): Promise<Response> => {
      const body = new ReadableStream({
        pull: (controller) => {
          controller.error(new TypeError('network error'));
        },
      });
      return Promise.resolve(new Response(body));
    };
    expect(await namesWith(cut)).toContain('Model extra');
    expect(await namesWith(answering('overloaded', { status: 503 }))).toContain('Model extra');
    expect(await namesWith(answering('', { status: 404 }))).not.toContain('Model extra');
    expect(await namesWith(offline)).not.toContain('Model extra');
  });

  it.each([
    ['a missing file', answering('', { status: 404 })],
    [
      'a host that answers index.html to everything',
      answering('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['no network', vi.fn(() => Promise.reject(new TypeError('Failed to fetch')))],
  ])('takes the built-in catalogue, without complaint, on %s', async (_, fetchImpl) => {
    const { catalogue: found, problem } = await loadCatalogue(`${PAGE}config.json`, fetchImpl);
    expect(found).toEqual(catalogue);
    expect(problem).toBeNull();
  });

  it.each([
    ['no JSON', '{', /JSON/],
    ['another schema', '{"schema":2}', /schema/],
    ['an unknown field', '{"schema":1,"modles":[]}', /modles/],
    [
      'a script address',
      JSON.stringify({
        schema: 1,
        models: [
          deployerEntry('x', {
            sources: [
              {
                id: 'a',
                label: 'a',
                format: 'gguf',
                at: { url: 'javascript:alert(1)' },
                bytes: 1,
                conversion: 'repacked',
              },
            ],
          }),
        ],
      }),
      /at/,
    ],
    [
      'a hub nobody defines',
      JSON.stringify({
        schema: 1,
        models: [
          deployerEntry('x', {
            recommended: { engine: 'llamacpp', source: 'a' },
            llamacpp: null,
            mlc: null,
            kind: 'fetched',
            sources: [
              {
                id: 'a',
                label: 'a',
                format: 'gguf',
                at: { hub: 'nowhere', repo: 'r', file: 'f' },
                bytes: 1,
                conversion: 'repacked',
              },
            ],
          }),
        ],
      }),
      /llamacpp|nowhere/,
    ],
    ['a giant', `{"schema":1,"x":"${'y'.repeat(1 << 20)}"}`, /longer/],
  ])('keeps the built-in catalogue and says what is wrong on %s', async (_, body, expected) => {
    const { catalogue: found, problem } = await loadCatalogue(`${PAGE}config.json`, answering(body));
    expect(found).toEqual(catalogue);
    expect(problem?.code).toBe('models/bad-config');
    expect(String(problem?.details.problem)).toMatch(expected);
  });

  it('refuses addresses that leave the origin in disguise', () => {
    for (const url of [
      '//evil.example/x',
      '\\\\evil.example/x',
      'http://evil.example/x',
      'data:text/plain,x',
      'blob:x',
    ]) {
      const config = {
        schema: 1,
        models: [
          deployerEntry('x', {
            sources: [
              { id: 'q4_0', label: 'a', format: 'gguf', at: { url }, bytes: 1, conversion: 'repacked' },
            ],
          }),
        ],
      };
      expect(() => parseDeployerConfig(JSON.stringify(config)), url).toThrow(
        expect.objectContaining({ code: 'models/bad-config' }),
      );
    }
  });

  it('refuses a merge that leaves a source without its hub', () => {
    const config = parseDeployerConfig(
      JSON.stringify({
        schema: 1,
        models: [
          deployerEntry('x', {
            sources: [
              {
                id: 'q4_0',
                label: 'a',
                format: 'gguf',
                at: { hub: 'nowhere', repo: 'r', file: 'f' },
                bytes: 1,
                conversion: 'repacked',
              },
            ],
          }),
        ],
      }),
    );
    expect(() => mergeCatalogue(catalogue, config)).toThrow(/nowhere/);
  });
});
