import { AppError } from '../../../errors/app-error.ts';
import {
  type AwqPanels,
  FLIP,
  PANEL_ROWS,
  PANEL_WORDS,
  PANELS,
  REQUANTISE,
  resultAt,
  zeroOf,
} from './awq-panel.ts';
import { awqPanels } from './awq-panel-simd.ts';
import { F16_VALUES } from '../float16.ts';
import { GROUP } from '../../../formats/mlc-package/group.ts';
import { rowQuantizer, type ErrorSums, type Quality } from '../quantize.ts';

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
  block: AwqBlock,
  weights: Uint32Array,
  scales: Uint16Array | Float32Array,
): AwqResult {
  const { qweight, scales: awqScales, rows, cols } = block;
  if (!areFiniteHalves(awqScales)) {
    throw new AppError('transcode/bad-values', 'A scale is not a finite number', { type: 'AWQ' });
  }
  const sums: ErrorSums = { squaredError: 0, energy: 0 };
  const words = rows / 8;
  const groups = cols / GROUP;
  const panels = awqPanels(cols);
  const halves = new Uint16Array(groups * PANEL_ROWS);
  let anew = 0;
  let energy = 0;
  for (let first = 0; first < words; first += PANELS * PANEL_WORDS) {
    fetchCodes(qweight, words, first, cols, panels.codes);
    for (let panel = 0; panel < PANELS && first + panel * PANEL_WORDS < words; panel++) {
      const word = first + panel * PANEL_WORDS;
      const count = Math.min(PANEL_WORDS, words - word);
      fetchZerosAndScales(block, word, count, panels.zeros, halves);
      panels.convert(panel, count, cols);
      energy = addEnergy(panels, count, groups, halves, energy);
      weights.set(panels.words.subarray(0, count * cols), word * cols);
      const scaleAt = 8 * word * groups;
      const refused = flipSigns(panels.kinds, count, groups, halves);
      if (scales instanceof Uint16Array) placeHalves(halves, count, groups, scales, scaleAt);
      else placeFloats(halves, count, groups, scales, scaleAt);
      if (refused > 0) quantizeAnew(block, panels, word, count, halves, weights, scales, sums);
      anew += refused;
    }
  }
  sums.energy += energy;
  const fit = scales instanceof Uint16Array ? areFiniteHalves(scales) : scales.every(Number.isFinite);
  // A group that is quantised anew may need a scale twice as large as its own.
  if (!Number.isFinite(sums.energy) || !Number.isFinite(sums.squaredError) || !fit) {
    throw new AppError('transcode/bad-values', 'A weight is too large for the package', { type: 'AWQ' });
  }
  return { sums, exactGroups: rows * groups - anew };
}

/** Whether f16 bits are those of finite numbers. */
function areFiniteHalves(halves: Uint16Array): boolean {
  let bad = 0;
  // Adding carries into bit 15 only from the all-ones exponent. Two at a time, where they lie so.
  const paired = halves.byteOffset % 4 === 0 ? halves.length >> 1 : 0;
  const pairs = new Int32Array(halves.buffer, paired === 0 ? 0 : halves.byteOffset, paired);
  for (let i = 0; i < paired; i++) bad |= ((pairs[i] ?? 0) & 0x7c007c00) + 0x04000400;
  for (let i = 2 * paired; i < halves.length; i++) bad |= ((halves[i] ?? 0) & 0x7c00) + 0x400;
  return (bad & 0x80008000) === 0;
}

/** Copies the next panels' part of every stored row, panel after panel. */
function fetchCodes(
  qweight: Int32Array,
  words: number,
  first: number,
  cols: number,
  codes: Int32Array,
): void {
  const count = Math.min(PANELS * PANEL_WORDS, words - first);
  for (let k = 0; k < cols; k++) {
    for (let c = 0; c < count; c += PANEL_WORDS) {
      const from = k * words + first + c;
      const to = c * cols + k * PANEL_WORDS;
      const width = Math.min(PANEL_WORDS, count - c);
      for (let i = 0; i < width; i++) codes[to + i] = qweight[from + i] ?? 0;
    }
  }
}

/** @param halves by group and row of a panel: f16 bits */
function fetchZerosAndScales(
  { qzeros, scales, rows, cols, groupSize }: AwqBlock,
  word: number,
  count: number,
  zeros: Int32Array,
  halves: Uint16Array,
): void {
  const words = rows / 8;
  for (let g = 0; g < cols / GROUP; g++) {
    const awqGroup = Math.floor((g * GROUP) / groupSize);
    const zerosAt = awqGroup * words + word;
    for (let c = 0; c < count; c++) zeros[g * PANEL_WORDS + c] = qzeros[zerosAt + c] ?? 0;
    const scalesAt = awqGroup * rows + 8 * word;
    for (let r = 0; r < 8 * count; r++) halves[g * PANEL_ROWS + r] = scales[scalesAt + r] ?? 0;
  }
}

/** Groups whose squares are added up before those of the next column: in another order a package's `energy` is rounded otherwise. */
const ADDED_GROUPS = 4;

/** Adds w² of all groups that are carried over. */
function addEnergy(
  { kinds, squares }: AwqPanels,
  words: number,
  groups: number,
  halves: Uint16Array,
  before: number,
): number {
  let energy = before;
  for (let firstGroup = 0; firstGroup < groups; firstGroup += ADDED_GROUPS) {
    const end = Math.min(groups, firstGroup + ADDED_GROUPS);
    for (let c = 0; c < words; c++) {
      for (let g = firstGroup; g < end; g++) {
        for (let j = 0; j < 8; j++) {
          const result = resultAt(g, c, j);
          if (kinds[result] === REQUANTISE) continue;
          const scale = F16_VALUES[halves[g * PANEL_ROWS + 8 * c + j] ?? 0] ?? 0;
          energy += (squares[result] ?? 0) * scale * scale;
        }
      }
    }
  }
  return energy;
}

/** Gives scales the sign their group's codes need. @returns how many groups are to be quantised anew */
function flipSigns(kinds: Uint8Array, words: number, groups: number, halves: Uint16Array): number {
  let refused = 0;
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < words; c++) {
      for (let j = 0; j < 8; j++) {
        const kind = kinds[resultAt(g, c, j)] ?? 0;
        const at = g * PANEL_ROWS + 8 * c + j;
        halves[at] = (halves[at] ?? 0) ^ ((kind & FLIP) << 15);
        refused += kind >> 1;
      }
    }
  }
  return refused;
}

// One function for each kind of scales: a loop over both kinds took ten times as long.

function placeHalves(
  halves: Uint16Array,
  words: number,
  groups: number,
  scales: Uint16Array,
  first: number,
): void {
  for (let row = 0, to = first; row < 8 * words; row++) {
    for (let g = 0; g < groups; g++) scales[to++] = halves[g * PANEL_ROWS + row] ?? 0;
  }
}

function placeFloats(
  halves: Uint16Array,
  words: number,
  groups: number,
  scales: Float32Array,
  first: number,
): void {
  for (let row = 0, to = first; row < 8 * words; row++) {
    for (let g = 0; g < groups; g++) scales[to++] = F16_VALUES[halves[g * PANEL_ROWS + row] ?? 0] ?? 0;
  }
}

function quantizeAnew(
  { cols, quality }: AwqBlock,
  panels: AwqPanels,
  firstWord: number,
  count: number,
  halves: Uint16Array,
  weights: Uint32Array,
  scales: Uint16Array | Float32Array,
  sums: ErrorSums,
): void {
  const quantize = rowQuantizer(quality);
  const groups = cols / GROUP;
  const group = new Float32Array(GROUP);
  // In the order of `addEnergy`, and for its reason.
  for (let firstGroup = 0; firstGroup < groups; firstGroup += ADDED_GROUPS) {
    const end = Math.min(groups, firstGroup + ADDED_GROUPS);
    for (let c = 0; c < count; c++) {
      for (let g = firstGroup; g < end; g++) {
        for (let j = 0; j < 8; j++) {
          if (panels.kinds[resultAt(g, c, j)] !== REQUANTISE) continue;
          const row = 8 * c + j;
          const scale = F16_VALUES[halves[g * PANEL_ROWS + row] ?? 0] ?? 0;
          unpack(panels.words, 4 * (row * groups + g), zeroOf(panels.zeros, g, c, j), scale, group);
          const at = (8 * firstWord + row) * groups + g;
          quantize(group, GROUP, weights, 4 * at, scales, at, sums);
        }
      }
    }
  }
}

/** A group's weights. */
function unpack(words: Uint32Array, at: number, zero: number, scale: number, out: Float32Array): void {
  for (let k = 0; k < GROUP; k++) {
    out[k] = ((((words[at + (k >> 3)] ?? 0) >>> (4 * (k & 7))) & 15) - zero) * scale;
  }
}
