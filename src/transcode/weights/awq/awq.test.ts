import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../testing/random.ts';
import { convertAwq } from './awq.ts';
import {
  type AwqPanels,
  createPlainPanels,
  FLIP,
  KEEP,
  PANEL_WORDS,
  PANELS,
  REQUANTISE,
} from './awq-panel.ts';
import { createSimdPanels } from './awq-panel-simd.ts';
import { f16ToNumber } from '../float16.ts';
import type { Quality } from '../quantize.ts';

const LARGEST_HALF = 0x7bff;
const [ROWS, COLS] = [8, 32];

/** One group for each of eight outputs, all of the largest scale f16 has, with the same codes and zeros. */
function convertLargest(
  code: (col: number) => number,
  zero: number,
  quality: Quality,
  scales: Uint16Array | Float32Array,
): ReturnType<typeof convertAwq> {
  const repeated = (nibble: number): number => Math.imul(nibble, 0x1111_1111);
  return convertAwq(
    {
      qweight: Int32Array.from({ length: COLS }, (_, col) => repeated(code(col))),
      qzeros: Int32Array.of(repeated(zero)),
      scales: new Uint16Array(ROWS).fill(LARGEST_HALF),
      rows: ROWS,
      cols: COLS,
      groupSize: 32,
      quality,
    },
    new Uint32Array((ROWS * COLS) / 8),
    scales,
  );
}

describe.each(['fast', 'best'] as const)('AWQ with the largest scale f16 has, quality %s', (quality) => {
  // With zero 0 the weights are 0 to 15 scales: no group of MLC's holds them without a scale nearly twice as large.
  const tooWide = (scales: Uint16Array | Float32Array) => (): unknown =>
    convertLargest((col) => col % 16, 0, quality, scales);

  it('is refused where a group needs a larger one', () => {
    expect(tooWide(new Uint16Array(ROWS))).toThrow(
      expect.objectContaining({ name: 'AppError', code: 'transcode/bad-values' }) as Error,
    );
  });

  it('is converted where the package’s scales are f32', () => {
    const scales = new Float32Array(ROWS);
    expect(tooWide(scales)).not.toThrow();
    expect(scales.every((scale) => Math.abs(scale) > 65_504 && Number.isFinite(scale))).toBe(true);
  });

  it('is carried over where codes fit', () => {
    const scales = new Uint16Array(ROWS);
    expect(convertLargest((col) => col % 16, 7, quality, scales).exactGroups).toBe(ROWS);
    expect([...scales]).toEqual(new Array(ROWS).fill(LARGEST_HALF));
  });
});

describe('a matrix of any size', () => {
  const NIBBLE_OF = [0, 4, 1, 5, 2, 6, 3, 7];
  const sizes = fc.record({
    words: fc.integer({ min: 1, max: 20 }),
    groups: fc.integer({ min: 1, max: 6 }),
    perScale: fc.constantFrom(1, 2, 4),
    seed: fc.integer(),
    spread: fc.constantFrom(4, 8, 16),
  });

  it('keeps every weight of a group that fits, and comes near the others', () => {
    fc.assert(
      fc.property(sizes, ({ words, groups: wanted, perScale, seed, spread }) => {
        const rows = 8 * words;
        const groups = perScale * wanted;
        const cols = 32 * groups;
        const groupSize = 32 * perScale;
        const random = randomNumbers(seed);
        const nibbles = Uint8Array.from({ length: rows * cols }, () => Math.floor(random() * spread));
        const zeros = Uint8Array.from({ length: wanted * rows }, () => Math.floor(random() * 16));
        const scales = Uint16Array.from(
          { length: wanted * rows },
          () => 0x2400 + Math.floor(random() * 0x400),
        );
        const pack = (count: number, code: (k: number, row: number) => number): Int32Array => {
          const packed = new Int32Array(count * words);
          for (let k = 0; k < count; k++) {
            for (let row = 0; row < rows; row++) {
              const at = k * words + Math.floor(row / 8);
              packed[at] = (packed[at] ?? 0) | (code(k, row) << (4 * (NIBBLE_OF[row % 8] ?? 0)));
            }
          }
          return packed;
        };
        const outWeights = new Uint32Array((rows * cols) / 8);
        const outScales = new Float32Array(rows * groups);
        const { exactGroups, sums } = convertAwq(
          {
            qweight: pack(cols, (k, row) => nibbles[k * rows + row] ?? 0),
            qzeros: pack(wanted, (g, row) => zeros[g * rows + row] ?? 0),
            scales,
            rows,
            cols,
            groupSize,
            quality: 'fast',
          },
          outWeights,
          outScales,
        );
        let exact = 0;
        let squaredError = 0;
        let energy = 0;
        for (let row = 0; row < rows; row++) {
          for (let g = 0; g < groups; g++) {
            const at = Math.floor(g / perScale) * rows + row;
            const scale = f16ToNumber(scales[at] ?? 0);
            const us = Array.from(
              { length: 32 },
              (_, j) => (nibbles[(32 * g + j) * rows + row] ?? 0) - (zeros[at] ?? 0),
            );
            const [low, high] = [Math.min(...us), Math.max(...us)];
            const fits = (low >= -7 && high <= 8) || (low >= -8 && high <= 7);
            if (fits) exact++;
            for (const [j, u] of us.entries()) {
              const k = 32 * g + j;
              const code = ((outWeights[(row * cols + k - (k % 8)) / 8] ?? 0) >>> (4 * (k % 8))) & 15;
              const made = (code - 7) * (outScales[row * groups + g] ?? 0);
              const error = u * scale - made;
              if (fits ? error !== 0 : Math.abs(error) > 1.1 * scale) return false;
              squaredError += error * error;
              energy += (u * scale) ** 2;
            }
          }
        }
        expect(exactGroups).toBe(exact);
        expect(sums.energy).toBeCloseTo(energy, 6);
        expect(sums.squaredError).toBeCloseTo(squaredError, 6);
        return true;
      }),
      { numRuns: 100 },
    );
  });
});

describe('a panel', () => {
  const cols = 32 * 7;

  /** Everything a conversion of this panel gives, with memory that an earlier one has used. */
  function convertPanel(panels: AwqPanels | null, panel: number, seed: number): unknown {
    if (panels === null) throw new Error('node has WebAssembly SIMD');
    const random = randomNumbers(seed);
    for (let i = 0; i < panels.codes.length; i++) {
      // Where codes keep to one half, more groups fit than by chance.
      const half = random() < 0.9 ? 0x7777_7777 : 0xffff_ffff;
      panels.codes[i] = (random() * 2 ** 32) & half;
    }
    for (let i = 0; i < panels.zeros.length; i++) panels.zeros[i] = (random() * 2 ** 32) | 0;
    panels.convert(panel, PANEL_WORDS, cols);
    const used = (cols / 32) * 8 * PANEL_WORDS;
    const { kinds, squares, words } = panels;
    return [kinds, squares, words].map((all) => [...all.subarray(0, all === panels.words ? 4 * used : used)]);
  }

  it('comes out of WebAssembly as out of TypeScript', () => {
    // Larger than needed, as memory of an earlier matrix may be.
    const [simd, plain] = [createSimdPanels(2 * cols), createPlainPanels(2 * cols)];
    for (let seed = 0; seed < 40; seed++) {
      const panel = seed % PANELS;
      expect(convertPanel(simd, panel, seed)).toEqual(convertPanel(plain, panel, seed));
    }
    for (const kind of [KEEP, FLIP, REQUANTISE]) expect(plain.kinds).toContain(kind);
  });
});
