import { AppError } from '../../errors/app-error.ts';
import { F16_VALUES } from './float16.ts';
import { assemble, I32, op, V128 } from './wasm-module.ts';

/*
 * Q4_0 → MLC, bit for bit. A block is an f16 `d` and 16 bytes, w = (q − 8)·d, low nibbles first; MLC wants pairs of
 * neighbours and w = (code − 7)·scale. With scale = −d the code is 15 − q, so byte m of the output is
 * ~(q[2m] | q[2m+1] << 4), and only the scale's sign bit changes.
 */

const BLOCK_BYTES = 18;
const CODE_BYTES = 16;

/** Repacks `blocks` blocks. Returns false if any scale is NaN or infinite. */
type Repacker = (input: Uint8Array, blocks: number, codes: Uint8Array, scales: Uint16Array) => boolean;

let repacker: Repacker | null = null;

/**
 * Repacks Q4_0 blocks with WebAssembly SIMD where it may run, else in TypeScript.
 * @param input whole blocks
 * @param codes gets 16 bytes per block
 * @param scales gets one scale per block: f16 bits, or f32 values
 * @throws AppError `transcode/bad-values` for a scale that is NaN or infinite
 */
export function repackQ40(input: Uint8Array, codes: Uint8Array, scales: Uint16Array | Float32Array): void {
  repacker ??= createSimdRepacker() ?? repackInTypeScript;
  const blocks = input.length / BLOCK_BYTES;
  const halves = scales instanceof Uint16Array ? scales : new Uint16Array(blocks);
  if (!repacker(input, blocks, codes, halves)) {
    throw new AppError('transcode/bad-values', 'A scale is not a finite number', { type: 'Q4_0' });
  }
  if (scales instanceof Float32Array) {
    for (let b = 0; b < blocks; b++) scales[b] = F16_VALUES[halves[b] ?? 0] ?? 0;
  }
}

/** Σ (q − 8)² of a byte's two codes. */
const SQUARES = Uint8Array.from(
  { length: 256 },
  (_, byte) => ((byte & 15) - 8) ** 2 + ((byte >> 4) - 8) ** 2,
);

/** Σ w² of whole blocks. */
export function energyOfQ40(input: Uint8Array): number {
  let energy = 0;
  for (let p = 0; p < input.length; p += BLOCK_BYTES) {
    const d = F16_VALUES[(input[p] ?? 0) | ((input[p + 1] ?? 0) << 8)] ?? 0;
    let squares = 0;
    for (let i = p + 2; i < p + BLOCK_BYTES; i++) squares += SQUARES[input[i] ?? 0] ?? 0;
    energy += squares * d * d;
  }
  return energy;
}

/** The same without WebAssembly, for pages that forbid it and as the reference in tests. */
export const repackInTypeScript: Repacker = (input, blocks, codes, scales) => {
  let bad = 0;
  let p = 0;
  let m = 0;
  for (let b = 0; b < blocks; b++) {
    const d = (input[p] ?? 0) | ((input[p + 1] ?? 0) << 8);
    bad |= (d & 0x7c00) + 0x400; // carries into bit 15 only from the all-ones exponent
    scales[b] = d ^ 0x8000;
    p += 2;
    for (let i = 0; i < 8; i++, p += 2) {
      const first = input[p] ?? 0;
      const second = input[p + 1] ?? 0;
      codes[m + i] = ~((first & 15) | (second << 4));
      codes[m + i + 8] = ~((first >>> 4) | (second & 0xf0));
    }
    m += CODE_BYTES;
  }
  return (bad & 0x8000) === 0;
};

/** Blocks per call: input, codes and scales of this many (36 KiB) stay in the CPU's nearest caches; twice as many halve the speed. */
const CHUNK_BLOCKS = 1024;

/** @returns null where WebAssembly or its SIMD is missing or forbidden */
export function createSimdRepacker(): Repacker | null {
  const codesAt = CHUNK_BLOCKS * BLOCK_BYTES;
  const scalesAt = codesAt + CHUNK_BLOCKS * CODE_BYTES;
  const pages = Math.ceil((scalesAt + CHUNK_BLOCKS * 2) / 65_536);
  let exports: WebAssembly.Exports;
  try {
    exports = new WebAssembly.Instance(new WebAssembly.Module(assemble(4, LOCALS, KERNEL, pages))).exports;
  } catch (thrown) {
    // No WebAssembly, no SIMD, or a policy against it: each throws another class, and each means the same here.
    if (thrown instanceof RangeError) throw thrown;
    return null;
  }
  const { memory, run } = exports;
  if (!(memory instanceof WebAssembly.Memory) || typeof run !== 'function') return null;
  const kernel = run as (input: number, codes: number, scales: number, blocks: number) => number;
  const bytes = new Uint8Array(memory.buffer);
  const halves = new Uint16Array(memory.buffer, scalesAt, CHUNK_BLOCKS);
  return (input, blocks, codes, scales) => {
    let good = true;
    for (let first = 0; first < blocks; first += CHUNK_BLOCKS) {
      const n = Math.min(CHUNK_BLOCKS, blocks - first);
      bytes.set(input.subarray(first * BLOCK_BYTES, (first + n) * BLOCK_BYTES));
      good = kernel(0, codesAt, scalesAt, n) === 0 && good;
      codes.set(bytes.subarray(codesAt, codesAt + n * CODE_BYTES), first * CODE_BYTES);
      scales.set(halves.subarray(0, n), first);
    }
    return good;
  };
}

// Parameters 0–3, then locals.
const INPUT = 0;
const CODES = 1;
const SCALES = 2;
const BLOCKS = 3;
const BAD = 4;
const D = 5;
const X = 6;
const LOW = 7;
const HIGH = 8;
const LOCALS = [
  { count: 2, type: I32 },
  { count: 3, type: V128 },
];

/** In each 16-bit lane (two nibbles in their own bytes): the first byte's nibble | the second's << 4. */
function pair(local: number): number[] {
  return [
    ...op.localGet(local),
    ...[...op.localGet(local), ...op.i32Const(4), ...op.i16x8ShrU],
    ...op.v128Or,
    ...[...op.v128ConstI16(0xff), ...op.v128And],
  ];
}

const KERNEL: readonly number[] = [
  ...op.localGet(BLOCKS),
  ...op.ifNonZero(
    op.loopWhile([
      // scale = d with its sign flipped; bad |= (d & 0x7c00) + 0x400
      ...op.localGet(SCALES),
      ...[...op.localGet(INPUT), ...op.i32Load16U(0), ...op.localTee(D)],
      ...[...op.i32Const(0x8000), ...op.i32Xor],
      ...op.i32Store16(0),
      ...[...op.localGet(D), ...op.i32Const(0x7c00), ...op.i32And, ...op.i32Const(0x400), ...op.i32Add],
      ...[...op.localGet(BAD), ...op.i32Or, ...op.localSet(BAD)],
      // x = ~the 16 bytes; low and high nibbles in bytes of their own
      ...[...op.localGet(INPUT), ...op.v128Load(2), ...op.v128Not, ...op.localTee(X)],
      ...[...op.v128ConstI8(0x0f), ...op.v128And, ...op.localSet(LOW)],
      ...[
        ...op.localGet(X),
        ...op.i32Const(4),
        ...op.i16x8ShrU,
        ...op.v128ConstI8(0x0f),
        ...op.v128And,
        ...op.localSet(HIGH),
      ],
      ...op.localGet(CODES),
      ...[...pair(LOW), ...pair(HIGH), ...op.i8x16NarrowI16x8U],
      ...op.v128Store(0),
      ...[...op.localGet(INPUT), ...op.i32Const(BLOCK_BYTES), ...op.i32Add, ...op.localSet(INPUT)],
      ...[...op.localGet(CODES), ...op.i32Const(CODE_BYTES), ...op.i32Add, ...op.localSet(CODES)],
      ...[...op.localGet(SCALES), ...op.i32Const(2), ...op.i32Add, ...op.localSet(SCALES)],
      ...[...op.localGet(BLOCKS), ...op.i32Const(1), ...op.i32Sub, ...op.localTee(BLOCKS)],
    ]),
  ),
  ...[...op.localGet(BAD), ...op.i32Const(0x8000), ...op.i32And],
];
