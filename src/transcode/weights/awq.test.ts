import { describe, expect, it } from 'vitest';
import { convertAwq } from './awq.ts';
import type { Quality } from './quantize.ts';

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
