import { randomNumbers, randomWeights } from './random.ts';
import { listTensors } from './tiny-folder.ts';
import type { TinyShape } from './tiny-llama.ts';

/** One tensor of a little model, by its published name. */
export interface TinyTensor {
  readonly name: string;
  readonly dtype: 'F16';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A little model in float16, for writers of any container. */
export function tinyTensors(shape: TinyShape, seed = 11): TinyTensor[] {
  const random = randomNumbers(seed);
  const list: TinyTensor[] = [];
  const add = (name: string, sizes: readonly number[]): void => {
    const count = sizes.reduce((product, length) => product * length, 1);
    list.push({
      name: `${name}.weight`,
      dtype: 'F16',
      shape: sizes,
      bytes: randomWeights('F16', count, random),
    });
  };
  const matrix = (name: string, rows: number, cols: number): void => {
    add(name, [rows, cols]);
  };
  listTensors(shape, {
    dense: matrix,
    linear: matrix,
    norm: (name) => {
      add(name, [shape.hidden]);
    },
  });
  return list;
}
