import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readSampling, SAMPLING_BOUNDS, type Sampling } from './sampling.ts';
import { samplingSchema } from './sampling-schema.ts';

const KEYS = ['temperature', 'topP', 'topK', 'repetitionPenalty', 'maxTokens'] as const;
const number = fc.oneof(
  fc.double({ min: -1, max: 6, noNaN: true }),
  fc.integer({ min: -2, max: 3_000_000_000 }),
  ...KEYS.flatMap((key) =>
    [SAMPLING_BOUNDS[key].min, SAMPLING_BOUNDS[key].max].map((edge) => fc.constant(edge)),
  ),
);

it('the reader of the first paint and the schema of files take the same', () => {
  fc.assert(
    fc.property(fc.record(Object.fromEntries(KEYS.map((key) => [key, number]))), (values) => {
      const raw = { ...values, seed: null } as unknown as Sampling;
      expect(readSampling(raw) !== null).toBe(samplingSchema.safeParse(raw).success);
    }),
  );
});

it('takes no seed an engine could not be given', () => {
  const sampling = { temperature: 0.7, topP: 1, topK: 0, repetitionPenalty: 1, maxTokens: 16, seed: 7 };
  expect(readSampling(sampling)).toEqual(sampling);
  for (const seed of [-1, 0.5, 2 ** 32, NaN, '7', undefined])
    expect(readSampling({ ...sampling, seed })).toBeNull();
});

it('takes as many alternatives as engines tell, and leaves out what is not asked for', () => {
  const plain = { temperature: 0.7, topP: 1, topK: 0, repetitionPenalty: 1, maxTokens: 16, seed: 7 };
  expect(Object.keys(readSampling(plain) ?? {})).not.toContain('topAlternatives');
  for (const topAlternatives of [0, 5, 20]) {
    expect(readSampling({ ...plain, topAlternatives })).toEqual({ ...plain, topAlternatives });
    expect(samplingSchema.parse({ ...plain, topAlternatives })).toEqual({ ...plain, topAlternatives });
  }
  for (const topAlternatives of [-1, 21, 0.5, '5', null]) {
    expect(readSampling({ ...plain, topAlternatives })).toBeNull();
    expect(samplingSchema.safeParse({ ...plain, topAlternatives }).success).toBe(false);
  }
});
