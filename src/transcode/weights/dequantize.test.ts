/**
 * Every dequantiser against a second implementation, written from the format's definition bit by bit: slow, with no shared
 * code, and in another shape (one weight at a time by index). Plus blocks worked out by hand.
 */
import { describe, expect, it } from 'vitest';
import { dequantizer } from './dequantize.ts';
import { randomNumbers, randomWeights } from '../testing/random.ts';
import { blockLayout, type TensorType } from '../../formats/gguf/tensor-types.ts';

/** A block's bytes with reads named as ggml's headers name them. */
class Block {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  u8(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new Error(`byte ${at} is outside the block`);
    return byte;
  }
  i8(at: number): number {
    const byte = this.u8(at);
    return byte > 127 ? byte - 256 : byte;
  }
  /** `count` bits from bit `from` of the byte string, lowest first. */
  bits(from: number, count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      const bit = Math.floor(this.u8(Math.floor((from + i) / 8)) / 2 ** ((from + i) % 8)) % 2;
      value += bit * 2 ** i;
    }
    return value;
  }
  f16(at: number): number {
    const bits = this.bits(at * 8, 16);
    const sign = bits >= 0x8000 ? -1 : 1;
    const exponent = Math.floor(bits / 1024) % 32;
    const fraction = bits % 1024;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  f32(at: number): number {
    const bits = this.bits(at * 8, 32);
    const sign = bits >= 2 ** 31 ? -1 : 1;
    const exponent = Math.floor(bits / 2 ** 23) % 256;
    const fraction = bits % 2 ** 23;
    return exponent === 0 ? sign * fraction * 2 ** -149 : sign * (2 ** 23 + fraction) * 2 ** (exponent - 150);
  }
  /** The nibble of weight `i` where 32 weights share 16 bytes, the first sixteen in the low halves. */
  nibble(at: number, i: number): number {
    return this.bits((at + (i % 16)) * 8 + (i < 16 ? 0 : 4), 4);
  }
}

type Reference = (block: Block, i: number) => number;

/** Q4_K and Q5_K: (scale, minimum) pair `n` of eight six-bit pairs in twelve bytes at 4. */
function pair(block: Block, n: number): { scale: number; min: number } {
  if (n < 4) return { scale: block.bits((4 + n) * 8, 6), min: block.bits((8 + n) * 8, 6) };
  return {
    scale: block.bits((8 + n) * 8, 4) + 16 * block.bits(n * 8 + 6, 2),
    min: block.bits((8 + n) * 8 + 4, 4) + 16 * block.bits((4 + n) * 8 + 6, 2),
  };
}

const REFERENCES: Record<TensorType, Reference> = {
  F32: (block) => block.f32(0),
  F16: (block) => block.f16(0),
  BF16: (block) => {
    const bits = block.bits(0, 16);
    const exponent = Math.floor(bits / 128) % 256;
    return (
      (bits >= 0x8000 ? -1 : 1) *
      (exponent === 0 ? (bits % 128) * 2 ** -133 : (128 + (bits % 128)) * 2 ** (exponent - 134))
    );
  },
  Q4_0: (block, i) => block.f16(0) * (block.nibble(2, i) - 8),
  Q4_1: (block, i) => block.f16(0) * block.nibble(4, i) + block.f16(2),
  Q5_0: (block, i) => block.f16(0) * (block.nibble(6, i) + 16 * block.bits(16 + i, 1) - 16),
  Q5_1: (block, i) => block.f16(0) * (block.nibble(8, i) + 16 * block.bits(32 + i, 1)) + block.f16(2),
  Q8_0: (block, i) => block.f16(0) * block.i8(2 + i),
  Q2_K: (block, i) => {
    // Halves of 128; in each, four rounds of 32 weights take bit pairs 0..3 of the same 32 bytes.
    const inHalf = i % 128;
    const code = block.bits(
      (16 + 32 * Math.floor(i / 128) + (inHalf % 32)) * 8 + 2 * Math.floor(inHalf / 32),
      2,
    );
    const scales = Math.floor(i / 16) * 8;
    return block.f16(80) * block.bits(scales, 4) * code - block.f16(82) * block.bits(scales + 4, 4);
  },
  Q3_K: (block, i) => {
    const inHalf = i % 128;
    const low = block.bits(
      (32 + 32 * Math.floor(i / 128) + (inHalf % 32)) * 8 + 2 * Math.floor(inHalf / 32),
      2,
    );
    const high = block.bits((i % 32) * 8 + Math.floor(i / 32), 1);
    const n = Math.floor(i / 16);
    const scale =
      block.bits((96 + (n % 8)) * 8 + 4 * Math.floor(n / 8), 4) +
      16 * block.bits((104 + (n % 4)) * 8 + 2 * Math.floor(n / 4), 2);
    return block.f16(108) * (scale - 32) * (low - 4 * (1 - high));
  },
  Q4_K: (block, i) => {
    const n = Math.floor(i / 32);
    const { scale, min } = pair(block, n);
    const code = block.bits((16 + 32 * Math.floor(n / 2) + (i % 32)) * 8 + 4 * (n % 2), 4);
    return block.f16(0) * scale * code - block.f16(2) * min;
  },
  Q5_K: (block, i) => {
    const n = Math.floor(i / 32);
    const { scale, min } = pair(block, n);
    const low = block.bits((48 + 32 * Math.floor(n / 2) + (i % 32)) * 8 + 4 * (n % 2), 4);
    const high = block.bits((16 + (i % 32)) * 8 + n, 1);
    return block.f16(0) * scale * (low + 16 * high) - block.f16(2) * min;
  },
  Q6_K: (block, i) => {
    const half = Math.floor(i / 128);
    const quarter = Math.floor((i % 128) / 32);
    const low = block.bits((64 * half + 32 * (quarter % 2) + (i % 32)) * 8 + 4 * Math.floor(quarter / 2), 4);
    const high = block.bits((128 + 32 * half + (i % 32)) * 8 + 2 * quarter, 2);
    return block.f16(208) * block.i8(192 + Math.floor(i / 16)) * (low + 16 * high - 32);
  },
};

const TYPES = Object.keys(REFERENCES) as TensorType[];

describe('dequantizer', () => {
  it.each(TYPES)('%s gives the definition’s value for every weight of 40 random blocks', (type) => {
    const { weights, bytes } = blockLayout(type);
    const stored = randomWeights(type, 40 * weights, randomNumbers(7));
    const out = new Float32Array(40 * weights);
    dequantizer(type)(stored, 0, out.length, out);
    const expected = Float32Array.from(out, (_, i) => {
      const at = Math.floor(i / weights) * bytes;
      return REFERENCES[type](new Block(stored.subarray(at, at + bytes)), i % weights);
    });
    expect(out).toEqual(expected);
    expect(new Set(out).size, 'the vectors are not all alike').toBeGreaterThan(20);
  });

  it.each(TYPES)('%s reads from any byte, aligned or not', (type) => {
    const { weights, bytes } = blockLayout(type);
    const stored = randomWeights(type, 2 * weights, randomNumbers(8));
    const shifted = new Uint8Array(stored.length + 1);
    shifted.set(stored, 1);
    const [plain, moved] = [new Float32Array(weights), new Float32Array(weights)];
    dequantizer(type)(stored, bytes, weights, plain);
    dequantizer(type)(shifted, bytes + 1, weights, moved);
    expect(moved).toEqual(plain);
  });

  it('follows blocks worked out by hand', () => {
    const decode = (type: TensorType, bytes: number[]): number[] => {
      const out = new Float32Array(blockLayout(type).weights);
      dequantizer(type)(Uint8Array.from(bytes), 0, out.length, out);
      return [...out];
    };
    const half = [0x00, 0x38]; // 0.5
    const two = [0x00, 0x40]; // 2
    // Weight 0 has code 15, weight 16 code 0, the rest 8.
    const codes = [0x0f, ...new Array<number>(15).fill(0x88)];
    expect(decode('Q4_0', [...half, ...codes]).slice(0, 18)).toEqual([
      3.5,
      ...new Array<number>(15).fill(0),
      -4,
      0,
    ]);
    expect(decode('Q4_1', [...half, ...two, ...codes]).slice(15, 18)).toEqual([6, 2, 6]);
    // Fifth bits: of weight 0 and of weight 31.
    expect(decode('Q5_0', [...half, 0x01, 0, 0, 0x80, ...codes])).toEqual([
      ...[7.5, ...new Array<number>(15).fill(-4)],
      ...[-8, ...new Array<number>(14).fill(-4), 4],
    ]);
    expect(decode('Q8_0', [...two, 0x80, 0x7f, ...new Array<number>(30).fill(0xff)]).slice(0, 3)).toEqual([
      -256, 254, -2,
    ]);
  });
});
