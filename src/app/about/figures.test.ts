import { expect, it } from 'vitest';
import { BENCHMARKS, FINE_TUNED_MEAN, meanOf, TRUTHFULNESS, TRUTHFULNESS_MEAN } from './figures.ts';

// A slip of the pen in one figure would move its mean away from the published one. The published mean of truthfulness is
// 0.1 above that of its rounded parts.
it('the published means are those of the figures', () => {
  expect(meanOf(BENCHMARKS.map(({ fineTuned }) => fineTuned))).toBeCloseTo(FINE_TUNED_MEAN, 1);
  expect(Math.abs(meanOf(TRUTHFULNESS.map(({ value }) => value)) - TRUTHFULNESS_MEAN)).toBeLessThan(0.15);
});

it('the raw model is never told to be better than the fine-tuned one', () => {
  for (const { raw, fineTuned } of BENCHMARKS) expect(raw).toBeLessThan(fineTuned);
});
