/** The presets this app comes with, from `model-config/presets.json`. */
import data from '../../model-config/presets.json' with { type: 'json' };
import type { Preset } from './preset.ts';

/** Typed by the compiler, checked against the schema by `preset.test.ts`. In the order in which to offer them. */
export const ownPresets: readonly Preset[] = data.presets;
