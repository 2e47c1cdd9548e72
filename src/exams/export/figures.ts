/** Figures in words, as screens and reports write them. */
import type { Proportion } from '../statistics/summary.ts';
import type { Interval } from '../statistics/proportion.ts';

/** `53.8 %`, on one line; "–" for what does not exist. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${fixed(share * 100, 1)}\u00A0%` : '–';
}

/** Nothing has a sign of its own: what rounds to 0 is not -0.0. */
function fixed(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=[0.]+$)/, '');
}

export function intervalText({ lower, upper }: Interval): string {
  return `${percent(lower)} to ${percent(upper)}`;
}

/** `28 of 52, 53.8 % (40.5 % to 66.7 %)` */
export function proportionText({ right, n, accuracy, interval }: Proportion): string {
  return n === 0 ? 'none' : `${right} of ${n}, ${percent(accuracy)} (${intervalText(interval)})`;
}

export function decimal(value: number, digits = 3): string {
  return Number.isFinite(value) ? fixed(value, digits) : '–';
}

/** `p = 0.092`; no p is 0: a smaller one is said to be smaller. */
export function pText(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${decimal(p)}`;
}
