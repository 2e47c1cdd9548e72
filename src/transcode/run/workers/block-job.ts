import { AppError } from '../../../errors/app-error.ts';
import { convertAwq } from '../../weights/awq/awq.ts';
import { dequantizer } from '../../weights/dequantize.ts';
import { GROUP } from '../../../formats/mlc-package/group.ts';
import { rowQuantizer, type ErrorSums, type Quality } from '../../weights/quantize.ts';
import { rowEncoder, type StoredFloat } from '../../weights/quantize-simd.ts';
import { energyOfQ40, repackQ40 } from '../../weights/repack-q4-0.ts';
import { rowBytes, type TensorType } from '../../../formats/gguf/tensor-types.ts';

/** A few whole rows of one stored matrix, to be quantised to MLC's 4-bit groups. Buffers may be larger than needed. */
export interface RowsJob {
  readonly kind: 'rows';
  readonly type: TensorType;
  readonly quality: Quality;
  readonly scaleType: 'float16' | 'float32';
  /** Whether `energy` counts blocks that are carried over, too; leaving them out is many times faster. */
  readonly exactEnergy: boolean;
  readonly rows: number;
  readonly cols: number;
  /** `rows` stored rows, from `inputAt`. */
  readonly input: ArrayBuffer;
  readonly inputAt: number;
  /** Gets rows × cols / 2 bytes, from `weightsAt`. */
  readonly weights: ArrayBuffer;
  readonly weightsAt: number;
  /** Gets rows × cols / 32 scales, from `scalesAt`. */
  readonly scales: ArrayBuffer;
  readonly scalesAt: number;
}

/** A whole AWQ matrix. Buffers may be larger than needed. */
export interface AwqJob {
  readonly kind: 'awq';
  readonly quality: Quality;
  readonly scaleType: 'float16' | 'float32';
  readonly rows: number;
  readonly cols: number;
  readonly groupSize: number;
  /** As in `AwqBlock`. */
  readonly qweight: ArrayBuffer;
  readonly qzeros: ArrayBuffer;
  readonly awqScales: ArrayBuffer;
  /** Gets rows × cols / 2 bytes, from `weightsAt`. */
  readonly weights: ArrayBuffer;
  readonly weightsAt: number;
  /** Gets rows × cols / 32 scales, from `scalesAt`. */
  readonly scales: ArrayBuffer;
  readonly scalesAt: number;
}

export type BlockJob = RowsJob | AwqJob;

export interface BlockResult {
  /** The job's own memory, of no further use to it. */
  readonly inputs: readonly ArrayBuffer[];
  readonly weights: ArrayBuffer;
  readonly scales: ArrayBuffer;
  readonly sums: ErrorSums;
  /** Groups carried over bit for bit. */
  readonly exactGroups: number;
}

/** The memory that goes along with a job. */
export function buffersOf(job: BlockJob): ArrayBuffer[] {
  const { weights, scales } = job;
  if (job.kind === 'rows') return [job.input, weights, scales];
  return [job.qweight, job.qzeros, job.awqScales, weights, scales];
}

function isStoredFloat(type: TensorType): type is StoredFloat {
  return type === 'F16' || type === 'BF16' || type === 'F32';
}

let rowBuffer = new Float32Array(0);

/** @throws AppError `transcode/bad-values` as `runRowsJob` and `convertAwq` do */
export function runBlockJob(job: BlockJob): BlockResult {
  if (job.kind === 'rows') return runRowsJob(job);
  const { quality, scaleType, rows, cols, groupSize, weights, weightsAt, scales, scalesAt } = job;
  const words = (rows * cols) / 8;
  const groups = (rows * cols) / GROUP;
  const awqGroups = Math.ceil(cols / groupSize);
  const { sums, exactGroups } = convertAwq(
    {
      qweight: new Int32Array(job.qweight, 0, words),
      qzeros: new Int32Array(job.qzeros, 0, (awqGroups * rows) / 8),
      scales: new Uint16Array(job.awqScales, 0, awqGroups * rows),
      rows,
      cols,
      groupSize,
      quality,
    },
    new Uint32Array(weights, weightsAt, words),
    scaleType === 'float16'
      ? new Uint16Array(scales, scalesAt, groups)
      : new Float32Array(scales, scalesAt, groups),
  );
  const inputs = [job.qweight, job.qzeros, job.awqScales];
  return { inputs, weights, scales, sums, exactGroups };
}

/**
 * Repacks Q4_0 bit for bit; dequantises and quantises any other type, row by row so that a row stays in the CPU's
 * first cache.
 * @throws AppError `transcode/bad-values` for a weight or scale that is NaN or infinite, or a scale beyond the package's
 *   number format
 */
function runRowsJob(job: RowsJob): BlockResult {
  const { type, quality, scaleType, exactEnergy, rows, cols, input, weights, weightsAt, scales, scalesAt } =
    job;
  const storedBytes = rowBytes(type, cols);
  const groups = cols / GROUP;
  const bytes = new Uint8Array(input, job.inputAt, rows * storedBytes);
  const scaleView =
    scaleType === 'float16'
      ? new Uint16Array(scales, scalesAt, rows * groups)
      : new Float32Array(scales, scalesAt, rows * groups);
  const sums: ErrorSums = { squaredError: 0, energy: 0 };
  if (type === 'Q4_0') {
    repackQ40(bytes, new Uint8Array(weights, weightsAt, (rows * cols) / 2), scaleView);
    if (exactEnergy) sums.energy = energyOfQ40(bytes);
    return { inputs: [input], weights, scales, sums, exactGroups: rows * groups };
  }
  const words = new Uint32Array(weights, weightsAt, (rows * cols) / 8);
  const known = isStoredFloat(type);
  const encode = quality === 'fast' ? rowEncoder(known ? type : 'F32', scaleType, cols) : null;
  if (rowBuffer.length < cols) rowBuffer = new Float32Array(cols);
  const rowBufferBytes = new Uint8Array(rowBuffer.buffer);
  const dequantize = dequantizer(type);
  const quantize = rowQuantizer(quality);
  for (let r = 0; r < rows; r++) {
    const [from, word, scale] = [r * storedBytes, (r * cols) / 8, r * groups];
    if (encode !== null && known) {
      encode(bytes, from, cols, words, word, scaleView, scale, sums);
      continue;
    }
    dequantize(bytes, from, cols, rowBuffer);
    if (encode === null) quantize(rowBuffer, cols, words, word, scaleView, scale, sums);
    else encode(rowBufferBytes, 0, cols, words, word, scaleView, scale, sums);
  }
  // One look at the sums finds any NaN or infinity among the weights, and a scale that overflowed.
  if (!Number.isFinite(sums.energy) || !Number.isFinite(sums.squaredError)) {
    throw new AppError(
      'transcode/bad-values',
      'A weight is not a finite number, or too large for the package',
      { type },
    );
  }
  return { inputs: [input], weights, scales, sums, exactGroups: 0 };
}
