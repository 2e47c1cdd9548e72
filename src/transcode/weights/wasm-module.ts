/**
 * Just enough of the WebAssembly binary format to write one exported function over one exported memory, by mnemonics,
 * so that a kernel of thirty instructions needs no toolchain and stays reviewable.
 * Format: https://webassembly.github.io/spec/core/binary/
 */

export const I32 = 0x7f;
export const F32 = 0x7d;
export const F64 = 0x7c;
const VOID_BLOCK = 0x40;

/** The instructions in use. Memory offsets and lane constants follow as arguments. */
export const op = {
  localGet: (index: number): number[] => [0x20, ...unsigned(index)],
  localSet: (index: number): number[] => [0x21, ...unsigned(index)],
  localTee: (index: number): number[] => [0x22, ...unsigned(index)],
  i32Const: (value: number): number[] => [0x41, ...signed(value)],
  i32Eqz: [0x45],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32Mul: [0x6c],
  i32And: [0x71],
  i32Or: [0x72],
  i32Xor: [0x73],
  i32Shl: [0x74],
  i32ShrU: [0x76],
  i32LtU: [0x49],
  i32Load16U: (offset: number): number[] => [0x2f, 0, ...unsigned(offset)],
  i32Store8: (offset: number): number[] => [0x3a, 0, ...unsigned(offset)],
  i32Store16: (offset: number): number[] => [0x3b, 0, ...unsigned(offset)],
  i32Store: (offset: number): number[] => [0x36, 0, ...unsigned(offset)],
  f32Store: (offset: number): number[] => [0x38, 0, ...unsigned(offset)],
  f64Load: (offset: number): number[] => [0x2b, 0, ...unsigned(offset)],
  f64Store: (offset: number): number[] => [0x39, 0, ...unsigned(offset)],
  f32Const: (value: number): number[] => [0x43, ...littleEndian(new Float32Array([value]))],
  f64Const: (value: number): number[] => [0x44, ...littleEndian(new Float64Array([value]))],
  f32Lt: [0x5d],
  f32Ge: [0x60],
  f32Abs: [0x8b],
  f32Neg: [0x8c],
  f32Mul: [0x94],
  f64Add: [0xa0],
  f64Div: [0xa3],
  f64PromoteF32: [0xbb],
  i32ReinterpretF32: [0xbc],
  f32ReinterpretI32: [0xbe],
  /** Ends the function with the value at hand. */
  return: [0x0f],
  /** Of two values below a condition the first, if that is not 0. */
  select: [0x1b],
  /** Four 16-bit numbers, in lanes twice as wide. */
  i32x4Load16x4U: (offset: number): number[] => [0xfd, 0x04, 0, ...unsigned(offset)],
  v128Load: (offset: number): number[] => [0xfd, 0x00, 0, ...unsigned(offset)],
  v128Store: (offset: number): number[] => [0xfd, 0x0b, 0, ...unsigned(offset)],
  v128ConstI8: (byte: number): number[] => [0xfd, 0x0c, ...new Array<number>(16).fill(byte)],
  /** The same 16-bit value in all eight lanes. */
  v128ConstI16: (value: number): number[] => [
    0xfd,
    0x0c,
    ...Array.from({ length: 16 }, (_, i) => (value >>> (8 * (i & 1))) & 255),
  ],
  /** The same 32-bit value in all four lanes. */
  v128ConstI32: (value: number): number[] => [
    0xfd,
    0x0c,
    ...Array.from({ length: 16 }, (_, i) => (value >>> (8 * (i & 3))) & 255),
  ],
  v128ConstF32: (value: number): number[] => {
    const bytes = littleEndian(new Float32Array([value]));
    return [0xfd, 0x0c, ...bytes, ...bytes, ...bytes, ...bytes];
  },
  v128ConstF64: (value: number): number[] => {
    const bytes = littleEndian(new Float64Array([value]));
    return [0xfd, 0x0c, ...bytes, ...bytes];
  },
  f64x2Splat: [0xfd, 0x14],
  f32x4ExtractLane: (lane: number): number[] => [0xfd, 0x1f, lane],
  f64x2ExtractLane: (lane: number): number[] => [0xfd, 0x21, lane],
  /** The first two lanes. */
  f64x2PromoteLowF32x4: [0xfd, 0x5f],
  f64x2Trunc: [0xfd, 0x7a],
  i64x2Shl: [0xfd, ...unsigned(0xcb)],
  f32x4Mul: [0xfd, ...unsigned(0xe6)],
  /** Of each two lanes the second where it is less than the first, or more: what is NaN counts as neither. */
  f32x4Pmin: [0xfd, ...unsigned(0xea)],
  f32x4Pmax: [0xfd, ...unsigned(0xeb)],
  f64x2Add: [0xfd, ...unsigned(0xf0)],
  f64x2Sub: [0xfd, ...unsigned(0xf1)],
  f64x2Mul: [0xfd, ...unsigned(0xf2)],
  /** Sixteen bytes of two vectors, by their places in both. */
  i8x16Shuffle: (lanes: readonly number[]): number[] => [0xfd, 0x0d, ...lanes],
  /** Bytes of the first vector, by the places that the second holds. */
  i8x16Swizzle: [0xfd, 0x0e],
  i32x4ExtractLane: (lane: number): number[] => [0xfd, 0x1b, lane],
  v128Not: [0xfd, 0x4d],
  v128And: [0xfd, 0x4e],
  v128Or: [0xfd, 0x50],
  v128AnyTrue: [0xfd, 0x53],
  i8x16NarrowI16x8U: [0xfd, 0x66],
  i8x16Add: [0xfd, 0x6e],
  i8x16Sub: [0xfd, 0x71],
  /** Sums of neighbours, in lanes twice as wide. */
  i16x8ExtaddPairwiseI8x16U: [0xfd, 0x7d],
  i32x4ExtaddPairwiseI16x8U: [0xfd, 0x7f],
  i16x8Shl: [0xfd, ...unsigned(0x8b)],
  i16x8ShrU: [0xfd, ...unsigned(0x8d)],
  i16x8Add: [0xfd, ...unsigned(0x8e)],
  i32x4Shl: [0xfd, ...unsigned(0xab)],
  i32x4ShrU: [0xfd, ...unsigned(0xad)],
  i32x4Add: [0xfd, ...unsigned(0xae)],
  /** Runs the body over and over while it leaves something other than 0. */
  loopWhile: (body: readonly number[]): number[] => [0x03, VOID_BLOCK, ...body, 0x0d, 0x00, 0x0b],
  /** Skips the body where the condition is 0. */
  ifNonZero: (body: readonly number[]): number[] => [0x04, VOID_BLOCK, ...body, 0x0b],
} as const;

export const V128 = 0x7b;

/** Local variables by type, after the parameters. */
export type Locals = readonly { readonly count: number; readonly type: number }[];

/** A module exporting `memory` (`pages` × 64 KiB) and `run`, of `parameters` i32 and one i32 result. */
export function assemble(
  parameters: number,
  locals: Locals,
  body: readonly number[],
  pages: number,
): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...vector(new Array<number[]>(parameters).fill([I32])), ...vector([[I32]])];
  const code = [...vector(locals.map(({ count, type: kind }) => [...unsigned(count), kind])), ...body, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([type])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0x00, ...unsigned(pages)]])),
    ...section(
      7,
      vector([
        [...text('memory'), 2, 0],
        [...text('run'), 0, 0],
      ]),
    ),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  return [...unsigned(value.length), ...Array.from(value, (char) => char.charCodeAt(0))];
}

/** As WebAssembly stores numbers, whatever this machine does. */
function littleEndian(value: Float32Array | Float64Array): number[] {
  const view = new DataView(new ArrayBuffer(value.byteLength));
  if (value instanceof Float32Array) view.setFloat32(0, value[0] ?? 0, true);
  else view.setFloat64(0, value[0] ?? 0, true);
  return [...new Uint8Array(view.buffer)];
}

/** LEB128, as every integer of the format. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}
