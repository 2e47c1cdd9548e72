import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { F16_VALUES, f16FromNumber, f16Round, f16ToNumber } from './float16.ts';

describe('half precision', () => {
  it('gives back every one of the 65,536 bit patterns', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = f16ToNumber(bits);
      if (Number.isNaN(value)) expect(f16FromNumber(value) & 0x7c00).toBe(0x7c00);
      else expect(f16FromNumber(value)).toBe(bits);
    }
  });

  it('has the values of the standard', () => {
    expect([0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00].map(f16ToNumber)).toEqual([
      0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      1,
      -2,
      65_504,
      Infinity,
    ]);
    expect(f16ToNumber(0x7e00)).toBeNaN();
  });

  it('rounds to the nearest, ties to even', () => {
    const finite = [...F16_VALUES.keys()].filter((bits) => bits < 0x7c00).map(f16ToNumber);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: finite.length - 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (i, share) => {
          const [low = 0, high = 0] = finite.slice(i, i + 2);
          const value = Math.fround(low + (high - low) * share);
          const rounded = f16Round(value);
          const middle = (low + high) / 2;
          const even = i % 2 === 0 ? low : high;
          expect(rounded).toBe(value < middle ? low : value > middle ? high : even);
          expect(f16Round(-value)).toBe(-rounded);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('overflows from 65,520 on', () => {
    expect(f16Round(65_519.99)).toBe(65_504);
    expect(f16Round(65_520)).toBe(Infinity);
    expect(f16Round(-1e30)).toBe(-Infinity);
    expect(f16Round(Number.NaN)).toBeNaN();
  });
});
