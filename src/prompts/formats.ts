/** Prompt formats, demonstrations and per-model defaults, from `model-config/prompt-formats.json`. */
import data from '../../model-config/prompt-formats.json' with { type: 'json' };
import type { Demonstration, PromptConfig, PromptDefaults, PromptFormat } from './formats-schema.ts';

export type { Demonstration, PromptDefaults, PromptFormat } from './formats-schema.ts';

/** Typed by the compiler, checked against the schema by `formats.test.ts`. */
const config: PromptConfig = data;

/** Every format, in the order in which to offer them. */
export const promptFormats: readonly PromptFormat[] = config.formats;

export const controlTexts: readonly string[] = config.controlTexts;

/** Worked examples, ours; the first is the one of the one-shot form. */
export const builtInDemonstrations: readonly Demonstration[] = config.demonstrations;

/** The format called `id`, or undefined: an id in a stored chat may come from another version of the app. */
export function findPromptFormat(id: string): PromptFormat | undefined {
  return promptFormats.find((format) => format.id === id);
}

/** How to prompt the model with this catalogue id; a model not listed is prompted like Meditron-7B. */
export function promptDefaultsFor(modelId: string): PromptDefaults {
  const known = Object.hasOwn(config.models, modelId) ? modelId : config.otherModels;
  const defaults = config.models[known];
  if (defaults === undefined) throw new TypeError(`no prompt defaults for ${known}`);
  return defaults;
}
