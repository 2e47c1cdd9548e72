/** The panels' kernel in WebAssembly SIMD: what `createPlainPanels` does, four words of a stored row at a time. */
import { GROUP } from '../../../formats/mlc-package/group.ts';
import {
  type AwqPanels,
  createPlainPanels,
  NIBBLE_OF,
  PANEL_ROWS,
  PANEL_WORDS,
  PANELS,
  QUAD,
  resultAt,
} from './awq-panel.ts';
import { assemble, I32, op, V128 } from '../wasm-module.ts';

let shared: AwqPanels | null = null;

/** This thread's memory, for at least so many columns. */
export function awqPanels(cols: number): AwqPanels {
  if (shared === null || shared.cols < cols) shared = createSimdPanels(cols) ?? createPlainPanels(cols);
  return shared;
}

/** Eight outputs × four octets of columns, each a vector of four words. */
const TURNED_AT = 0;
/** For each zero three vectors: 7 − z and 7 + z in all bytes, and (q − z)² by q. */
const BY_ZERO_AT = TURNED_AT + 32 * 16;
const BY_ZERO_SHIFT = 6;
const PANELS_AT = BY_ZERO_AT + (16 << BY_ZERO_SHIFT);

/** @returns null where WebAssembly or its SIMD is missing or forbidden */
export function createSimdPanels(cols: number): AwqPanels | null {
  const groups = cols / GROUP;
  const codesAt = PANELS_AT;
  const zerosAt = codesAt + PANELS * cols * PANEL_WORDS * 4;
  const wordsAt = zerosAt + groups * PANEL_WORDS * 4;
  const squaresAt = wordsAt + PANEL_ROWS * groups * 16;
  const kindsAt = squaresAt + groups * PANEL_ROWS * 4;
  const pages = Math.ceil((kindsAt + groups * PANEL_ROWS) / 65_536);
  let exports: WebAssembly.Exports;
  try {
    exports = new WebAssembly.Instance(new WebAssembly.Module(assemble(6, LOCALS, kernel(), pages))).exports;
  } catch (thrown) {
    // No WebAssembly, no SIMD, or a policy against it: each throws another class, and each means the same here.
    if (thrown instanceof RangeError) throw thrown;
    return null;
  }
  const { memory, run } = exports;
  if (!(memory instanceof WebAssembly.Memory) || typeof run !== 'function') return null;
  const convertQuad = run as (...at: readonly number[]) => number;
  const { buffer } = memory;
  const byZero = new Uint8Array(buffer, BY_ZERO_AT, 16 << BY_ZERO_SHIFT);
  for (let zero = 0; zero < 16; zero++) {
    const at = zero << BY_ZERO_SHIFT;
    byZero.fill(7 - zero, at, at + 16);
    byZero.fill(7 + zero, at + 16, at + 32);
    for (let q = 0; q < 16; q++) byZero[at + 32 + q] = (q - zero) ** 2;
  }
  return {
    cols,
    codes: new Int32Array(buffer, codesAt, PANELS * cols * PANEL_WORDS),
    zeros: new Int32Array(buffer, zerosAt, groups * PANEL_WORDS),
    words: new Uint32Array(buffer, wordsAt, PANEL_ROWS * groups * 4),
    kinds: new Uint8Array(buffer, kindsAt, groups * PANEL_ROWS),
    squares: new Int32Array(buffer, squaresAt, groups * PANEL_ROWS),
    convert(panel, words, width) {
      const rowBytes = width / 2;
      for (let c = 0; c < words; c += QUAD) {
        for (let g = 0; g < width / GROUP; g++) {
          const result = resultAt(g, c, 0);
          convertQuad(
            codesAt + ((panel * width + g * GROUP) * PANEL_WORDS + c) * 4,
            zerosAt + (g * PANEL_WORDS + c) * 4,
            wordsAt + 8 * c * rowBytes + 16 * g,
            squaresAt + result * 4,
            kindsAt + result,
            rowBytes,
          );
        }
      }
    },
  };
}

// Parameters 0–5, then locals.
const CODES = 0;
const ZEROS = 1;
const WORDS = 2;
const SQUARES = 3;
const KINDS = 4;
const ROW_BYTES = 5;
/** Where the codes of the output at hand go. */
const ROW = 6;
const BY_ZERO = 7;
const BAD_KEPT = 8;
const BAD_FLIPPED = 9;
const ZERO_WORDS = 10;
const LOW = 11;
const HIGH = 12;
const KEPT_LOW = 13;
const KEPT_HIGH = 14;
const FLIPPED_LOW = 15;
const FLIPPED_HIGH = 16;
/** Eight vectors, and eight more. */
const A = 17;
const B = 25;
const LOCALS = [
  { count: 4, type: I32 },
  { count: 23, type: V128 },
];

const get = op.localGet;
const set = op.localSet;

/** One group of 32 columns of four stored words: 32 outputs. */
function kernel(): number[] {
  const code: number[] = [];
  for (let octet = 0; octet < 4; octet++) code.push(...turnOctet(octet));
  code.push(...get(ZEROS), ...op.v128Load(0), ...set(ZERO_WORDS));
  for (let j = 0; j < 8; j++) code.push(...fitOutputs(j));
  return [...code, ...op.i32Const(0)];
}

/** Eight columns: transposes the nibbles of each lane by halves, bytes and nibbles, as `turn` does. */
function turnOctet(octet: number): number[] {
  const load = Array.from({ length: 8 }, (_, k) => [
    ...get(CODES),
    ...op.v128Load((8 * octet + k) * PANEL_WORDS * 4),
    ...set(A + k),
  ]);
  const halves = [0, 1, 2, 3].map((k) => swap(A + k, A + k + 4, B + k, B + k + 4, 16, 0x0000_ffff));
  const bytes = [0, 1, 4, 5].map((k) => swap(B + k, B + k + 2, A + k, A + k + 2, 8, 0x00ff_00ff));
  const nibbles = [0, 2, 4, 6].map((k) => swap(A + k, A + k + 1, B + k, B + k + 1, 4, 0x0f0f_0f0f));
  const store = Array.from({ length: 8 }, (_, j) => [
    ...op.i32Const(0),
    ...get(B + (NIBBLE_OF[j] ?? 0)),
    ...op.v128Store(TURNED_AT + (j * 4 + octet) * 16),
  ]);
  return [load, halves, bytes, nibbles, store].flat(2);
}

/** `low` gets the lower parts of both vectors, the second's above the first's; `high` the upper parts. */
function swap(
  first: number,
  second: number,
  low: number,
  high: number,
  bits: number,
  mask: number,
): number[] {
  return [
    ...[...get(first), ...op.v128ConstI32(mask), ...op.v128And],
    ...[...get(second), ...op.i32Const(bits), ...op.i32x4Shl, ...op.v128ConstI32(~mask), ...op.v128And],
    ...[...op.v128Or, ...set(low)],
    ...[...get(first), ...op.i32Const(bits), ...op.i32x4ShrU, ...op.v128ConstI32(mask), ...op.v128And],
    ...[...get(second), ...op.v128ConstI32(~mask), ...op.v128And],
    ...[...op.v128Or, ...set(high)],
  ];
}

const lanes = (...words: readonly number[]): number[] =>
  words.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte));
/** Of two vectors of four words: the first words of both in turn, the last; the first halves, the last. */
const UNPACK_LOW = lanes(0, 4, 1, 5);
const UNPACK_HIGH = lanes(2, 6, 3, 7);
const LOW_HALVES = lanes(0, 1, 4, 5);
const HIGH_HALVES = lanes(2, 3, 6, 7);

const shuffle = (first: number, second: number, order: readonly number[]): number[] => [
  ...get(first),
  ...get(second),
  ...op.i8x16Shuffle(order),
];

/** Output j of each of the four words: gathers its 32 codes, carries them over if they fit, and adds up their squares. */
function fitOutputs(j: number): number[] {
  const load = [0, 1, 2, 3].map((octet) => [
    ...op.i32Const(0),
    ...op.v128Load(TURNED_AT + (j * 4 + octet) * 16),
    ...set(A + octet),
  ]);
  return [
    ...load.flat(),
    ...[...shuffle(A, A + 1, UNPACK_LOW), ...set(A + 4)],
    ...[...shuffle(A, A + 1, UNPACK_HIGH), ...set(A + 5)],
    ...[...shuffle(A + 2, A + 3, UNPACK_LOW), ...set(A + 6)],
    ...[...shuffle(A + 2, A + 3, UNPACK_HIGH), ...set(A + 7)],
    ...[...shuffle(A + 4, A + 6, LOW_HALVES), ...set(B)],
    ...[...shuffle(A + 4, A + 6, HIGH_HALVES), ...set(B + 1)],
    ...[...shuffle(A + 5, A + 7, LOW_HALVES), ...set(B + 2)],
    ...[...shuffle(A + 5, A + 7, HIGH_HALVES), ...set(B + 3)],
    ...[...get(WORDS), ...set(ROW)],
    ...[0, 1, 2, 3].flatMap((c) => fitOutput(j, c)),
    ...[...get(WORDS), ...get(ROW_BYTES), ...op.i32Add, ...set(WORDS)],
    // The four sums of squares, each now in four lanes, into one vector.
    ...[...get(SQUARES), ...addTransposed()],
    ...op.v128Store(j * 16),
  ];
}

/** The codes are in local B + c; their squares go into local A + c. */
function fitOutput(j: number, c: number): number[] {
  const codes = B + c;
  const nibbles = [...op.v128ConstI8(0x0f), ...op.v128And];
  const outside = [...op.v128Or, ...op.v128ConstI8(0xf0), ...op.v128And, ...op.v128AnyTrue];
  const pack = (low: number, high: number): number[] => [
    ...get(low),
    ...[...get(high), ...op.i32Const(4), ...op.i16x8Shl],
    ...op.v128Or,
  ];
  const squares = (local: number): number[] => [
    ...[...get(BY_ZERO), ...op.v128Load(BY_ZERO_AT + 32)],
    ...get(local),
    ...[...op.i8x16Swizzle, ...op.i16x8ExtaddPairwiseI8x16U],
  ];
  return [
    ...[...get(ZERO_WORDS), ...op.i32x4ExtractLane(c)],
    ...[...op.i32Const(4 * (NIBBLE_OF[j] ?? 0)), ...op.i32ShrU, ...op.i32Const(15), ...op.i32And],
    ...[...op.i32Const(BY_ZERO_SHIFT), ...op.i32Shl, ...set(BY_ZERO)],
    ...[...get(codes), ...nibbles, ...set(LOW)],
    ...[...get(codes), ...op.i32Const(4), ...op.i16x8ShrU, ...nibbles, ...set(HIGH)],
    // q − z + 7 with the scale as it is, 7 − (q − z) with its other sign: each fits if all are 0 to 15.
    ...[...get(LOW), ...get(BY_ZERO), ...op.v128Load(BY_ZERO_AT), ...op.i8x16Add, ...op.localTee(KEPT_LOW)],
    ...[...get(HIGH), ...get(BY_ZERO), ...op.v128Load(BY_ZERO_AT), ...op.i8x16Add, ...op.localTee(KEPT_HIGH)],
    ...[...outside, ...set(BAD_KEPT)],
    ...[
      ...get(BY_ZERO),
      ...op.v128Load(BY_ZERO_AT + 16),
      ...get(LOW),
      ...op.i8x16Sub,
      ...op.localTee(FLIPPED_LOW),
    ],
    ...[
      ...get(BY_ZERO),
      ...op.v128Load(BY_ZERO_AT + 16),
      ...get(HIGH),
      ...op.i8x16Sub,
      ...op.localTee(FLIPPED_HIGH),
    ],
    ...[...outside, ...set(BAD_FLIPPED)],
    ...get(ROW),
    ...[...get(codes), ...pack(FLIPPED_LOW, FLIPPED_HIGH), ...get(BAD_FLIPPED), ...op.select],
    ...[...pack(KEPT_LOW, KEPT_HIGH), ...get(BAD_KEPT), ...op.select],
    ...op.v128Store(0),
    ...[...get(ROW), ...get(ROW_BYTES), ...op.i32Const(8), ...op.i32Mul, ...op.i32Add, ...set(ROW)],
    // KEEP, FLIP, REQUANTISE.
    ...get(KINDS),
    ...[...get(BAD_KEPT), ...get(BAD_FLIPPED), ...op.i32Const(1), ...op.i32Add, ...op.i32Mul],
    ...op.i32Store8(j * QUAD + c),
    ...[...squares(LOW), ...squares(HIGH), ...op.i16x8Add, ...op.i32x4ExtaddPairwiseI16x8U, ...set(A + c)],
  ];
}

/** Of the vectors in A to A + 3 the sums of their lanes, one lane each. */
function addTransposed(): number[] {
  const pairs = (first: number): number[] => [
    ...shuffle(first, first + 1, UNPACK_LOW),
    ...shuffle(first, first + 1, UNPACK_HIGH),
    ...op.i32x4Add,
  ];
  return [
    ...[...pairs(A), ...set(A + 4), ...pairs(A + 2), ...set(A + 5)],
    ...[...shuffle(A + 4, A + 5, LOW_HALVES), ...shuffle(A + 4, A + 5, HIGH_HALVES), ...op.i32x4Add],
  ];
}
