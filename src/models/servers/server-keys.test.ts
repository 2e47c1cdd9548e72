import { describe, expect, it } from 'vitest';
import { forgetKey, isKept, keyOf, setKey, type KeyPlaces } from './server-keys.ts';

function places(): KeyPlaces & { readonly rows: Record<'tab' | 'kept', Map<string, string>> } {
  const rows = { tab: new Map<string, string>(), kept: new Map<string, string>() };
  const place = (of: Map<string, string>): KeyPlaces['tab'] => ({
    getItem: (name) => of.get(name) ?? null,
    setItem: (name, value) => void of.set(name, value),
    removeItem: (name) => void of.delete(name),
  });
  return { rows, tab: place(rows.tab), kept: place(rows.kept) };
}

describe('a key', () => {
  it('lives in the tab, and nowhere else unless it is to be kept', () => {
    const at = places();
    setKey('a', 'sk-1', false, at);
    expect(keyOf('a', at)).toBe('sk-1');
    expect(isKept('a', at)).toBe(false);
    expect(at.rows.kept.size).toBe(0);
    setKey('a', 'sk-2', true, at);
    expect(keyOf('a', at)).toBe('sk-2');
    expect(at.rows.tab.size).toBe(0);
    setKey('a', 'sk-3', false, at);
    expect(at.rows.kept.size).toBe(0);
    expect(keyOf('b', at)).toBeNull();
  });

  it('is gone when it is forgotten or set to nothing', () => {
    const at = places();
    setKey('a', 'sk-1', true, at);
    forgetKey('a', at);
    expect(keyOf('a', at)).toBeNull();
    setKey('a', 'sk-1', false, at);
    setKey('a', '', false, at);
    expect([keyOf('a', at), at.rows.tab.size, at.rows.kept.size]).toEqual([null, 0, 0]);
  });

  it('lasts as long as the page where storage is forbidden', () => {
    const refuse = (): never => {
      throw new DOMException('no', 'SecurityError');
    };
    const none = { getItem: refuse, setItem: refuse, removeItem: refuse };
    const at = { tab: none, kept: none };
    setKey('c', 'sk-1', false, at);
    expect(keyOf('c', at)).toBe('sk-1');
    forgetKey('c', at);
    expect(keyOf('c', at)).toBeNull();
  });
});
