import { f16Round } from '../weights/float16.ts';

/**
 * MLC's own group quantisation, as its converter does it: in the model's dtype scale = max|w| / 7, code =
 * clamp(round-half-even(w / scale + 7), 0, 14); an all-zero group is code 0, scale 0. Kept to hold ours against.
 */
export function mlcGroup(
  weights: ArrayLike<number>,
  dtype: 'float16' | 'float32',
): { codes: number[]; scale: number } {
  const round = dtype === 'float16' ? f16Round : Math.fround;
  const values = Array.from(weights, round);
  const scale = round(Math.max(...values.map(Math.abs)) / 7);
  if (scale === 0) return { codes: values.map(() => 0), scale };
  const codes = values.map((w) => Math.min(Math.max(halfEven(round(round(w / scale) + 7)), 0), 14));
  return { codes, scale };
}

function halfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
