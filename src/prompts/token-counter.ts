/** Number of tokens of a text, without BOS. */
export type CountTokens = (text: string) => Promise<number>;

/** Enough for the prompts of one long chat while its draft is being typed; each entry holds a prompt of a few kB. */
const MAX_REMEMBERED = 64;

/**
 * Remembers counts by text, least recently used out first, since each costs a round trip to the engine's worker. Make one
 * per loaded model: counts differ between vocabularies. Failed counts are not remembered.
 */
export function rememberCounts(countTokens: CountTokens, most = MAX_REMEMBERED): CountTokens {
  const known = new Map<string, Promise<number>>();
  return (text) => {
    const count = known.get(text) ?? countTokens(text);
    known.delete(text);
    known.set(text, count);
    count.catch(() => {
      if (known.get(text) === count) known.delete(text);
    });
    const oldest = known.keys().next();
    if (known.size > most && oldest.done === false) known.delete(oldest.value);
    return count;
  };
}
