import { expect, it } from 'vitest';
import { findPromptFormat } from './formats.ts';
import { ownPresets } from './own-presets.ts';
import { presetSchema } from './preset.ts';

it('the app’s own presets are presets of formats there are, each once', () => {
  expect(ownPresets).toHaveLength(5);
  for (const preset of ownPresets) {
    expect(presetSchema.parse(preset)).toEqual(preset);
    expect(findPromptFormat(preset.promptFormat ?? '')).toBeDefined();
  }
  expect(new Set(ownPresets.flatMap(({ id, name }) => [id, name])).size).toBe(10);
});
