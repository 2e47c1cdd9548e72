import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  applySiteDefaults,
  DEFAULT_PREFERENCES,
  readPreferences,
  setPreferences,
  usePreferences,
} from './preferences.ts';

describe('readPreferences', () => {
  it('gives back what was stored', () => {
    const stored = {
      theme: 'dark',
      textSize: 'large',
      singleKeys: false,
      lastModelId: 'demo',
      promptFormat: 'chatml',
      sampling: { temperature: 0, topP: 0.9, topK: 40, repetitionPenalty: 1.1, seed: 7, maxTokens: 256 },
      rawAsText: false,
      lockMinutes: 5,
    };
    expect(readPreferences(JSON.stringify(stored))).toEqual(stored);
  });

  it('puts the default in place of each impossible value and keeps the others', () => {
    const read = readPreferences(
      '{"theme":"pink","textSize":"small","sampling":{"temperature":-1},"lastModelId":3}',
    );
    expect(read).toEqual({ ...DEFAULT_PREFERENCES, textSize: 'small' });
  });

  it('never throws and always names a possible theme', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(null)), (text) => {
        expect(['system', 'light', 'dark']).toContain(readPreferences(text).theme);
      }),
    );
  });
});

describe('a site’s defaults', () => {
  const rows = new Map<string, string>();
  beforeEach(() => {
    rows.clear();
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => rows.get(key) ?? null,
      setItem: (key: string, value: string) => rows.set(key, value),
    });
    usePreferences.setState(DEFAULT_PREFERENCES);
  });
  afterEach(() => {
    applySiteDefaults({});
    vi.unstubAllGlobals();
  });

  it('hold for what nobody chose, and are not kept', () => {
    setPreferences({ textSize: 'small' });
    applySiteDefaults({ theme: 'dark', textSize: 'larger' });
    expect(usePreferences.getState()).toMatchObject({ theme: 'dark', textSize: 'small' });
    setPreferences({ singleKeys: false });
    expect(readPreferences(rows.get('meditron-preferences') ?? null)).toMatchObject({
      theme: 'system',
      textSize: 'small',
      singleKeys: false,
    });
  });

  it('give way to a choice, also to one of the app’s own default', () => {
    applySiteDefaults({ theme: 'dark' });
    setPreferences({ theme: 'system' });
    applySiteDefaults({ theme: 'dark' });
    expect(usePreferences.getState().theme).toBe('system');
  });

  it('do not touch what an older version kept as chosen', () => {
    rows.set('meditron-preferences', '{"theme":"light"}');
    usePreferences.setState({ theme: 'light' });
    applySiteDefaults({ theme: 'dark', textSize: 'large' });
    expect(usePreferences.getState()).toMatchObject({ theme: 'light', textSize: 'large' });
  });
});
