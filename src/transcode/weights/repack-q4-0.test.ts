import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { f16ToNumber } from './float16.ts';
import { createSimdRepacker, repackInTypeScript, repackQ40 } from './repack-q4-0.ts';

const finiteBlocks = fc.uint8Array({ minLength: 18, maxLength: 18 * 40 }).map((bytes) => {
  const whole = bytes.slice(0, bytes.length - (bytes.length % 18));
  for (let at = 1; at < whole.length; at += 18) if (((whole[at] ?? 0) & 0x7c) === 0x7c) whole[at] = 0x30;
  return whole;
});

/** w = (q − 8)·d, weight by weight, from the format's definition. */
function blockValues(bytes: Uint8Array, block: number): number[] {
  const at = block * 18;
  const d = f16ToNumber((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  return Array.from({ length: 32 }, (_, i) => {
    const byte = bytes[at + 2 + (i % 16)] ?? 0;
    return d * ((i < 16 ? byte & 15 : byte >> 4) - 8);
  });
}

describe('Q4_0 repacking', () => {
  it.each(['float16', 'float32'] as const)('keeps every weight exactly, with %s scales', (dtype) => {
    fc.assert(
      fc.property(finiteBlocks, (bytes) => {
        const blocks = bytes.length / 18;
        const codes = new Uint8Array(blocks * 16);
        const scales = dtype === 'float16' ? new Uint16Array(blocks) : new Float32Array(blocks);
        repackQ40(bytes, codes, scales);
        const words = new Uint32Array(codes.buffer);
        for (let b = 0; b < blocks; b++) {
          const stored = scales[b] ?? 0;
          const scale = dtype === 'float16' ? f16ToNumber(stored) : stored;
          const values = Array.from({ length: 32 }, (_, i) => {
            const code = ((words[4 * b + (i >> 3)] ?? 0) >>> (4 * (i & 7))) & 15;
            return (code - 7) * scale + 0;
          });
          expect(values).toEqual(blockValues(bytes, b).map((value) => value + 0));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('WebAssembly and TypeScript give the same bytes, across chunk borders', () => {
    const simd = createSimdRepacker();
    expect(simd, 'node has WebAssembly SIMD').not.toBeNull();
    const blocks = 1024 * 2 + 77;
    const bytes = Uint8Array.from({ length: blocks * 18 }, (_, i) =>
      i % 18 === 1 ? i & 0x3b : (i * 7919) >> 3,
    );
    const results = [simd, repackInTypeScript].map((repack) => {
      const codes = new Uint8Array(blocks * 16);
      const scales = new Uint16Array(blocks);
      return { good: repack?.(bytes, blocks, codes, scales), codes, scales };
    });
    expect(results[0]).toEqual(results[1]);
    expect(results[0]?.good).toBe(true);
  });

  it.each([
    ['infinite', 0x7c00],
    ['minus infinite', 0xfc00],
    ['NaN', 0x7e01],
  ])('refuses a scale that is %s, wherever it is', (_, bits) => {
    for (const block of [0, 30, 1500]) {
      const bytes = new Uint8Array(18 * 1501);
      bytes[block * 18] = bits & 255;
      bytes[block * 18 + 1] = bits >> 8;
      const codes = new Uint8Array(16 * 1501);
      expect(repackInTypeScript(bytes, 1501, codes, new Uint16Array(1501))).toBe(false);
      expect(() => {
        repackQ40(bytes, codes, new Uint16Array(1501));
      }).toThrow(expect.objectContaining({ code: 'transcode/bad-values' }));
    }
  });

  it('takes the largest finite scale', () => {
    const bytes = new Uint8Array(18);
    bytes.set([0xff, 0x7b]);
    const scales = new Uint16Array(1);
    repackQ40(bytes, new Uint8Array(16), scales);
    expect(f16ToNumber(scales[0] ?? 0)).toBe(-65_504);
  });
});
