import { AppError } from '../lib/errors.ts';
import type { Quality } from './conversion.ts';
import { dequantizer } from './dequantize.ts';
import { GROUP } from './llama-checks.ts';
import { rowQuantizer, type ErrorSums } from './quantize.ts';
import { rowBytes, type TensorType } from './tensor-types.ts';

/** A few whole rows of one stored matrix, to be quantised to MLC's 4-bit groups. Buffers may be larger than needed. */
export interface BlockJob {
  readonly type: TensorType;
  readonly quality: Quality;
  readonly scaleType: 'float16' | 'float32';
  readonly rows: number;
  readonly cols: number;
  /** `rows` stored rows. */
  readonly input: ArrayBuffer;
  /** Gets rows × cols / 2 bytes. */
  readonly weights: ArrayBuffer;
  /** Gets rows × cols / 32 scales. */
  readonly scales: ArrayBuffer;
}

/** The job's buffers, filled. */
export interface BlockResult {
  readonly input: ArrayBuffer;
  readonly weights: ArrayBuffer;
  readonly scales: ArrayBuffer;
  readonly sums: ErrorSums;
}

/** @throws AppError `transcode/bad-values` */
export function runBlockJob(job: BlockJob): BlockResult {
  const { input, weights, scales } = job;
  const sums = quantizeRows(job, new Uint8Array(input), weights, 0, scales, 0);
  return { input, weights, scales, sums };
}

let rowBuffer = new Float32Array(0);

/**
 * Dequantises and quantises `rows` rows, one at a time so that a row stays in the CPU's first cache.
 * @param weightsAt bytes, a multiple of 4; @param scalesAt bytes, a multiple of the scale's size
 * @throws AppError `transcode/bad-values` for a weight that is NaN or infinite, or a scale beyond the package's number format
 */
export function quantizeRows(
  {
    type,
    quality,
    scaleType,
    rows,
    cols,
  }: Pick<BlockJob, 'type' | 'quality' | 'scaleType' | 'rows' | 'cols'>,
  input: Uint8Array,
  weights: ArrayBuffer,
  weightsAt: number,
  scales: ArrayBuffer,
  scalesAt: number,
): ErrorSums {
  const dequantize = dequantizer(type);
  const quantize = rowQuantizer(quality);
  const storedBytes = rowBytes(type, cols);
  const groups = cols / GROUP;
  const words = new Uint32Array(weights, weightsAt, (rows * cols) / 8);
  const scaleView =
    scaleType === 'float16'
      ? new Uint16Array(scales, scalesAt, rows * groups)
      : new Float32Array(scales, scalesAt, rows * groups);
  if (rowBuffer.length < cols) rowBuffer = new Float32Array(cols);
  const sums: ErrorSums = { squaredError: 0, energy: 0 };
  for (let r = 0; r < rows; r++) {
    dequantize(input, r * storedBytes, cols, rowBuffer);
    quantize(rowBuffer, cols, words, (r * cols) / 8, scaleView, r * groups, sums);
  }
  // One look at the sums finds any NaN or infinity among the weights, and a scale that overflowed.
  if (!Number.isFinite(sums.energy) || !Number.isFinite(sums.squaredError)) {
    throw new AppError(
      'transcode/bad-values',
      'A weight is not a finite number, or too large for the package',
      { type },
    );
  }
  return sums;
}
