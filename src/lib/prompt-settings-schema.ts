/** The parts a prompt can be given besides the conversation, as rows, presets and files hold them. */
import { z } from './zod.ts';

/** Each more than any window can use: a file that holds more was not made for this. */
export const PROMPT_SETTING_LIMITS = {
  /** Characters; a window of 4,096 tokens holds about 16,000. */
  textCharacters: 20_000,
  examples: 20,
  /** vLLM takes 4 in its strictest set-up; engines look for each at every token. */
  stops: 16,
  stopCharacters: 64,
  bannedTokens: 256,
  /** Messages of one chat that are left out or pinned. */
  markedTurns: 10_000,
} as const;

const text = z.string().max(PROMPT_SETTING_LIMITS.textCharacters);

/** A worked question and answer that comes before the conversation. */
export const exampleSchema = z.object({
  question: text,
  answer: text,
  /** Kept, but not put before the conversation. */
  off: z.boolean(),
});

export const examplesSchema = z.array(exampleSchema).max(PROMPT_SETTING_LIMITS.examples);

/** Texts that end a reply besides the format's own. */
export const stopsSchema = z
  .array(z.string().min(1).max(PROMPT_SETTING_LIMITS.stopCharacters))
  .max(PROMPT_SETTING_LIMITS.stops);

/** A token that is never drawn: its place in the model's vocabulary, and what it reads as. */
export const bannedTokenSchema = z.object({
  // A vocabulary is an i32 in both engines.
  id: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  text: z.string().max(256),
});

export const bannedTokensSchema = z.array(bannedTokenSchema).max(PROMPT_SETTING_LIMITS.bannedTokens);

export type Example = Readonly<z.infer<typeof exampleSchema>>;
export type BannedToken = Readonly<z.infer<typeof bannedTokenSchema>>;
