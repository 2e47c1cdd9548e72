/** Two runs on the same items. */
import { mean, standardError } from './proportion.ts';

export interface PairedComparison {
  readonly n: number;
  /** Accuracy of the first minus that of the second. */
  readonly difference: number;
  /** Standard error of the paired differences: the items' own difficulty drops out. Miller 2024, arXiv 2411.00640, section 4.2. */
  readonly standardError: number;
  /** Items that only the first, and only the second, got right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided exact McNemar test; 1 when the runs differ on no item. */
  readonly mcNemarP: number;
}

/** @param first, second 1 for right and 0 for wrong, item by item in the same order. */
export function comparePaired(first: readonly number[], second: readonly number[]): PairedComparison {
  const differences = first.map((value, index) => value - (second[index] ?? 0));
  const onlyFirst = differences.filter((each) => each > 0).length;
  const onlySecond = differences.filter((each) => each < 0).length;
  return {
    n: first.length,
    difference: mean(differences),
    standardError: standardError(differences),
    onlyFirst,
    onlySecond,
    mcNemarP: exactMcNemar(onlyFirst, onlySecond),
  };
}

/**
 * Two-sided exact McNemar: twice the lower tail of Binomial(b + c, ½), at most 1.
 * McNemar 1947, https://doi.org/10.1007/BF02295996
 */
export function exactMcNemar(b: number, c: number): number {
  const n = b + c;
  const least = Math.min(b, c);
  // Σ C(n, k) / 2ⁿ by logarithms: 2ⁿ leaves the range of a double from n = 1024 on.
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= least; k += 1) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** How often two runs choose the same option, and Cohen's κ, which takes chance agreement off. */
export interface Agreement {
  readonly n: number;
  readonly same: number;
  readonly share: number;
  /** NaN when both always choose one and the same option. Cohen 1960, https://doi.org/10.1177/001316446002000104 */
  readonly kappa: number;
}

/** @param first, second the chosen option of each item, in the same order. */
export function agreement(first: readonly string[], second: readonly string[]): Agreement {
  const n = first.length;
  const same = first.filter((choice, index) => choice === second[index]).length;
  // In whole numbers: 1/n summed n times is not 1, and what has no value would have one.
  const ofSecond = tally(second);
  let chance = 0;
  for (const [choice, count] of tally(first)) chance += count * (ofSecond.get(choice) ?? 0);
  return { n, same, share: same / n, kappa: (same * n - chance) / (n * n - chance) };
}

function tally(choices: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const choice of choices) counts.set(choice, (counts.get(choice) ?? 0) + 1);
  return counts;
}
