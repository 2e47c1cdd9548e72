import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_PREFERENCES, usePreferences } from '../../preferences/preferences.ts';
import { builtInCatalogue, mergeCatalogue, parseDeployerConfig } from './catalogue.ts';
import { applySiteSettings, wasImposed } from './site-settings.ts';

function rowsOf() {
  const rows = new Map<string, string>();
  return {
    getItem: (key: string) => rows.get(key) ?? null,
    setItem: (key: string, value: string) => void rows.set(key, value),
    removeItem: (key: string) => void rows.delete(key),
  };
}

describe('Offline only by the site’s wish', () => {
  const caches = new Set<string>();
  const told: unknown[] = [];
  const tell = { postMessage: (message: unknown) => void told.push(message) };
  beforeEach(() => {
    caches.clear();
    told.length = 0;
    vi.stubGlobal('caches', {
      open: (name: string) => Promise.resolve(caches.add(name)),
      delete: (name: string) => Promise.resolve(caches.delete(name)),
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    usePreferences.setState(DEFAULT_PREFERENCES);
  });

  it('is on, in every realm, and ends with the wish', async () => {
    const rows = rowsOf();
    expect(await applySiteSettings({ offlineOnly: true, defaults: {} }, tell, rows)).toBe(true);
    expect([...caches]).toEqual(['meditron-offline-only']);
    expect(told).toEqual([{ type: 'offline-only', on: true }]);
    expect(wasImposed(rows)).toBe(true);
    expect(await applySiteSettings({ offlineOnly: false, defaults: {} }, tell, rows)).toBe(false);
    expect([...caches]).toEqual([]);
    expect(wasImposed(rows)).toBe(false);
  });

  it('leaves a person’s own choice alone where the site wishes nothing', async () => {
    caches.add('meditron-offline-only');
    await applySiteSettings({ offlineOnly: false, defaults: { theme: 'dark' } }, tell, rowsOf());
    expect([...caches]).toEqual(['meditron-offline-only']);
    expect(told).toEqual([]);
    expect(usePreferences.getState().theme).toBe('dark');
  });
});

describe('hidden sources', () => {
  const [entry] = builtInCatalogue().models.filter(({ kind }) => kind === 'fetched');
  if (entry?.kind !== 'fetched') throw new Error('the built-in list has no model to fetch');
  const merged = (hideSources: readonly string[]) =>
    mergeCatalogue(
      builtInCatalogue(),
      parseDeployerConfig(JSON.stringify({ schema: 1, hideSources })),
    ).models.find(({ id }) => id === entry.id);

  it('are gone, and another is recommended where it was that one', () => {
    const { recommended, sources } = entry;
    const found = merged([`${entry.id}/${recommended.source}`]);
    if (found?.kind !== 'fetched') throw new Error('the model is gone');
    expect(found.sources).toHaveLength(sources.length - 1);
    expect(found.recommended.source).toBe(found.sources[0]?.id);
  });

  it('are never all of a model’s', () => {
    const all = entry.sources.map(({ id }) => `${entry.id}/${id}`);
    expect(() => merged(all)).toThrow(expect.objectContaining({ code: 'models/bad-config' }));
  });
});
