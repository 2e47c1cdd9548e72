/** Accuracy and its uncertainty. Pure: numbers in, numbers out. */

export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** 97.5 % quantile of the standard normal distribution: a two-sided interval of 95 %. */
export const Z95 = 1.959963984540054;

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation over √n, as lm-evaluation-harness reports it (`mean_stderr`); NaN for fewer than two values. */
export function standardError(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return Number.NaN;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (n - 1) / n);
}

/**
 * Wilson's score interval for a proportion: within 0 and 1 and useful also near both.
 * Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953
 * @param right of `n` items, @returns 0 to 1 when n is 0.
 */
export function wilson(right: number, n: number, z: number = Z95): Interval {
  if (n === 0) return { lower: 0, upper: 1 };
  const p = right / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  // The bounds are exact at the ends; rounding must not carry them past.
  return { lower: right === 0 ? 0 : centre - half, upper: right === n ? 1 : centre + half };
}

/**
 * Standard error of a mean over items that come in clusters (several questions on one text): the sandwich estimate without a
 * small-sample factor, √(Σ_c (Σ_i∈c (x_i − x̄))²) / n. Miller 2024, arXiv 2411.00640, section 2.2.
 * Every item its own cluster gives the plain error times √((n−1)/n).
 */
export function clusteredStandardError(values: readonly number[], clusters: readonly string[]): number {
  const n = values.length;
  if (n < 2) return Number.NaN;
  const centre = mean(values);
  const sums = new Map<string, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? `#${index}`;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  });
  let total = 0;
  for (const sum of sums.values()) total += sum * sum;
  return Math.sqrt(total) / n;
}
