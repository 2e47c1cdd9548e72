import { F16_VALUES } from './float16.ts';

/*
 * The k-quants: super-blocks of 256 weights, with scales (and minima) for sub-blocks of 16 or 32, themselves quantised
 * against one or two f16 per super-block. Layouts from ggml's `ggml-common.h`, order of weights from its
 * `dequantize_row_q*_K`. The `?? 0` never happens; it keeps indexing checked at no measurable cost.
 */

function half(bytes: Uint8Array, at: number): number {
  return F16_VALUES[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
}

/** 84 bytes: 16 × (4-bit scale, 4-bit minimum), 64 bytes of 2-bit codes, f16 scale, f16 minimum. */
export function dequantizeQ2K(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let y = 0, p = offset; y < count; p += 84) {
    const d = half(bytes, p + 80);
    const min = half(bytes, p + 82);
    let s = p;
    for (let q = p + 16; q < p + 80; q += 32) {
      for (let shift = 0; shift < 8; shift += 2) {
        for (let part = 0; part < 32; part += 16) {
          const scale = bytes[s++] ?? 0;
          const dl = d * (scale & 15);
          const ml = min * (scale >>> 4);
          for (let l = part; l < part + 16; l++) out[y++] = dl * (((bytes[q + l] ?? 0) >>> shift) & 3) - ml;
        }
      }
    }
  }
}

/** 110 bytes: 32 bytes of high bits, 64 bytes of 2-bit codes, 16 six-bit scales in 12 bytes, f16 scale. */
export function dequantizeQ3K(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let y = 0, p = offset; y < count; p += 110) {
    const d = half(bytes, p + 108);
    const scales = p + 96;
    let sub = 0;
    let bit = 0;
    for (let q = p + 32; q < p + 96; q += 32) {
      for (let shift = 0; shift < 8; shift += 2, bit++) {
        for (let part = 0; part < 32; part += 16, sub++) {
          // The low four bits of scale n sit in nibble n of the first 8 bytes, the high two in the last 4 bytes.
          const low = sub < 8 ? (bytes[scales + sub] ?? 0) & 15 : (bytes[scales + sub - 8] ?? 0) >>> 4;
          const high = ((bytes[scales + 8 + (sub & 3)] ?? 0) >>> (2 * (sub >>> 2))) & 3;
          const dl = d * ((low | (high << 4)) - 32);
          for (let l = part; l < part + 16; l++) {
            const code = ((bytes[q + l] ?? 0) >>> shift) & 3;
            out[y++] = dl * (code - 4 + ((((bytes[p + l] ?? 0) >>> bit) & 1) << 2));
          }
        }
      }
    }
  }
}

/** Scale `n` of the eight 6-bit scale and minimum pairs in 12 bytes that Q4_K and Q5_K share. */
function scale6(bytes: Uint8Array, at: number, n: number): number {
  return n < 4
    ? (bytes[at + n] ?? 0) & 63
    : ((bytes[at + n + 4] ?? 0) & 15) | (((bytes[at + n - 4] ?? 0) >>> 6) << 4);
}

function minimum6(bytes: Uint8Array, at: number, n: number): number {
  return n < 4
    ? (bytes[at + n + 4] ?? 0) & 63
    : ((bytes[at + n + 4] ?? 0) >>> 4) | (((bytes[at + n] ?? 0) >>> 6) << 4);
}

/** 144 bytes: f16 scale, f16 minimum, 12 bytes of scales and minima, 128 bytes of 4-bit codes. */
export function dequantizeQ4K(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let y = 0, p = offset; y < count; p += 144) {
    const d = half(bytes, p);
    const min = half(bytes, p + 2);
    for (let n = 0, q = p + 16; n < 8; n += 2, q += 32, y += 64) {
      const d1 = d * scale6(bytes, p + 4, n);
      const m1 = min * minimum6(bytes, p + 4, n);
      const d2 = d * scale6(bytes, p + 4, n + 1);
      const m2 = min * minimum6(bytes, p + 4, n + 1);
      for (let l = 0; l < 32; l++) {
        const codes = bytes[q + l] ?? 0;
        out[y + l] = d1 * (codes & 15) - m1;
        out[y + l + 32] = d2 * (codes >>> 4) - m2;
      }
    }
  }
}

/** 176 bytes: as Q4_K, with 32 bytes of fifth bits before the codes. */
export function dequantizeQ5K(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let y = 0, p = offset; y < count; p += 176) {
    const d = half(bytes, p);
    const min = half(bytes, p + 2);
    for (let n = 0, q = p + 48; n < 8; n += 2, q += 32, y += 64) {
      const d1 = d * scale6(bytes, p + 4, n);
      const m1 = min * minimum6(bytes, p + 4, n);
      const d2 = d * scale6(bytes, p + 4, n + 1);
      const m2 = min * minimum6(bytes, p + 4, n + 1);
      for (let l = 0; l < 32; l++) {
        const codes = bytes[q + l] ?? 0;
        const fifth = (bytes[p + 16 + l] ?? 0) >>> n;
        out[y + l] = d1 * ((codes & 15) | ((fifth & 1) << 4)) - m1;
        out[y + l + 32] = d2 * ((codes >>> 4) | ((fifth & 2) << 3)) - m2;
      }
    }
  }
}

/** 210 bytes: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed 8-bit scales, f16 scale. */
export function dequantizeQ6K(bytes: Uint8Array, offset: number, count: number, out: Float32Array): void {
  for (let y = 0, p = offset; y < count; p += 210) {
    const d = half(bytes, p + 208);
    for (let part = 0; part < 2; part++, y += 128) {
      const low = p + part * 64;
      const high = p + 128 + part * 32;
      const scales = p + 192 + part * 8;
      for (let l = 0; l < 32; l++) {
        const s = scales + (l >>> 4);
        const a = bytes[low + l] ?? 0;
        const b = bytes[low + l + 32] ?? 0;
        const h = bytes[high + l] ?? 0;
        out[y + l] = d * signed(bytes, s) * (((a & 15) | ((h & 3) << 4)) - 32);
        out[y + l + 32] = d * signed(bytes, s + 2) * (((b & 15) | (((h >>> 2) & 3) << 4)) - 32);
        out[y + l + 64] = d * signed(bytes, s + 4) * (((a >>> 4) | (((h >>> 4) & 3) << 4)) - 32);
        out[y + l + 96] = d * signed(bytes, s + 6) * (((b >>> 4) | ((h >>> 6) << 4)) - 32);
      }
    }
  }
}

function signed(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) >> 24;
}
