import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, logProbability, penalise, sampleToken, seededRandom, shortlist, topIds } from './sampler.ts';

const logits = fc
  .array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values));

const plain = { temperature: 1, topP: 1, topK: 0, repetitionPenalty: 1 };

describe('shortlist', () => {
  it('is a distribution, most probable first', () => {
    fc.assert(
      fc.property(
        logits,
        fc.nat(80),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        (values, topK, topP, temperature) => {
          const list = shortlist(values, topK, topP, temperature);
          expect(list.length).toBeGreaterThanOrEqual(1);
          if (topK > 0) expect(list.length).toBeLessThanOrEqual(topK);
          expect(list[0]?.id).toBe(argmax(values));
          expect(list.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
          for (const [at, { probability }] of list.entries()) {
            if (at > 0) expect(probability).toBeLessThanOrEqual(list[at - 1]?.probability ?? 0);
          }
        },
      ),
    );
  });

  it('keeps the fewest candidates that hold top-p, measured before the temperature', () => {
    const values = Float32Array.from([Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05)]);
    expect(shortlist(values, 0, 0.79, 1).map(({ id }) => id)).toEqual([0, 1]);
    expect(shortlist(values, 0, 0.81, 1).map(({ id }) => id)).toEqual([0, 1, 2]);
    // A high temperature would spread the mass over all four, were it applied first.
    expect(shortlist(values, 0, 0.79, 5).map(({ id }) => id)).toEqual([0, 1]);
    expect(shortlist(values, 0, 0, 1).map(({ id }) => id)).toEqual([0]);
  });

  it('sharpens with a low temperature and flattens with a high one', () => {
    const values = Float32Array.from([1, 0]);
    const first = (temperature: number) => shortlist(values, 0, 1, temperature)[0]?.probability;
    expect(first(1)).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    expect(first(0.5)).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(first(2)).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 6);
  });
});

describe('penalise', () => {
  it('divides positive and multiplies negative logits, once per token', () => {
    const values = Float32Array.from([2, -2, 5, 0]);
    penalise(values, [0, 0, 1, 99], 2);
    expect([...values]).toEqual([1, -4, 5, 0]);
  });
});

describe('sampleToken', () => {
  it('is greedy at temperature 0, after the penalty', () => {
    const values = (): Float32Array => Float32Array.from([3, 2.5, 1]);
    const greedy = { ...plain, temperature: 0 };
    expect(sampleToken(values(), [], greedy, () => 0.99)).toBe(0);
    expect(sampleToken(values(), [0], { ...greedy, repetitionPenalty: 1.5 }, () => 0.99)).toBe(1);
  });

  it('looks at no more than the latest 64 tokens for the penalty', () => {
    const values = Float32Array.from([3, 2.5]);
    const long = [0, ...Array.from({ length: 64 }, () => 7)];
    expect(sampleToken(values, long, { ...plain, temperature: 0, repetitionPenalty: 2 }, () => 0)).toBe(0);
  });

  it('draws each token as often as its probability says', () => {
    const values = Float32Array.from([Math.log(0.6), Math.log(0.3), Math.log(0.1)]);
    const random = seededRandom(42);
    const counts = [0, 0, 0];
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw += 1) {
      const id = sampleToken(values, [], plain, random);
      counts[id] = (counts[id] ?? 0) + 1;
    }
    // Five standard deviations of a binomial of 20,000 draws are under 0.018.
    for (const [id, share] of [0.6, 0.3, 0.1].entries()) {
      expect(Math.abs((counts[id] ?? 0) / draws - share)).toBeLessThan(0.018);
    }
  });

  it('repeats itself with the same seed and differs with another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 50 }, () => sampleToken(new Float32Array(100), [], plain, random));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('survives NaN and infinities', () => {
    expect(sampleToken(Float32Array.from([NaN, 1, NaN]), [], plain, () => 0.5)).toBe(1);
    expect(sampleToken(Float32Array.from([-Infinity, 1]), [], plain, () => 0.999)).toBe(1);
  });
});

describe('logProbability', () => {
  it('sums to one over the vocabulary', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const total = Array.from(values, (_, id) => Math.exp(logProbability(values, id))).reduce(
          (a, b) => a + b,
          0,
        );
        expect(total).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('topIds', () => {
  it('ranks as sorting does, whatever the logits', () => {
    const logit = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.NEGATIVE_INFINITY));
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 40 }), fc.nat(8), (values, count) => {
        const sorted = values
          .map((value, id) => ({ value, id }))
          .filter(({ value }) => value > Number.NEGATIVE_INFINITY)
          .sort((a, b) => b.value - a.value || a.id - b.id);
        expect(topIds(Float32Array.from(values), count)).toEqual(sorted.slice(0, count).map(({ id }) => id));
      }),
    );
    expect(topIds(Float32Array.of(Number.NaN, 1, Number.NaN, 2), 3)).toEqual([3, 1]);
  });
});
