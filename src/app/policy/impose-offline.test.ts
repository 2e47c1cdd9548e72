import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { imposeOffline } from './impose-offline.ts';

describe('Offline only as a site’s rule', () => {
  const caches = new Set<string>();
  const rows = new Map<string, string>();
  const told: unknown[] = [];
  const tell = { postMessage: (message: unknown) => void told.push(message) };
  const storage = {
    getItem: (key: string) => rows.get(key) ?? null,
    setItem: (key: string, value: string) => void rows.set(key, value),
    removeItem: (key: string) => void rows.delete(key),
  };
  beforeEach(() => {
    for (const each of [caches, rows]) each.clear();
    told.length = 0;
    vi.stubGlobal('caches', {
      has: (name: string) => Promise.resolve(caches.has(name)),
      open: (name: string) => Promise.resolve(caches.add(name)),
      delete: (name: string) => Promise.resolve(caches.delete(name)),
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('is on, in every realm, and ends with the rule', async () => {
    await imposeOffline(true, tell, storage);
    expect([...caches]).toEqual(['meditron-offline-only']);
    expect(told).toEqual([{ type: 'offline-only', on: true }]);
    await imposeOffline(false, tell, storage);
    expect([...caches]).toEqual([]);
    expect(told.at(-1)).toEqual({ type: 'offline-only', on: false });
  });

  it('stays on after a rule that came and went where a person had switched it on before', async () => {
    caches.add('meditron-offline-only');
    await imposeOffline(true, tell, storage);
    await imposeOffline(false, tell, storage);
    expect([...caches]).toEqual(['meditron-offline-only']);
  });

  it('ends with the rule, however many starts later', async () => {
    for (const wanted of [true, true, false]) await imposeOffline(wanted, tell, storage);
    expect([...caches, ...rows.keys()]).toEqual([]);
  });

  it('leaves a person’s own choice alone where there is no rule', async () => {
    caches.add('meditron-offline-only');
    await imposeOffline(false, tell, storage);
    expect([...caches]).toEqual(['meditron-offline-only']);
    expect(told).toEqual([]);
  });
});
