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

/** Fisher–Yates on a copy. */
export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    const [moved] = copy.splice(at, 1);
    if (moved !== undefined) copy.splice(last, 0, moved);
  }
  return copy;
}

/** A number of a text, to give each item an order of its own that does not depend on which others are asked. FNV-1a. */
export function seedOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
