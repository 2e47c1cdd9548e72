import { AppError } from '../../errors/app-error.ts';
import { F16_VALUES } from './float16.ts';
import { GROUP } from '../source/llama-checks.ts';
import { rowQuantizer, type ErrorSums, type Quality } from './quantize.ts';

/** AWQ GEMM interleaves eight outputs of a word in this order: output 8c + j sits in nibble NIBBLE_OF[j]. */
const NIBBLE_OF = [0, 4, 1, 5, 2, 6, 3, 7] as const;
/** Words of a stored row handled together: one cache line. */
const TILE_WORDS = 16;

export interface AwqBlock {
  /** int32 [cols, rows/8] */
  readonly qweight: Int32Array;
  /** int32 [cols/groupSize, rows/8] */
  readonly qzeros: Int32Array;
  /** f16 bits [cols/groupSize, rows] */
  readonly scales: Uint16Array;
  readonly rows: number;
  readonly cols: number;
  readonly groupSize: number;
  readonly quality: Quality;
}

/** Counts besides the error sums: groups carried over exactly, and all. */
export interface AwqResult {
  readonly sums: ErrorSums;
  readonly exactGroups: number;
}

/**
 * Converts an AWQ GEMM matrix, w = (q − z)·s, stored transposed. A group of 32 whose q − z all lie in [−7, 8] or all in
 * [−8, 7] is carried over exactly (the latter with the scale's sign flipped); any other is quantised anew.
 * @param weights gets [rows, cols/8] words
 * @param scales gets [rows, cols/32]: f16 bits or f32 values
 * @throws AppError `transcode/bad-values` for a scale that is NaN or infinite, or becomes so in the package's number format
 */
export function convertAwq(
  { qweight, qzeros, scales: awqScales, rows, cols, groupSize, quality }: AwqBlock,
  weights: Uint32Array,
  scales: Uint16Array | Float32Array,
): AwqResult {
  if (!areFinite(awqScales)) {
    throw new AppError('transcode/bad-values', 'A scale is not a finite number', { type: 'AWQ' });
  }
  const quantize = rowQuantizer(quality);
  const sums: ErrorSums = { squaredError: 0, energy: 0 };
  const words = rows / 8;
  const groups = cols / GROUP;
  // Values q − z of one group for the outputs of a tile: [output in tile][32].
  const tile = new Int8Array(TILE_WORDS * 8 * GROUP);
  const group = new Float32Array(GROUP);
  let exactGroups = 0;
  for (let firstWord = 0; firstWord < words; firstWord += TILE_WORDS) {
    const tileWords = Math.min(TILE_WORDS, words - firstWord);
    for (let g = 0; g < groups; g++) {
      const awqGroup = Math.floor((g * GROUP) / groupSize);
      unpackTile(qweight, qzeros, words, firstWord, tileWords, g * GROUP, awqGroup, tile);
      for (let n = 0; n < tileWords * 8; n++) {
        const row = firstWord * 8 + n;
        const scaleBits = awqScales[awqGroup * rows + row] ?? 0;
        const scale = F16_VALUES[scaleBits] ?? 0;
        const start = n * GROUP;
        let low = 0;
        let high = 0;
        let squares = 0;
        for (let j = start; j < start + GROUP; j++) {
          const u = tile[j] ?? 0;
          low = u < low ? u : low;
          high = u > high ? u : high;
          squares += u * u;
        }
        const at = row * groups + g;
        if ((low >= -7 && high <= 8) || (low >= -8 && high <= 7)) {
          const flip = low < -7;
          packExact(tile, start, flip, weights, at * 4);
          if (scales instanceof Uint16Array) scales[at] = flip ? scaleBits ^ 0x8000 : scaleBits;
          else scales[at] = flip ? -scale : scale;
          sums.energy += squares * scale * scale;
          exactGroups++;
        } else {
          for (let j = 0; j < GROUP; j++) group[j] = (tile[start + j] ?? 0) * scale;
          quantize(group, GROUP, weights, at * 4, scales, at, sums);
        }
      }
    }
  }
  // A group that is quantised anew may need a scale twice as large as its own.
  if (!Number.isFinite(sums.energy) || !Number.isFinite(sums.squaredError) || !areFinite(scales)) {
    throw new AppError('transcode/bad-values', 'A weight is too large for the package', { type: 'AWQ' });
  }
  return { sums, exactGroups };
}

/** Whether f16 bits, or f32 values, are all finite. */
function areFinite(scales: Uint16Array | Float32Array): boolean {
  if (scales instanceof Float32Array) {
    for (const scale of scales) if (!Number.isFinite(scale)) return false;
    return true;
  }
  for (const bits of scales) if ((bits & 0x7c00) === 0x7c00) return false;
  return true;
}

/** Unpacks 32 stored rows × some words into q − z, one output after the other. */
function unpackTile(
  qweight: Int32Array,
  qzeros: Int32Array,
  words: number,
  firstWord: number,
  tileWords: number,
  firstCol: number,
  awqGroup: number,
  tile: Int8Array,
): void {
  for (let k = 0; k < GROUP; k++) {
    const row = (firstCol + k) * words + firstWord;
    const zeroRow = awqGroup * words + firstWord;
    for (let c = 0; c < tileWords; c++) {
      const q = qweight[row + c] ?? 0;
      const z = qzeros[zeroRow + c] ?? 0;
      for (let j = 0; j < 8; j++) {
        const shift = 4 * (NIBBLE_OF[j] ?? 0);
        tile[(8 * c + j) * GROUP + k] = ((q >>> shift) & 15) - ((z >>> shift) & 15);
      }
    }
  }
}

function packExact(tile: Int8Array, start: number, flip: boolean, weights: Uint32Array, at: number): void {
  for (let i = 0; i < 4; i++) {
    let word = 0;
    for (let j = 0; j < 8; j++) {
      const u = tile[start + 8 * i + j] ?? 0;
      word |= (flip ? 7 - u : u + 7) << (4 * j);
    }
    weights[at + i] = word;
  }
}
