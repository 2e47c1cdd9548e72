/** Counting and cutting text as the server's model reads it. */
import type { ServerAbilities } from './connect/abilities.ts';
import type { AskJson } from './http.ts';
import { completion, tokenizeAnswer } from './wire.ts';

/** vLLM's words for it, llama-server's and TGI's; each ignores the others'. */
export function tokenizeBody(model: string, text: string, withBos: boolean): object {
  return {
    model,
    prompt: text,
    add_special_tokens: withBos,
    content: text,
    add_special: withBos,
    inputs: text,
  };
}

/** @param withBos adds what the server puts before a prompt of text. @throws AppError `server/*`. */
export async function tokenize(
  ask: AskJson,
  model: string,
  text: string,
  withBos: boolean,
): Promise<readonly number[]> {
  const { tokens } = await ask('tokenize', tokenizeAnswer, tokenizeBody(model, text, withBos));
  return tokens;
}

/**
 * Tokens of `text` without BOS; where the server does not cut text for others, a bound that is never too small: a token
 * stands for at least one byte, and SentencePiece puts one space before the text.
 * @throws AppError `server/*`.
 */
export async function countTokens(
  ask: AskJson,
  abilities: Pick<ServerAbilities, 'model' | 'counting' | 'contextLength' | 'bosTokens'>,
  text: string,
): Promise<number> {
  if (abilities.counting === 'tokenize') return (await tokenize(ask, abilities.model, text, false)).length;
  if (text === '') return 0;
  const bound = new TextEncoder().encode(text).length + 1;
  // A short text fits whatever it takes; a long one is worth asking for.
  if (abilities.counting === 'bytes' || bound <= abilities.contextLength / 2) return bound;
  const { usage } = await ask('v1/completions', completion, {
    model: abilities.model,
    prompt: text,
    max_tokens: 1,
    temperature: 0,
  });
  return usage ? Math.max(0, usage.prompt_tokens - (abilities.bosTokens ?? 0)) : bound;
}

/**
 * Splits options off the prompt at a token boundary that all of them share, as the engines in the browser do: where the
 * prompt's last token merges with an option's first character, the condition is shorter by that token for every option alike.
 */
export function cutOptions(
  prompt: readonly number[],
  whole: readonly (readonly number[])[],
): { readonly condition: readonly number[]; readonly continuations: readonly (readonly number[])[] } {
  const shared = whole.reduce((least, ids) => Math.min(least, sharedLength(prompt, ids)), prompt.length);
  return { condition: prompt.slice(0, shared), continuations: whole.map((ids) => ids.slice(shared)) };
}

export function sharedLength<T>(a: readonly T[], b: readonly T[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}
