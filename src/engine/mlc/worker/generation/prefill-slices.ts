/**
 * How many prompt tokens to feed at once. Stop can only take effect between two slices, so a slice should take about
 * `TARGET_MS`; the library's compiled chunk (1,024 and more) would take many seconds on a weak GPU. Speed is learnt from the
 * slices themselves and remembered from prompt to prompt.
 */

/** Leaves room for the token that is under way within the second a person waits for Stop. */
const TARGET_MS = 400;
/** Large enough to fill a GPU's matrix kernels once, small enough for the slowest adapter's first slice. */
const FIRST_SLICE = 64;
const SMALLEST_SLICE = 16;
/** A first slice that was slow or fast by chance must not swing the next one too far. */
const MAX_GROWTH = 4;

export class PrefillSlices {
  #next = FIRST_SLICE;

  /** @param maxForward the most tokens the library takes at once. @returns length of the next slice of `left` tokens. */
  next(left: number, maxForward: number): number {
    return Math.max(1, Math.min(left, maxForward, this.#next));
  }

  /** Learns from a slice that was fed. */
  took(tokens: number, ms: number): void {
    if (tokens < SMALLEST_SLICE) return;
    const fitting = ms > 0 ? Math.round((tokens * TARGET_MS) / ms) : tokens * MAX_GROWTH;
    this.#next = Math.max(SMALLEST_SLICE, Math.min(fitting, tokens * MAX_GROWTH));
  }
}
