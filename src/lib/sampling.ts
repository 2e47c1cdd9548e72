/** How the next token is drawn: declared here once, for engines, prompts, preferences, records and fields alike. */

export interface SamplingNumbers {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 is off. */
  readonly topK: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  /** null: the engine draws one. */
  readonly seed: number | null;
  readonly maxTokens: number;
}

export interface Sampling extends SamplingNumbers {
  /** How many of the likeliest tokens are kept with each one of a reply; absent: a reply is text alone. */
  readonly topAlternatives?: number | undefined;
}

/** What both engines of this app tell at most. */
export const MAX_ALTERNATIVES = 20;
/** Longer than the longest piece of any vocabulary. */
export const MAX_TOKEN_CHARACTERS = 1000;

export interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** What a person can choose and a file can hold. */
export const SAMPLING_BOUNDS: Readonly<Record<keyof SamplingNumbers, Bounds>> = {
  // Above this every distribution is flat.
  temperature: { min: 0, max: 5, whole: false },
  topP: { min: 0, max: 1, whole: false },
  // llama.cpp's is an i32.
  topK: { min: 0, max: 2 ** 31 - 1, whole: true },
  repetitionPenalty: { min: 0, max: 5, whole: false },
  // More than any model's window.
  maxTokens: { min: 1, max: 1_000_000, whole: true },
  // llama.cpp's seed is a u32; its highest value asks for a random one.
  seed: { min: 0, max: 2 ** 32 - 2, whole: true },
};

export function isWithin(key: keyof SamplingNumbers, value: unknown): value is number {
  const { min, max, whole } = SAMPLING_BOUNDS[key];
  return typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value));
}

/** @returns null where anything is missing or not a possible value. By hand: it runs before the first paint, without zod. */
export function readSampling(raw: unknown): Sampling | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { temperature, topP, topK, repetitionPenalty, seed, maxTokens } = raw as Record<string, unknown>;
  if (
    !isWithin('temperature', temperature) ||
    !isWithin('topP', topP) ||
    !isWithin('topK', topK) ||
    !isWithin('repetitionPenalty', repetitionPenalty) ||
    !isWithin('maxTokens', maxTokens) ||
    !(seed === null || isWithin('seed', seed))
  )
    return null;
  const numbers = { temperature, topP, topK, repetitionPenalty, seed, maxTokens };
  const { topAlternatives } = raw as Record<string, unknown>;
  if (topAlternatives === undefined) return numbers;
  return isCount(topAlternatives) ? { ...numbers, topAlternatives } : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_ALTERNATIVES;
}
