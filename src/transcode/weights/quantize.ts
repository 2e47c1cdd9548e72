import { f16FromNumber, f16ToNumber } from './float16.ts';

/**
 * `fast`: signed max / 8, all sixteen codes. `best`: of several scales per group the one with the least squared error.
 * Weights that can be carried over exactly are, in both.
 */
export type Quality = 'fast' | 'best';

/** Sums over the weights quantised since the last reset. */
export interface ErrorSums {
  /** Σ (w − ŵ)² */
  squaredError: number;
  /** Σ w²; not finite if any quantised weight was not. */
  energy: number;
}

/**
 * Quantises rows to MLC's 4-bit groups: 32 weights, w = (code − 7) · scale, code 0..15, element 8i+j of a row in bits
 * 4j..4j+3 of word i.
 *
 * `fast` puts the weight of largest magnitude on code 15 (its sign goes into the scale), which uses all 16 codes; MLC's
 * own rule uses 15 of them. `best` tries several scales and both signs, each with its least-squares refinement, and
 * keeps the smallest error. Codes are computed against the scale as stored, after its rounding to f16.
 *
 * @param weights 4 words per group, from `wordAt`
 * @param scales from `scaleAt`: f16 bits in a Uint16Array, values in a Float32Array
 */
export type RowQuantizer = (
  row: Float32Array,
  count: number,
  weights: Uint32Array,
  wordAt: number,
  scales: Uint16Array | Float32Array,
  scaleAt: number,
  sums: ErrorSums,
) => void;

export function rowQuantizer(quality: Quality): RowQuantizer {
  return quality === 'best' ? quantizeRowBest : quantizeRowFast;
}

/** Below f16's normal range rounding a scale can move it by half of itself, so codes must be clamped. */
const SMALLEST_NORMAL_F16 = 2 ** -14;

function quantizeRowFast(
  row: Float32Array,
  count: number,
  weights: Uint32Array,
  wordAt: number,
  scales: Uint16Array | Float32Array,
  scaleAt: number,
  sums: ErrorSums,
): void {
  const ofRow: ErrorSums = { squaredError: 0, energy: 0 };
  continueRowFast(row, count, weights, wordAt, scales, scaleAt, ofRow);
  sums.squaredError += ofRow.squaredError;
  sums.energy += ofRow.energy;
}

/** The `fast` quantiser for some groups of a row. @param ofRow the sums of the row before them, gone on with weight by weight */
export function continueRowFast(
  row: Float32Array,
  count: number,
  weights: Uint32Array,
  wordAt: number,
  scales: Uint16Array | Float32Array,
  scaleAt: number,
  ofRow: ErrorSums,
): void {
  let { squaredError, energy } = ofRow;
  let at = wordAt;
  for (let k = 0, g = scaleAt; k < count; k += 32, g++) {
    let high = 0;
    let low = 0;
    for (let j = k; j < k + 32; j++) {
      const w = row[j] ?? 0;
      high = w > high ? w : high;
      low = w < low ? w : low;
    }
    const scale = storeScale((high >= -low ? high : low) / 8, scales, g);
    const inverse = scale === 0 ? 0 : 1 / scale;
    if (scale < SMALLEST_NORMAL_F16 && scale > -SMALLEST_NORMAL_F16) {
      squaredError += encodeClamped(row, k, scale, inverse, weights, at);
      for (let j = k; j < k + 32; j++) energy += (row[j] ?? 0) ** 2;
      at += 4;
      continue;
    }
    for (let j = k; j < k + 32; j += 8) {
      // |w / scale| is at most 8 and a bit: w / scale + 7.5 lies in (−1, 16), so truncating rounds and needs no clamp.
      const w0 = row[j] ?? 0;
      const w1 = row[j + 1] ?? 0;
      const w2 = row[j + 2] ?? 0;
      const w3 = row[j + 3] ?? 0;
      const w4 = row[j + 4] ?? 0;
      const w5 = row[j + 5] ?? 0;
      const w6 = row[j + 6] ?? 0;
      const w7 = row[j + 7] ?? 0;
      const q0 = (w0 * inverse + 7.5) | 0;
      const q1 = (w1 * inverse + 7.5) | 0;
      const q2 = (w2 * inverse + 7.5) | 0;
      const q3 = (w3 * inverse + 7.5) | 0;
      const q4 = (w4 * inverse + 7.5) | 0;
      const q5 = (w5 * inverse + 7.5) | 0;
      const q6 = (w6 * inverse + 7.5) | 0;
      const q7 = (w7 * inverse + 7.5) | 0;
      weights[at++] =
        q0 | (q1 << 4) | (q2 << 8) | (q3 << 12) | (q4 << 16) | (q5 << 20) | (q6 << 24) | (q7 << 28);
      const e0 = w0 - (q0 - 7) * scale;
      const e1 = w1 - (q1 - 7) * scale;
      const e2 = w2 - (q2 - 7) * scale;
      const e3 = w3 - (q3 - 7) * scale;
      const e4 = w4 - (q4 - 7) * scale;
      const e5 = w5 - (q5 - 7) * scale;
      const e6 = w6 - (q6 - 7) * scale;
      const e7 = w7 - (q7 - 7) * scale;
      squaredError += e0 * e0 + e1 * e1 + (e2 * e2 + e3 * e3) + (e4 * e4 + e5 * e5 + (e6 * e6 + e7 * e7));
      energy += w0 * w0 + w1 * w1 + (w2 * w2 + w3 * w3) + (w4 * w4 + w5 * w5 + (w6 * w6 + w7 * w7));
    }
  }
  ofRow.squaredError = squaredError;
  ofRow.energy = energy;
}

/**
 * Where the weight of largest magnitude is put, in steps of the scale: above 8 it is clipped for the others' sake, below
 * some room is left. Negative: on the other side, where codes end at −7.
 */
const BEST_TARGETS = [8, 7.3, 7.65, 8.35, 8.7, 9.1, -6.7, -7, -7.3, -7.65, -8];

function quantizeRowBest(
  row: Float32Array,
  count: number,
  weights: Uint32Array,
  wordAt: number,
  scales: Uint16Array | Float32Array,
  scaleAt: number,
  sums: ErrorSums,
): void {
  const trial = new Float32Array(1);
  const trialHalf = new Uint16Array(1);
  for (let k = 0, at = wordAt, g = scaleAt; k < count; k += 32, at += 4, g++) {
    let largest = 0;
    let energy = 0;
    for (let j = k; j < k + 32; j++) {
      const w = row[j] ?? 0;
      if (Math.abs(w) > Math.abs(largest)) largest = w;
      energy += w * w;
    }
    sums.energy += energy;
    let bestScale = largest / 8;
    let bestError = Infinity;
    if (largest !== 0 && Number.isFinite(energy)) {
      for (let t = 0; t < BEST_TARGETS.length; t++) {
        const first = largest / (BEST_TARGETS[t] ?? 8);
        const refined = leastSquaresScale(row, k, 1 / first);
        for (let pass = 0; pass < 2; pass++) {
          const scale = storeScale(
            pass === 0 ? refined : first,
            scales instanceof Uint16Array ? trialHalf : trial,
            0,
          );
          if (scale === 0 || !Number.isFinite(scale)) continue;
          const error = squaredErrorOf(row, k, scale);
          if (error < bestError) {
            bestError = error;
            bestScale = scale;
          }
          if (t > 0) break; // only the fast rule's own scale competes unrefined, so that `best` never loses to it
        }
      }
    }
    const scale = storeScale(bestScale, scales, g);
    sums.squaredError += encodeClamped(row, k, scale, scale === 0 ? 0 : 1 / scale, weights, at);
  }
}

/** With the codes a scale gives, the scale that fits them best: Σ w·l / Σ l². */
function leastSquaresScale(row: Float32Array, k: number, inverse: number): number {
  let wl = 0;
  let ll = 0;
  for (let j = k; j < k + 32; j++) {
    const w = row[j] ?? 0;
    let q = (w * inverse + 7.5) | 0;
    q = q > 15 ? 15 : q < 0 ? 0 : q;
    wl += w * (q - 7);
    ll += (q - 7) * (q - 7);
  }
  return ll === 0 ? 1 / inverse : wl / ll;
}

function squaredErrorOf(row: Float32Array, k: number, scale: number): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (let j = k; j < k + 32; j++) {
    const w = row[j] ?? 0;
    let q = (w * inverse + 7.5) | 0;
    q = q > 15 ? 15 : q < 0 ? 0 : q;
    const e = w - (q - 7) * scale;
    sum += e * e;
  }
  return sum;
}

/** Writes one group's codes; returns its squared error. */
function encodeClamped(
  row: Float32Array,
  k: number,
  scale: number,
  inverse: number,
  weights: Uint32Array,
  at: number,
): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    let word = 0;
    for (let j = 0; j < 8; j++) {
      const w = row[k + 8 * i + j] ?? 0;
      const exact = w * inverse + 7.5;
      const q = exact >= 16 ? 15 : exact > 0 ? exact | 0 : 0;
      const e = w - (q - 7) * scale;
      sum += e * e;
      word |= q << (4 * j);
    }
    weights[at + i] = word;
  }
  return sum;
}

/** Stores a scale and returns the value it has once stored. */
function storeScale(scale: number, scales: Uint16Array | Float32Array, at: number): number {
  if (scales instanceof Uint16Array) {
    const bits = f16FromNumber(scale);
    scales[at] = bits;
    return f16ToNumber(bits);
  }
  scales[at] = scale;
  return scales[at] ?? 0;
}
