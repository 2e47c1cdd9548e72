import { expect, it } from 'vitest';
import { MAX_CONTEXT } from '../../formats/limits.ts';
import { checkLlamaConfig } from './llama-checks.ts';
import type { LlamaConfig } from './source-model.ts';

const config: LlamaConfig = {
  hiddenSize: 64,
  intermediateSize: 128,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  vocabSize: 67,
  contextLength: MAX_CONTEXT,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
};

it('refuses a context that the package’s own reader would refuse', () => {
  expect(checkLlamaConfig(config)).toBe(config);
  expect(() => checkLlamaConfig({ ...config, contextLength: MAX_CONTEXT + 1 })).toThrow(
    expect.objectContaining({ code: 'transcode/over-limit' }) as Error,
  );
});
