import { f16FromNumber } from '../weights/float16.ts';
import { blockLayout, rowBytes, type TensorType } from '../../formats/gguf/tensor-types.ts';

/** Numbers in [0, 1) that are the same on every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Where a block keeps its f16 scales and minima. */
const HALVES: Partial<Record<TensorType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** `count` stored weights of any type: random codes, and scales of the size real models have. */
export function randomWeights(
  type: TensorType,
  count: number,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const { weights, bytes } = blockLayout(type);
  const out = new Uint8Array((count / weights) * bytes);
  const view = new DataView(out.buffer);
  const scratch = new DataView(new ArrayBuffer(4));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (let i = 0, at = 0; i < count; i += weights, at += bytes) {
    if (type === 'F32') view.setFloat32(at, 0.05 * normal(), true);
    else if (type === 'F16') view.setUint16(at, f16FromNumber(0.05 * normal()), true);
    else if (type === 'BF16') {
      scratch.setFloat32(0, 0.05 * normal());
      view.setUint16(at, scratch.getUint16(0), true);
    } else {
      for (let j = at; j < at + bytes; j++) out[j] = Math.floor(random() * 256);
      for (const half of HALVES[type] ?? []) {
        view.setUint16(at + half, f16FromNumber((random() - 0.5) * 0.02), true);
      }
    }
  }
  return out;
}

/** One matrix of random weights. */
export function randomMatrix(
  type: TensorType,
  rows: number,
  cols: number,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(rows * rowBytes(type, cols));
  for (let r = 0; r < rows; r++) out.set(randomWeights(type, cols, random), r * rowBytes(type, cols));
  return out;
}
