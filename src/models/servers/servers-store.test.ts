import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { builtInCatalogue, mergeCatalogue, parseDeployerConfig } from '../catalogue/catalogue.ts';
import { keyOf } from './server-keys.ts';
import { readServers } from './server-records.ts';
import {
  allServers,
  catalogueModel,
  keepServer,
  removeServer,
  saveServer,
  serverToLoad,
  useServers,
  type ServerForm,
} from './servers-store.ts';

class MemoryStorage {
  readonly rows = new Map<string, string>();
  getItem(name: string): string | null {
    return this.rows.get(name) ?? null;
  }
  setItem(name: string, value: string): void {
    this.rows.set(name, value);
  }
  removeItem(name: string): void {
    this.rows.delete(name);
  }
}

const PAGE = 'https://app.example/';
const form = (over: Partial<ServerForm> = {}): ServerForm => ({
  root: 'https://llm.example.org/',
  host: 'llm.example.org',
  model: 'epfl-llm/meditron-70b',
  key: '',
  keepKey: false,
  ...over,
});
let local: MemoryStorage;
let session: MemoryStorage;

beforeEach(() => {
  local = new MemoryStorage();
  session = new MemoryStorage();
  vi.stubGlobal('localStorage', local);
  vi.stubGlobal('sessionStorage', session);
  useServers.setState({ connected: [] });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('connected servers', () => {
  it('of the site take a key of the person’s, and nothing else', () => {
    const named = { id: 'site-ward', name: 'Ward', root: form().root, model: form().model, fromSite: true };
    expect(keepServer(named, form({ key: 'sk-ward' }), false)).toBe('site-ward');
    expect([keyOf('site-ward'), useServers.getState().connected]).toEqual(['sk-ward', []]);
    const unnamed = { ...named, id: 'site-one', model: null };
    expect(keepServer(unnamed, form({ key: 'sk-one' }), true)).toBe('site-one');
    expect(keyOf('site-one')).toBe('sk-one');
    const others = [
      keepServer(unnamed, form({ model: 'one of several' }), false),
      keepServer(named, form({ model: 'another' }), false),
      keepServer(named, form({ root: 'https://other.example/' }), false),
    ];
    expect(useServers.getState().connected.map(({ id }) => id)).toEqual(others);
    expect(keyOf('site-ward')).toBe('sk-ward');
  });

  it('are all kept, however many they are', () => {
    const ids = Array.from({ length: 60 }, (_, n) => saveServer(null, form({ model: `m${String(n)}` })));
    expect(readServers(local).map(({ id }) => id)).toEqual(ids);
    expect(useServers.getState().connected.map(({ id }) => id)).toEqual(ids);
  });

  it('are kept whatever length the name of a model there has', () => {
    const models = ['m'.repeat(500), `${'n'.repeat(499)}o`, '🦙'.repeat(250)];
    for (const model of models) saveServer(null, form({ model }));
    expect(readServers(local).map(({ model }) => model)).toEqual(models);
    expect(readServers(local).every(({ name }) => name.isWellFormed())).toBe(true);
  });

  it('are kept without their keys, and read back', () => {
    const id = saveServer(null, form({ key: 'sk-secret' }));
    expect(keyOf(id)).toBe('sk-secret');
    expect([...local.rows.values()].join()).not.toContain('sk-secret');
    expect(readServers(local)).toEqual(useServers.getState().connected);
    removeServer(id);
    expect(useServers.getState().connected).toEqual([]);
    expect([...local.rows.values(), ...session.rows.values()].join()).not.toContain('sk-secret');
  });

  it('have names that differ; the same again is the same', () => {
    const first = saveServer(null, form());
    expect(saveServer(null, form())).toBe(first);
    saveServer(null, form({ model: 'other' }));
    expect(useServers.getState().connected.map(({ name }) => name)).toEqual([
      'llm.example.org',
      'llm.example.org, other',
    ]);
    saveServer(first, form({ root: 'https://b.example/', host: 'b.example' }));
    expect(useServers.getState().connected.map(({ name }) => name)).toEqual([
      'b.example',
      'llm.example.org, other',
    ]);
  });

  it('that are damaged or somebody else’s are left out', () => {
    local.setItem(
      'meditron-servers',
      JSON.stringify([
        { id: 'a', name: 'A', root: 'https://a.example/', model: 'm' },
        { id: 'b', root: 'javascript:x' },
        7,
      ]),
    );
    expect(readServers(local).map(({ id }) => id)).toEqual(['a']);
    local.setItem('meditron-servers', '{');
    expect(readServers(local)).toEqual([]);
  });
});

describe('a server to load', () => {
  it('is prompted as the model of the catalogue that it serves', () => {
    const catalogue = builtInCatalogue();
    const id = saveServer(null, form({ key: 'sk-secret' }));
    const model = serverToLoad(`server:${id}`, catalogue, PAGE);
    expect(model).toMatchObject({
      displayName: 'Meditron-70B',
      promptAs: 'meditron-70b',
      knownContext: 4096,
    });
    expect(model.key()).toBe('sk-secret');
    expect(model.agreed()).toBe(false);
    // Neither lies in what is logged or shown.
    expect(JSON.stringify(model)).not.toContain('sk-secret');
    expect(() => serverToLoad('server:gone', catalogue, PAGE)).toThrow(
      expect.objectContaining({ code: 'models/unknown' }) as Error,
    );
  });

  it.each([
    ['TheBloke/meditron-70B-AWQ', 'meditron-70b'],
    ['meditron-7b.Q4_K_M.gguf', 'meditron-7b'],
    ['epfl-llm/meditron-7b', 'meditron-7b'],
    ['/models/demo-f16.gguf', 'demo'],
    ['meta-llama/Llama-3.1-8B', undefined],
    ['/home/demo/llama-3.gguf', undefined],
    ['democracy-7b', undefined],
  ])('%s is %s', (served, id) => {
    expect(catalogueModel(served, builtInCatalogue())?.id).toBe(id);
  });

  it('can be named by the site, also behind a proxy beside the app', () => {
    const config = parseDeployerConfig(
      JSON.stringify({
        schema: 1,
        servers: [{ id: 'ward', name: 'Ward server', address: './v1', model: 'm' }],
      }),
    );
    const catalogue = mergeCatalogue(builtInCatalogue(), config);
    expect(allServers([], catalogue, 'https://app.example/tools/')).toEqual([
      {
        id: 'site-ward',
        name: 'Ward server',
        root: 'https://app.example/tools/',
        model: 'm',
        fromSite: true,
      },
    ]);
    for (const address of ['http://llm.example.org', '//x.example', 'javascript:alert(1)'])
      expect(() =>
        parseDeployerConfig(JSON.stringify({ schema: 1, servers: [{ id: 'a', name: 'A', address }] })),
      ).toThrow();
  });
});
