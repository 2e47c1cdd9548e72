import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PREFERENCES, readPreferences } from './preferences.ts';

describe('readPreferences', () => {
  it('gives back what was stored', () => {
    const stored = {
      theme: 'dark',
      textSize: 'large',
      singleKeys: false,
      lastModelId: 'demo',
      promptFormat: 'chatml',
      sampling: { temperature: 0, topP: 0.9, topK: 40, repetitionPenalty: 1.1, seed: 7, maxTokens: 256 },
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
