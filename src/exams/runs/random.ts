/** Seeded choice, the same on every machine. */

/** Mulberry32 (public domain, T. Ettinger): uniform in [0, 1). Good enough to draw questions, not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A copy in an order drawn by `random`, which is asked n - 1 times: from the back, each place gets one of those left, which keep their
 * order. Stored runs were drawn so: a seed's draws may never change. A Fenwick tree counts who is left, so that it takes n log n.
 */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const n = values.length;
  const drawn = [...values];
  // left[i]: how many are left of the (i & -i) values that end with the i-th.
  const left = Int32Array.from({ length: n + 1 }, (_, i) => i & -i);
  const top = n === 0 ? 0 : 2 ** Math.floor(Math.log2(n));
  for (let last = n - 1; last >= 0; last -= 1) {
    let before = last === 0 ? 0 : Math.floor(random() * (last + 1));
    let at = 0;
    for (let step = top; step > 0; step >>= 1) {
      const count = left[at + step];
      if (count === undefined || count > before) continue;
      at += step;
      before -= count;
    }
    const value = values[at];
    if (value !== undefined) drawn[last] = value;
    for (let i = at + 1; i <= n; i += i & -i) left[i] = (left[i] ?? 0) - 1;
  }
  return drawn;
}

/** A number of a text, to give each item an order of its own that does not depend on which others are asked. FNV-1a. */
export function seedOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
