/** For tests: a language model of nothing, in which every token depends on all tokens before it. */

/** Logits in (-4, 4) from a hash of the whole sequence; -40 for what is not likely. */
export function fakeLogits(
  sequence: readonly number[],
  vocabulary: number,
  next?: (sequence: readonly number[]) => number | undefined,
  [first, last]: readonly [number, number] = [0, vocabulary - 1],
): Float32Array {
  let state = 2166136261;
  for (const id of sequence) state = Math.imul(state ^ id, 16777619) >>> 0;
  const logits = Float32Array.from({ length: vocabulary }, (_, id) => {
    if (id < first || id > last) return -40;
    const mixed = Math.imul(state ^ Math.imul(id + 1, 2654435761), 2246822519) >>> 0;
    return (mixed / 4294967296) * 8 - 4;
  });
  const forced = next?.(sequence);
  if (forced !== undefined) logits[forced] = 20;
  return logits;
}
