/** Counting and cutting text as the server's model reads it. */
import type { ServerAbilities } from './connect/abilities.ts';
import { requestJson, type ServerEndpoint, type ServerSurroundings } from './http.ts';
import { completion, tokenizeAnswer } from './wire.ts';

/** @param withBos adds what the server puts before a prompt of text. @throws AppError `server/*`. */
export async function tokenize(
  server: ServerEndpoint,
  surroundings: ServerSurroundings,
  model: string,
  text: string,
  withBos: boolean,
  signal?: AbortSignal,
): Promise<readonly number[]> {
  const { tokens } = await requestJson(server, surroundings, 'tokenize', tokenizeAnswer, {
    // vLLM's words for it, and llama-server's; each ignores the other's.
    body: { model, prompt: text, add_special_tokens: withBos, content: text, add_special: withBos },
    ...(signal && { signal }),
  });
  return tokens;
}

/**
 * Tokens of `text` without BOS; where the server does not cut text for others, a bound that is never too small: a token
 * stands for at least one byte, and SentencePiece puts one space before the text.
 * @throws AppError `server/*`.
 */
export async function countTokens(
  server: ServerEndpoint,
  surroundings: ServerSurroundings,
  abilities: Pick<ServerAbilities, 'model' | 'counting' | 'contextLength' | 'bosTokens'>,
  text: string,
  signal?: AbortSignal,
): Promise<number> {
  if (abilities.counting === 'tokenize')
    return (await tokenize(server, surroundings, abilities.model, text, false, signal)).length;
  const bound = new TextEncoder().encode(text).length + 1;
  // A short text fits whatever it takes; a long one is worth asking for.
  if (abilities.counting === 'bytes' || bound <= abilities.contextLength / 2) return bound;
  const { usage } = await requestJson(server, surroundings, 'v1/completions', completion, {
    body: { model: abilities.model, prompt: text, max_tokens: 1, temperature: 0 },
    ...(signal && { signal }),
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
