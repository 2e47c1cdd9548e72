import { F16_VALUES } from './float16.ts';
import { dequantizeQ2K, dequantizeQ3K, dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './dequantize-k.ts';
import type { TensorType } from '../../formats/gguf/tensor-types.ts';

/**
 * Turns `count` stored weights at `offset` into f32, from the start of `out`. `count` is a whole number of blocks.
 * Written as plain loops without closures: a closure in an inner loop costs a factor of ten and more.
 * Block formats: ggml's `ggml-common.h`; arithmetic rounds once per weight, as ggml's reference does.
 */
export type Dequantizer = (bytes: Uint8Array, offset: number, count: number, out: Float32Array) => void;

/** f32 in place of every type. Q4_0 is here for reading packages back in tests and for odd layouts. */
export function dequantizer(type: TensorType): Dequantizer {
  return DEQUANTIZERS[type];
}

const DEQUANTIZERS: Record<TensorType, Dequantizer> = {
  F32: dequantizeF32,
  F16: dequantizeF16,
  BF16: dequantizeBF16,
  Q4_0: dequantizeQ40,
  Q4_1: dequantizeQ41,
  Q5_0: dequantizeQ50,
  Q5_1: dequantizeQ51,
  Q8_0: dequantizeQ80,
  Q2_K: dequantizeQ2K,
  Q3_K: dequantizeQ3K,
  Q4_K: dequantizeQ4K,
  Q5_K: dequantizeQ5K,
  Q6_K: dequantizeQ6K,
};

function dequantizeF32(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  new Uint8Array(out.buffer, out.byteOffset, count * 4).set(bytes.subarray(offset, offset + count * 4));
}

function dequantizeF16(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  const start = bytes.byteOffset + offset;
  if (start % 2 === 0) {
    const halves = new Uint16Array(bytes.buffer, start, count);
    for (let i = 0; i < count; i++) out[i] = F16_VALUES[halves[i] ?? 0] ?? 0;
    return;
  }
  for (let i = 0, p = offset; i < count; i++, p += 2) {
    out[i] = F16_VALUES[(bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)] ?? 0;
  }
}

function dequantizeBF16(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, count);
  for (let i = 0, p = offset; i < count; i++, p += 2) {
    bits[i] = ((bytes[p] ?? 0) << 16) | ((bytes[p + 1] ?? 0) << 24);
  }
}

function dequantizeQ40(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let i = 0, p = offset; i < count; i += 32, p += 18) {
    const d = half(bytes, p);
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 2 + j] ?? 0;
      out[i + j] = d * ((q & 15) - 8);
      out[i + j + 16] = d * ((q >>> 4) - 8);
    }
  }
}

function dequantizeQ41(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let i = 0, p = offset; i < count; i += 32, p += 20) {
    const d = half(bytes, p);
    const m = half(bytes, p + 2);
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 4 + j] ?? 0;
      out[i + j] = d * (q & 15) + m;
      out[i + j + 16] = d * (q >>> 4) + m;
    }
  }
}

function dequantizeQ50(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let i = 0, p = offset; i < count; i += 32, p += 22) {
    const d = half(bytes, p);
    const high = word(bytes, p + 2);
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 6 + j] ?? 0;
      out[i + j] = d * (((q & 15) | (((high >>> j) & 1) << 4)) - 16);
      out[i + j + 16] = d * (((q >>> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

function dequantizeQ51(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let i = 0, p = offset; i < count; i += 32, p += 24) {
    const d = half(bytes, p);
    const m = half(bytes, p + 2);
    const high = word(bytes, p + 4);
    for (let j = 0; j < 16; j++) {
      const q = bytes[p + 8 + j] ?? 0;
      out[i + j] = d * ((q & 15) | (((high >>> j) & 1) << 4)) + m;
      out[i + j + 16] = d * ((q >>> 4) | (((high >>> (j + 16)) & 1) << 4)) + m;
    }
  }
}

function dequantizeQ80(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let i = 0, p = offset; i < count; i += 32, p += 34) {
    const d = half(bytes, p);
    for (let j = 0; j < 32; j++) out[i + j] = d * (((bytes[p + 2 + j] ?? 0) << 24) >> 24);
  }
}

function half(bytes: Uint8Array, at: number): number {
  return F16_VALUES[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}
