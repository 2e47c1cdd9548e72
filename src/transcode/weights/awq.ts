import { AppError } from '../../errors/app-error.ts';
import { F16_VALUES } from './float16.ts';
import { GROUP } from '../source/llama-checks.ts';
import { rowQuantizer, type ErrorSums, type Quality } from './quantize.ts';

/** AWQ GEMM interleaves eight outputs of a word in this order: output 8c + j sits in nibble NIBBLE_OF[j]. */
const NIBBLE_OF = [0, 4, 1, 5, 2, 6, 3, 7] as const;
/** Words of a stored row handled together: one cache line. */
const TILE_WORDS = 16;
/** Groups handled together: so many fill a cache line of each output row. */
const TILE_GROUPS = 4;
/** The same nibble eight times over. */
const EIGHT = 0x1111_1111;

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
  const tile = new Int32Array(TILE_GROUPS * GROUP * TILE_WORDS);
  /** One column of a tile turned round: word i of output j at 8i + its nibble. */
  const turned = new Int32Array(GROUP);
  const group = new Float32Array(GROUP);
  let exactGroups = 0;
  let energy = 0;
  for (let firstWord = 0; firstWord < words; firstWord += TILE_WORDS) {
    const tileWords = Math.min(TILE_WORDS, words - firstWord);
    for (let firstGroup = 0; firstGroup < groups; firstGroup += TILE_GROUPS) {
      const tileGroups = Math.min(TILE_GROUPS, groups - firstGroup);
      copyTile(qweight, words, firstWord, tileWords, firstGroup * GROUP, tileGroups * GROUP, tile);
      for (let c = 0; c < tileWords; c++) {
        const column = firstWord + c;
        for (let g = 0; g < tileGroups; g++) {
          turn(tile, g * GROUP * TILE_WORDS + c, turned);
          const awqGroup = Math.floor(((firstGroup + g) * GROUP) / groupSize);
          const zeros = qzeros[awqGroup * words + column] ?? 0;
          for (let j = 0; j < 8; j++) {
            const nibble = NIBBLE_OF[j] ?? 0;
            const zero = (zeros >>> (4 * nibble)) & 15;
            const row = 8 * column + j;
            const scaleBits = awqScales[awqGroup * rows + row] ?? 0;
            const at = row * groups + firstGroup + g;
            const scale = F16_VALUES[scaleBits] ?? 0;
            const kind = fit(turned, nibble, zero);
            if (kind === REQUANTISE) {
              for (let i = 0; i < 4; i++) unpack(turned[8 * i + nibble] ?? 0, zero, scale, group, 8 * i);
              quantize(group, GROUP, weights, at * 4, scales, at, sums);
              continue;
            }
            // Σ(q − z)² = Σq² − 2zΣq + 32z².
            let both = 0;
            for (let i = 0; i < 4; i++) {
              const word = turned[8 * i + nibble] ?? 0;
              both += (SUMS[word & 0xffff] ?? 0) + (SUMS[word >>> 16] ?? 0);
              // No nibble carries into its neighbour: every code is known to fit.
              weights[4 * at + i] =
                kind === FLIP ? ~word + Math.imul(zero - 8, EIGHT) : word + Math.imul(7 - zero, EIGHT);
            }
            energy += ((both >>> 16) - 2 * zero * (both & 0xffff) + GROUP * zero * zero) * scale * scale;
            if (scales instanceof Uint16Array) scales[at] = kind === FLIP ? scaleBits ^ 0x8000 : scaleBits;
            else scales[at] = kind === FLIP ? -scale : scale;
            exactGroups++;
          }
        }
      }
    }
  }
  sums.energy += energy;
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

/** Copies words of some stored rows side by side: their places in the matrix lie a power of two apart, which caches bear badly. */
function copyTile(
  qweight: Int32Array,
  words: number,
  firstWord: number,
  tileWords: number,
  firstCol: number,
  count: number,
  tile: Int32Array,
): void {
  for (let k = 0; k < count; k++) {
    const from = (firstCol + k) * words + firstWord;
    const to = k * TILE_WORDS;
    for (let c = 0; c < tileWords; c++) tile[to + c] = qweight[from + c] ?? 0;
  }
}

/**
 * Turns 32 words of a column (eight outputs each) into four words for each of the eight outputs: four 8 × 8 transpositions of
 * nibbles, by halves, bytes and nibbles.
 */
function turn(tile: Int32Array, first: number, out: Int32Array): void {
  for (let i = 0, at = first; i < GROUP; i += 8, at += 8 * TILE_WORDS) {
    const a0 = tile[at] ?? 0;
    const a1 = tile[at + TILE_WORDS] ?? 0;
    const a2 = tile[at + 2 * TILE_WORDS] ?? 0;
    const a3 = tile[at + 3 * TILE_WORDS] ?? 0;
    const a4 = tile[at + 4 * TILE_WORDS] ?? 0;
    const a5 = tile[at + 5 * TILE_WORDS] ?? 0;
    const a6 = tile[at + 6 * TILE_WORDS] ?? 0;
    const a7 = tile[at + 7 * TILE_WORDS] ?? 0;
    const b0 = (a0 & 0xffff) | (a4 << 16);
    const b1 = (a1 & 0xffff) | (a5 << 16);
    const b2 = (a2 & 0xffff) | (a6 << 16);
    const b3 = (a3 & 0xffff) | (a7 << 16);
    const b4 = (a0 >>> 16) | (a4 & ~0xffff);
    const b5 = (a1 >>> 16) | (a5 & ~0xffff);
    const b6 = (a2 >>> 16) | (a6 & ~0xffff);
    const b7 = (a3 >>> 16) | (a7 & ~0xffff);
    const c0 = (b0 & 0x00ff00ff) | ((b2 & 0x00ff00ff) << 8);
    const c1 = (b1 & 0x00ff00ff) | ((b3 & 0x00ff00ff) << 8);
    const c2 = ((b0 >>> 8) & 0x00ff00ff) | (b2 & ~0x00ff00ff);
    const c3 = ((b1 >>> 8) & 0x00ff00ff) | (b3 & ~0x00ff00ff);
    const c4 = (b4 & 0x00ff00ff) | ((b6 & 0x00ff00ff) << 8);
    const c5 = (b5 & 0x00ff00ff) | ((b7 & 0x00ff00ff) << 8);
    const c6 = ((b4 >>> 8) & 0x00ff00ff) | (b6 & ~0x00ff00ff);
    const c7 = ((b5 >>> 8) & 0x00ff00ff) | (b7 & ~0x00ff00ff);
    out[i] = (c0 & 0x0f0f0f0f) | ((c1 & 0x0f0f0f0f) << 4);
    out[i + 1] = ((c0 >>> 4) & 0x0f0f0f0f) | (c1 & ~0x0f0f0f0f);
    out[i + 2] = (c2 & 0x0f0f0f0f) | ((c3 & 0x0f0f0f0f) << 4);
    out[i + 3] = ((c2 >>> 4) & 0x0f0f0f0f) | (c3 & ~0x0f0f0f0f);
    out[i + 4] = (c4 & 0x0f0f0f0f) | ((c5 & 0x0f0f0f0f) << 4);
    out[i + 5] = ((c4 >>> 4) & 0x0f0f0f0f) | (c5 & ~0x0f0f0f0f);
    out[i + 6] = (c6 & 0x0f0f0f0f) | ((c7 & 0x0f0f0f0f) << 4);
    out[i + 7] = ((c6 >>> 4) & 0x0f0f0f0f) | (c7 & ~0x0f0f0f0f);
  }
}

const KEEP = 0;
const FLIP = 1;
const REQUANTISE = 2;

/** How a group's codes q fit into MLC's range of −7 to 8: as they are, with the other sign, or not. */
function fit(turned: Int32Array, nibble: number, zero: number): number {
  if (zero === 7) return KEEP;
  // Up to a zero of 7 codes may be too large, q − z > 8; from 8 on too small, q − z < −7, or −8 with the other sign.
  // Adding `bias` to each byte sets its top bit for a nibble above z + 8, or of at least z − 7 or z − 8.
  if (zero < 7) return anyTop(turned, nibble, (0x7f - (zero + 8)) * 0x0101_0101) ? REQUANTISE : KEEP;
  if (allTop(turned, nibble, (0x80 - (zero - 7)) * 0x0101_0101)) return KEEP;
  if (zero === 8) return FLIP;
  return allTop(turned, nibble, (0x80 - (zero - 8)) * 0x0101_0101) ? FLIP : REQUANTISE;
}

function anyTop(turned: Int32Array, nibble: number, bias: number): boolean {
  let top = 0;
  for (let i = nibble; i < GROUP; i += 8) {
    const word = turned[i] ?? 0;
    top |= ((word & 0x0f0f0f0f) + bias) | (((word >>> 4) & 0x0f0f0f0f) + bias);
  }
  return (top & 0x80808080) !== 0;
}

function allTop(turned: Int32Array, nibble: number, bias: number): boolean {
  let top = -1;
  for (let i = nibble; i < GROUP; i += 8) {
    const word = turned[i] ?? 0;
    top &= ((word & 0x0f0f0f0f) + bias) & (((word >>> 4) & 0x0f0f0f0f) + bias);
  }
  return (top & 0x80808080) === (0x80808080 | 0);
}

/** Of four nibbles: the sum of their squares in the upper half, their sum in the lower. */
const SUMS = Uint32Array.from({ length: 0x10000 }, (_, four) => {
  let both = 0;
  for (let shift = 0; shift < 16; shift += 4) {
    const q = (four >>> shift) & 15;
    both += q * q * 0x10000 + q;
  }
  return both;
});

function unpack(word: number, zero: number, scale: number, out: Float32Array, at: number): void {
  for (let k = 0; k < 8; k++) out[at + k] = (((word >>> (4 * k)) & 15) - zero) * scale;
}
