import { describe, expect, it } from 'vitest';
import { recogniseFiles } from './acquisition.ts';

const chosen = (...paths: string[]) => paths.map((path) => ({ path, file: new File([], path) }));
const formatOf = (...paths: string[]) => {
  const { format, files } = recogniseFiles(chosen(...paths));
  return [format, ...files.map(({ path }) => path)];
};
const SEVERAL = expect.objectContaining({ code: 'transcode/several-models' }) as unknown;

describe('what a person chose', () => {
  it('is one GGUF, whatever lies beside it', () => {
    expect(formatOf('m/README.md', 'm/model.Q4_0.GGUF')).toEqual(['gguf', 'm/model.Q4_0.GGUF']);
  });

  it('is all of a folder of safetensors, in one file or several', () => {
    const folder = [
      'm/config.json',
      'm/model-00001-of-00002.safetensors',
      'm/model-00002-of-00002.safetensors',
    ];
    expect(formatOf(...folder)).toEqual(['safetensors', ...folder]);
  });

  it('is all of a folder of PyTorch files, but not what training left', () => {
    const folder = ['m/config.json', 'm/pytorch_model-00001-of-00002.bin', 'm/training_args.bin'];
    expect(formatOf(...folder)).toEqual(['torch', ...folder]);
    expect(() => recogniseFiles(chosen('m/config.json', 'm/training_args.bin'))).toThrow(
      expect.objectContaining({ code: 'models/no-weights' }),
    );
  });

  it('is all of a package, whatever its shards are called', () => {
    const folder = ['m/tensor-cache.json', 'm/params_shard_0.bin'];
    expect(formatOf(...folder)).toEqual(['mlc', ...folder]);
  });

  it('is never one of several models by chance', () => {
    expect(() => recogniseFiles(chosen('m/a.Q4_0.gguf', 'm/a.Q8_0.gguf'))).toThrow(SEVERAL);
    expect(() => recogniseFiles(chosen('m/a.gguf', 'm/model.safetensors'))).toThrow(SEVERAL);
    // The parts of one, which opening it then speaks of.
    expect(formatOf('a-00001-of-00002.gguf', 'a-00002-of-00002.gguf')).toEqual([
      'gguf',
      'a-00001-of-00002.gguf',
    ]);
  });

  it('is refused where there are no weights in it', () => {
    expect(() => recogniseFiles(chosen('m/README.md'))).toThrow(
      expect.objectContaining({ code: 'models/no-weights' }),
    );
  });
});
