/**
 * Which part of a prompt the KV cache already holds. Decided on token ids, never on text: the cache then holds exactly the
 * tokens of the new prompt, whatever the boundary between messages would have done to the tokenisation.
 *
 * Why not web-llm's own reuse (chat history equal, last finish reason `stop`): when a stop *string* ended the reply, the
 * cache also holds the stop string's first tokens, which its history does not show, and the next message would be appended
 * behind them; messages are encoded one by one, so each would begin with SentencePiece's extra space; and after `length`,
 * an abort, an edit or a regeneration it starts from nothing.
 */

export interface KvPlan {
  /** Prompt tokens kept in the cache. */
  readonly reused: number;
  /** Cached tokens to take off its end; `null`: empty the cache, nothing is reused. */
  readonly drop: number | null;
  /** Prompt tokens to feed, at least one: the logits of the last prompt token are needed. */
  readonly feed: readonly number[];
}

/** Below this a rollback saves nothing worth its risk: BOS and a word or two are shared by chance. */
export const MIN_REUSED = 8;

/**
 * @param cached tokens in the KV cache, in order.
 * @param prompt the whole prompt, with BOS, at least one token.
 * @param canRollBack whether tokens can be taken off the end of the cache.
 */
export function planKv(cached: readonly number[], prompt: readonly number[], canRollBack: boolean): KvPlan {
  const shared = Math.min(commonPrefix(cached, prompt), prompt.length - 1);
  const drop = cached.length - shared;
  const usable = drop === 0 ? shared > 0 : canRollBack && shared >= MIN_REUSED;
  if (!usable) return { reused: 0, drop: null, feed: prompt };
  return { reused: shared, drop, feed: prompt.slice(shared) };
}

export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const limit = Math.min(a.length, b.length);
  let length = 0;
  while (length < limit && a[length] === b[length]) length += 1;
  return length;
}
