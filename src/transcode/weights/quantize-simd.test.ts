import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantizer } from './dequantize.ts';
import { rowQuantizer, type ErrorSums } from './quantize.ts';
import { createRowEncoder, type StoredFloat } from './quantize-simd.ts';

const TYPES = ['F16', 'BF16', 'F32'] as const;
const SCALES = ['float16', 'float32'] as const;

/** Bits of 16-bit numbers of every size, infinities and NaN among them; near each other so that many groups are of the usual kind. */
const bits16 = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
  { weight: 30, arbitrary: fc.integer({ min: 0x2000, max: 0x2fff }) },
  { weight: 30, arbitrary: fc.integer({ min: 0xa000, max: 0xafff }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 0x8000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0x7e00, 0xfc00),
  },
);
/** Most of a group of one size: few groups hold anything odd. */
const group16 = fc.oneof(
  fc.array(bits16, { minLength: 32, maxLength: 32 }),
  fc.array(fc.integer({ min: 0x2400, max: 0x27ff }), { minLength: 32, maxLength: 32 }),
  // Every size of scale there is.
  fc
    .tuple(
      fc.integer({ min: 0, max: 30 }),
      fc.array(fc.integer({ min: 0, max: 0x83ff }), { minLength: 32, maxLength: 32 }),
    )
    .map(([exponent, all]) => all.map((low) => (low & 0x83ff) | (exponent << 10))),
);

function stored(type: StoredFloat, halves: readonly number[]): Uint8Array {
  if (type === 'F16') return new Uint8Array(Uint16Array.from(halves).buffer);
  const values = new Float32Array(halves.length);
  dequantizer('F16')(new Uint8Array(Uint16Array.from(halves).buffer), 0, halves.length, values);
  // Bits that no f16 has.
  const words = new Uint32Array(values.buffer).map((word, i) => word ^ ((i * 2_654_435_761) & 0x1fff));
  if (type === 'F32') return new Uint8Array(words.buffer);
  return new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
}

function bits(scales: Uint16Array | Float32Array): readonly number[] {
  return [...new Uint16Array(scales.buffer, scales.byteOffset, scales.byteLength / 2)];
}

describe.each(TYPES)('stored %s', (type) => {
  it.each(SCALES)('gives the same codes, %s scales and sums as TypeScript, bit for bit', (scaleType) => {
    const encode = createRowEncoder(type, scaleType, 256);
    if (encode === null) throw new Error('no WebAssembly SIMD here');
    fc.assert(
      fc.property(
        fc.array(group16, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 3 }),
        (groups, shift) => {
          const count = groups.length * 32;
          const row = stored(type, groups.flat());
          const bytes = new Uint8Array(row.length + shift);
          bytes.set(row, shift);
          const made = (): [Uint32Array, Uint16Array | Float32Array, ErrorSums] => [
            new Uint32Array(count / 8 + 2),
            new (scaleType === 'float16' ? Uint16Array : Float32Array)(groups.length + 1),
            { squaredError: 0.25, energy: 0.5 },
          ];
          const [words, scales, sums] = made();
          encode(bytes, shift, count, words, 2, scales, 1, sums);
          const [plainWords, plainScales, plainSums] = made();
          const values = new Float32Array(count);
          dequantizer(type)(bytes, shift, count, values);
          rowQuantizer('fast')(values, count, plainWords, 2, plainScales, 1, plainSums);
          expect(sums).toEqual(plainSums);
          // What is not a number is refused by its sums; its codes mean nothing.
          if (!Number.isFinite(sums.energy) || !Number.isFinite(sums.squaredError)) return;
          expect([...words]).toEqual([...plainWords]);
          expect(bits(scales)).toEqual(bits(plainScales));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

it('reads every f16 there is as TypeScript does', () => {
  const encode = createRowEncoder('F16', 'float16', 32);
  if (encode === null) throw new Error('no WebAssembly SIMD here');
  const halves = new Uint16Array(32);
  const values = new Float32Array(32);
  const run = (quantised: Uint32Array, scales: Uint16Array, sums: ErrorSums, simd: boolean): void => {
    const bytes = new Uint8Array(halves.buffer);
    if (simd) encode(bytes, 0, 32, quantised, 0, scales, 0, sums);
    else {
      dequantizer('F16')(bytes, 0, 32, values);
      rowQuantizer('fast')(values, 32, quantised, 0, scales, 0, sums);
    }
  };
  for (let bits16s = 0; bits16s < 65_536; bits16s += 1) {
    halves.fill(0x3400);
    halves[bits16s % 32] = bits16s;
    const [a, b] = [new Uint32Array(4), new Uint32Array(4)];
    const [s, t] = [new Uint16Array(1), new Uint16Array(1)];
    const [x, y] = [
      { squaredError: 0, energy: 0 },
      { squaredError: 0, energy: 0 },
    ];
    run(a, s, x, true);
    run(b, t, y, false);
    if (!Object.is(x.energy, y.energy) || !Object.is(x.squaredError, y.squaredError))
      throw new Error(`${bits16s.toString(16)}: ${JSON.stringify([x, y])}`);
    if (Number.isFinite(y.energy) && (a.join() !== b.join() || s[0] !== t[0]))
      throw new Error(`${bits16s.toString(16)}: ${a.join()} ${b.join()}`);
  }
});
