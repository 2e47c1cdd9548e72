/** Figures in words, as screens and reports write them. */
import type { Proportion } from '../statistics/summary.ts';
import type { Interval } from '../statistics/proportion.ts';

/** `53.8 %`, on one line; "–" for what does not exist. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)}\u00A0%` : '–';
}

export function intervalText({ lower, upper }: Interval): string {
  return `${percent(lower)} to ${percent(upper)}`;
}

/** `28 of 52, 53.8 % (40.5 % to 66.7 %)` */
export function proportionText({ right, n, accuracy, interval }: Proportion): string {
  return n === 0 ? 'none' : `${right} of ${n}, ${percent(accuracy)} (${intervalText(interval)})`;
}

export function decimal(value: number, digits = 3): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}
