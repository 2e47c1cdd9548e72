/**
 * The `fast` quantiser of `quantize.ts` in WebAssembly SIMD, from stored F16, BF16 or F32 to MLC's groups, bit for bit the same, sums
 * included: the arithmetic is that of 64-bit numbers, two at a time, in the same order. A group whose scale is below f16's normal range,
 * or too large, is left to TypeScript.
 */
import { GROUP } from '../../formats/mlc-package/group.ts';
import { dequantizer } from './dequantize.ts';
import { continueRowFast, type ErrorSums } from './quantize.ts';
import { assemble, F32, F64, I32, op, V128 } from './wasm-module.ts';

export type StoredFloat = 'F16' | 'BF16' | 'F32';

/**
 * Quantises a stored row of `count` weights at `offset`.
 * @param weights 4 words per group, from `wordAt`
 * @param scales from `scaleAt`: of the kind the encoder was made for
 */
export type RowEncoder = (
  bytes: Uint8Array,
  offset: number,
  count: number,
  weights: Uint32Array,
  wordAt: number,
  scales: Uint16Array | Float32Array,
  scaleAt: number,
  sums: ErrorSums,
) => void;

const GROUP_WORDS = GROUP / 8;
const shared = new Map<string, { readonly cols: number; readonly encode: RowEncoder | null }>();

/** This thread's encoder for rows of up to so many weights, or null where WebAssembly or its SIMD is missing or forbidden. */
export function rowEncoder(
  type: StoredFloat,
  scaleType: 'float16' | 'float32',
  cols: number,
): RowEncoder | null {
  const key = `${type} ${scaleType}`;
  const known = shared.get(key);
  if (known !== undefined && known.cols >= cols) return known.encode;
  const encode = createRowEncoder(type, scaleType, cols);
  shared.set(key, { cols, encode });
  return encode;
}

/** As `rowEncoder`, with memory of its own. */
export function createRowEncoder(
  type: StoredFloat,
  scaleType: 'float16' | 'float32',
  cols: number,
): RowEncoder | null {
  const groups = cols / GROUP;
  const groupBytes = GROUP * (type === 'F32' ? 4 : 2);
  const scaleBytes = scaleType === 'float32' ? 4 : 2;
  const inputAt = SUMS_BYTES;
  const wordsAt = inputAt + groups * groupBytes;
  const scalesAt = wordsAt + groups * GROUP_WORDS * 4;
  const pages = Math.ceil((scalesAt + groups * scaleBytes) / 65_536);
  let exports: WebAssembly.Exports;
  try {
    const module = new WebAssembly.Module(assemble(4, LOCALS, kernel(type, scaleType), pages));
    exports = new WebAssembly.Instance(module).exports;
  } catch (thrown) {
    // No WebAssembly, no SIMD, or a policy against it: each throws another class, and each means the same here.
    if (thrown instanceof RangeError) throw thrown;
    return null;
  }
  const { memory, run } = exports;
  if (!(memory instanceof WebAssembly.Memory) || typeof run !== 'function') return null;
  const quantize = run as (input: number, words: number, scales: number, groups: number) => number;
  const { buffer } = memory;
  const ofRow = new Float64Array(buffer, 0, 2);
  const input = new Uint8Array(buffer, inputAt, groups * groupBytes);
  const words = new Uint32Array(buffer, wordsAt, groups * GROUP_WORDS);
  const made =
    scaleType === 'float32'
      ? new Float32Array(buffer, scalesAt, groups)
      : new Uint16Array(buffer, scalesAt, groups);
  const dequantize = dequantizer(type);
  const group = new Float32Array(GROUP);
  return (bytes, offset, count, weights, wordAt, scales, scaleAt, sums) => {
    const wanted = count / GROUP;
    input.set(bytes.subarray(offset, offset + wanted * groupBytes));
    ofRow.fill(0);
    for (let g = 0; g < wanted; g++) {
      g += quantize(
        inputAt + g * groupBytes,
        wordsAt + g * GROUP_WORDS * 4,
        scalesAt + g * scaleBytes,
        wanted - g,
      );
      if (g >= wanted) break;
      const before = { squaredError: ofRow[0] ?? 0, energy: ofRow[1] ?? 0 };
      dequantize(input, g * groupBytes, GROUP, group);
      continueRowFast(group, GROUP, words, g * GROUP_WORDS, made, g, before);
      ofRow[0] = before.squaredError;
      ofRow[1] = before.energy;
    }
    weights.set(words.subarray(0, wanted * GROUP_WORDS), wordAt);
    scales.set(made.subarray(0, wanted), scaleAt);
    sums.squaredError += ofRow[0] ?? 0;
    sums.energy += ofRow[1] ?? 0;
  };
}

/** At the start of the memory: Σ(w − ŵ)² and Σw² of the row so far. */
const ERROR_AT = 0;
const ENERGY_AT = 8;
const SUMS_BYTES = 16;

// Parameters 0–3, then locals.
const INPUT = 0;
const WORDS = 1;
const SCALES = 2;
const GROUPS = 3;
const DONE = 4;
const BITS = 5;
const HIGH = 6;
const LOW = 7;
const SCALE = 8;
const ERROR = 9;
const ENERGY = 10;
const SCALES_64 = 11;
const INVERSES = 12;
const LARGEST = 13;
const SMALLEST = 14;
const HALVES = 15;
/** The group's 32 weights, eight vectors of four. */
const W = 16;
/** Of eight weights, two each: their values, then their errors; and their codes. */
const V = 24;
const Q = 28;
const LOCALS = [
  { count: 2, type: I32 },
  { count: 3, type: F32 },
  { count: 2, type: F64 },
  { count: 21, type: V128 },
];

const get = op.localGet;
const set = op.localSet;
const step = (local: number, by: number): number[] => [
  ...get(local),
  ...op.i32Const(by),
  ...op.i32Add,
  ...set(local),
];
const lanes = (...words: readonly number[]): number[] =>
  words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte));

/** Groups until one that is not for it. @returns how many */
function kernel(type: StoredFloat, scaleType: 'float16' | 'float32'): number[] {
  const keepSums = [
    ...[...op.i32Const(0), ...get(ERROR), ...op.f64Store(ERROR_AT)],
    ...[...op.i32Const(0), ...get(ENERGY), ...op.f64Store(ENERGY_AT)],
  ];
  return [
    ...[...op.i32Const(0), ...op.f64Load(ERROR_AT), ...set(ERROR)],
    ...[...op.i32Const(0), ...op.f64Load(ENERGY_AT), ...set(ENERGY)],
    ...op.loopWhile([
      ...loadGroup(type),
      ...largest(),
      // Also where it is not a number.
      ...isInRange(),
      ...op.i32Eqz,
      ...op.ifNonZero([...keepSums, ...get(DONE), ...op.return]),
      ...(scaleType === 'float16' ? storeHalf() : [...get(SCALES), ...get(SCALE), ...op.f32Store(0)]),
      ...[...get(SCALE), ...op.f64PromoteF32, ...op.f64x2Splat, ...set(SCALES_64)],
      ...[...op.f64Const(1), ...get(SCALE), ...op.f64PromoteF32, ...op.f64Div],
      ...[...op.f64x2Splat, ...set(INVERSES)],
      ...[0, 1, 2, 3].flatMap(encodeOctet),
      ...step(INPUT, GROUP * (type === 'F32' ? 4 : 2)),
      ...step(WORDS, GROUP_WORDS * 4),
      ...step(SCALES, scaleType === 'float16' ? 2 : 4),
      ...step(DONE, 1),
      ...[...get(DONE), ...get(GROUPS), ...op.i32LtU],
    ]),
    ...keepSums,
    ...get(DONE),
  ];
}

/** As f32. Infinities and NaN of f16 come out as 65,536 and more, which is out of range. */
function loadGroup(type: StoredFloat): number[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].flatMap((k) => {
    const widened = [...get(INPUT), ...op.i32x4Load16x4U(8 * k)];
    if (type === 'F32') return [...get(INPUT), ...op.v128Load(16 * k), ...set(W + k)];
    if (type === 'BF16') return [...widened, ...op.i32Const(16), ...op.i32x4Shl, ...set(W + k)];
    return [
      ...[...widened, ...set(HALVES)],
      // The bits as those of an f32, whose exponent then is 112 too small; subnormal ones become right as well.
      ...[...get(HALVES), ...op.v128ConstI32(0x7fff), ...op.v128And, ...op.i32Const(13), ...op.i32x4Shl],
      ...[...op.v128ConstF32(2 ** 112), ...op.f32x4Mul],
      ...[...get(HALVES), ...op.v128ConstI32(0x8000), ...op.v128And, ...op.i32Const(16), ...op.i32x4Shl],
      ...[...op.v128Or, ...set(W + k)],
    ];
  });
}

/** Into SCALE an eighth of the weight of largest magnitude, the positive one of two. */
function largest(): number[] {
  const across = (local: number, pick: readonly number[]): number[] =>
    [lanes(2, 3, 0, 1), lanes(1, 0, 3, 2)].flatMap((order) => [
      ...[...get(local), ...get(local), ...get(local), ...op.i8x16Shuffle(order)],
      ...[...pick, ...set(local)],
    ]);
  return [
    ...[...op.v128ConstI32(0), ...set(LARGEST), ...op.v128ConstI32(0), ...set(SMALLEST)],
    ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((k) => [
      ...[...get(LARGEST), ...get(W + k), ...op.f32x4Pmax, ...set(LARGEST)],
      ...[...get(SMALLEST), ...get(W + k), ...op.f32x4Pmin, ...set(SMALLEST)],
    ]),
    ...across(LARGEST, op.f32x4Pmax),
    ...across(SMALLEST, op.f32x4Pmin),
    ...[...get(LARGEST), ...op.f32x4ExtractLane(0), ...set(HIGH)],
    ...[...get(SMALLEST), ...op.f32x4ExtractLane(0), ...set(LOW)],
    ...[...get(HIGH), ...get(LOW), ...get(HIGH), ...get(LOW), ...op.f32Neg, ...op.f32Ge, ...op.select],
    ...[...op.f32Const(1 / 8), ...op.f32Mul, ...set(SCALE)],
  ];
}

/** Below, rounding a scale to f16 moves it by up to half of itself; above, a weight is larger than any f16. */
function isInRange(): number[] {
  return [
    ...[...get(SCALE), ...op.f32Abs, ...op.f32Const(2 ** -14), ...op.f32Ge],
    ...[...get(SCALE), ...op.f32Abs, ...op.f32Const(8192), ...op.f32Lt],
    ...op.i32And,
  ];
}

/** Stores SCALE as f16, ties to even as `f16FromNumber`, and goes on with what was stored. */
function storeHalf(): number[] {
  const magnitude = [...get(BITS), ...op.i32Const(0x7fff_ffff), ...op.i32And];
  const sign = [...get(BITS), ...op.i32Const(16), ...op.i32ShrU, ...op.i32Const(0x8000), ...op.i32And];
  return [
    ...[...get(SCALE), ...op.i32ReinterpretF32, ...set(BITS)],
    ...get(SCALES),
    ...[...magnitude, ...op.i32Const(0x3800_0000), ...op.i32Sub, ...op.i32Const(0xfff), ...op.i32Add],
    ...[...get(BITS), ...op.i32Const(13), ...op.i32ShrU, ...op.i32Const(1), ...op.i32And, ...op.i32Add],
    ...[...op.i32Const(13), ...op.i32ShrU, ...sign, ...op.i32Or, ...op.localTee(BITS)],
    ...op.i32Store16(0),
    ...[...get(BITS), ...op.i32Const(0x7fff), ...op.i32And, ...op.i32Const(13), ...op.i32Shl],
    ...[...op.i32Const(0x3800_0000), ...op.i32Add],
    ...[...get(BITS), ...op.i32Const(0x8000), ...op.i32And, ...op.i32Const(16), ...op.i32Shl, ...op.i32Or],
    ...[...op.f32ReinterpretI32, ...set(SCALE)],
  ];
}

/** Eight weights to one word, and their part of the sums. */
function encodeOctet(octet: number): number[] {
  const even = lanes(0, 2, 0, 2);
  const odd = lanes(1, 3, 1, 3);
  // Weights 0 and 2, 1 and 3, 4 and 6, 5 and 7: so that the sums come in the order of `quantize.ts`.
  const values = [0, 1, 2, 3].flatMap((k) => {
    const from = get(W + 2 * octet + (k >> 1));
    return [
      ...[...from, ...from, ...op.i8x16Shuffle(k % 2 === 0 ? even : odd)],
      ...[...op.f64x2PromoteLowF32x4, ...set(V + k)],
    ];
  });
  const squares = (k: number): number[] => [...get(V + k), ...get(V + k), ...op.f64x2Mul];
  /** Of the first four weights in LARGEST, of the others in SMALLEST, which are free by now. */
  const addSquares = (sum: number): number[] => [
    ...[...squares(0), ...squares(1), ...op.f64x2Add, ...set(LARGEST)],
    ...[...squares(2), ...squares(3), ...op.f64x2Add, ...set(SMALLEST)],
    ...[...get(LARGEST), ...get(SMALLEST), ...op.i8x16Shuffle(lanes(0, 1, 4, 5))],
    ...[...get(LARGEST), ...get(SMALLEST), ...op.i8x16Shuffle(lanes(2, 3, 6, 7))],
    ...[...op.f64x2Add, ...set(LARGEST)],
    ...get(sum),
    ...[...get(LARGEST), ...op.f64x2ExtractLane(0), ...get(LARGEST), ...op.f64x2ExtractLane(1), ...op.f64Add],
    ...[...op.f64Add, ...set(sum)],
  ];
  const codes = [0, 1, 2, 3].flatMap((k) => [
    ...[...get(V + k), ...get(INVERSES), ...op.f64x2Mul, ...op.v128ConstF64(7.5), ...op.f64x2Add],
    ...[...op.f64x2Trunc, ...set(Q + k)],
    ...get(V + k),
    ...[...get(Q + k), ...op.v128ConstF64(7), ...op.f64x2Sub, ...get(SCALES_64), ...op.f64x2Mul],
    ...[...op.f64x2Sub, ...set(V + k)],
    // The lowest bits of 2^52 and a small whole number are those of the number.
    ...[...get(Q + k), ...op.v128ConstF64(2 ** 52), ...op.f64x2Add, ...set(Q + k)],
  ]);
  const pair = (k: number): number[] => [
    ...[...get(Q + k), ...get(Q + k + 1), ...op.i32Const(4), ...op.i64x2Shl, ...op.v128Or],
  ];
  return [
    ...values,
    ...addSquares(ENERGY),
    ...codes,
    ...addSquares(ERROR),
    // Codes 0, 1, 4, 5 in the first lane where they belong; 2, 3, 6, 7 in the second, a byte too low.
    ...[...pair(0), ...pair(2), ...op.i32Const(16), ...op.i64x2Shl, ...op.v128Or, ...set(Q)],
    ...get(WORDS),
    ...[...get(Q), ...op.i32x4ExtractLane(0)],
    ...[...get(Q), ...op.i32x4ExtractLane(2), ...op.i32Const(8), ...op.i32Shl, ...op.i32Or],
    ...op.i32Store(4 * octet),
  ];
}
