import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom, shuffled } from './random.ts';

/** As runs that are stored were drawn: the draws of a seed may never change. */
function asDefined<T>(values: readonly T[], random: () => number): T[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const at = Math.floor(random() * (last + 1));
    const [moved] = copy.splice(at, 1);
    if (moved !== undefined) copy.splice(last, 0, moved);
  }
  return copy;
}

test('a shuffle draws what it always drew, and asks for as many numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.anything(), { maxLength: 300 }), fc.integer(), (values, seed) => {
      const [random, reference] = [seededRandom(seed), seededRandom(seed)];
      const defined = values.map((value) => ({ value }));
      expect(shuffled(defined, random)).toEqual(asDefined(defined, reference));
      expect(random()).toBe(reference());
    }),
  );
  for (let n = 0; n <= 260; n += 1) {
    const numbers = Array.from({ length: n }, (_, index) => index);
    expect(shuffled(numbers, seededRandom(n))).toEqual(asDefined(numbers, seededRandom(n)));
  }
});

test('a shuffle of MedMCQA’s 182,822 training items holds nobody up', { timeout: 10_000 }, () => {
  const numbers = Array.from({ length: 182_822 }, (_, index) => index);
  const before = performance.now();
  const drawn = shuffled(numbers, seededRandom(1));
  // It took over twenty seconds; a fifth of one is usual.
  expect(performance.now() - before).toBeLessThan(3000);
  expect(new Set(drawn).size).toBe(numbers.length);
});
