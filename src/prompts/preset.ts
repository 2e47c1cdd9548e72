/** A preset: a named way of putting questions to a model. Chats follow it wherever they say nothing else themselves. */
import {
  bannedTokensSchema,
  examplesSchema,
  PROMPT_SETTING_LIMITS,
  stopsSchema,
} from '../lib/prompt-settings-schema.ts';
import { samplingSchema } from '../lib/sampling-schema.ts';
import { z } from '../lib/zod.ts';

export const PRESET_LIMITS = {
  nameCharacters: 80,
  aboutCharacters: 500,
  /** In a list a person chooses from. */
  presets: 200,
  /** Of a file: 200 presets of the longest texts are not a preset file. */
  fileBytes: 2_000_000,
} as const;

export const presetIdSchema = z.string().regex(/^[\w-]{1,64}$/);

export const presetSchema = z.object({
  id: presetIdSchema,
  name: z.string().trim().min(1).max(PRESET_LIMITS.nameCharacters),
  /** What it is for, in a sentence or two. */
  about: z.string().max(PRESET_LIMITS.aboutCharacters),
  /** Id of a prompt format; null: as the settings say, then the model. */
  promptFormat: z.string().max(64).nullable(),
  /** null: the model's own. */
  systemText: z.string().max(PROMPT_SETTING_LIMITS.textCharacters).nullable(),
  /** null: those the format or the model comes with. */
  examples: examplesSchema.nullable(),
  /** null: as the settings say, then the format. */
  sampling: samplingSchema.nullable(),
  /** Besides the format's own. */
  stops: stopsSchema,
  bannedTokens: bannedTokensSchema,
});

export type Preset = Readonly<z.infer<typeof presetSchema>>;

/** Stands for "no preset" where one would otherwise be followed. */
export const NO_PRESET = 'none';
