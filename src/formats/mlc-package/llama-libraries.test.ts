import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compiledScalings, libraryFor, ropeFactors, type LlamaShape } from './llama-libraries.ts';

const LLAMA_3_1_8B: LlamaShape = {
  layers: 32,
  hidden: 4096,
  feedForward: 14_336,
  heads: 32,
  kvHeads: 8,
  headSize: 128,
  ropeTheta: 500_000,
  ropeScaling: { factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
};
const LLAMA_2_7B: LlamaShape = {
  ...LLAMA_3_1_8B,
  feedForward: 11_008,
  kvHeads: 32,
  ropeTheta: 10_000,
  ropeScaling: null,
};
const LLAMA_3_2_1B: LlamaShape = {
  ...LLAMA_3_1_8B,
  layers: 16,
  hidden: 2048,
  feedForward: 8192,
  headSize: 64,
  ropeScaling: { factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 },
};

it.each([
  ['Llama 2', LLAMA_2_7B, 'Llama-2-7b-chat-hf-q4f16_1_cs1k-webgpu.wasm'],
  ['Llama 3', { ...LLAMA_3_1_8B, ropeScaling: null }, 'Llama-3-8B-Instruct-q4f16_1_cs1k-webgpu.wasm'],
  ['Llama 3.1', LLAMA_3_1_8B, 'Llama-3_1-8B-Instruct-q4f16_1_cs1k-webgpu.wasm'],
  ['Llama 3.2', LLAMA_3_2_1B, 'Llama-3.2-1B-Instruct-q4f16_1_cs1k-webgpu.wasm'],
  ['other positions', { ...LLAMA_2_7B, ropeTheta: 1e6 }, null],
  ['other heads', { ...LLAMA_2_7B, kvHeads: 8 }, null],
  ['another stretching', { ...LLAMA_3_1_8B, ropeScaling: LLAMA_3_2_1B.ropeScaling }, null],
])('finds the library of %s by its shape', (_, shape, name) => {
  expect(libraryFor(shape, 'q4f16_1')).toBe(name);
});

it('names only libraries that the installed web-llm publishes', () => {
  const webLlm = readFileSync('node_modules/@mlc-ai/web-llm/lib/index.js', 'utf8');
  const shapes = [LLAMA_2_7B, LLAMA_3_1_8B, LLAMA_3_2_1B, { ...LLAMA_3_1_8B, ropeScaling: null }];
  for (const shape of shapes) {
    for (const quantization of ['q4f16_1', 'q4f32_1'] as const) {
      const name = libraryFor(shape, quantization);
      expect(name).not.toBeNull();
      expect(webLlm).toContain(`/${String(name)}"`);
    }
  }
});

it('stretches long waves by the factor and short ones not at all', () => {
  const { headSize, ropeTheta, ropeScaling } = LLAMA_3_1_8B;
  if (ropeScaling === null) throw new Error('it has one');
  const { factor, lowFreqFactor: low, highFreqFactor: high, originalContext } = ropeScaling;
  const factors = ropeFactors(ropeScaling, headSize, ropeTheta);
  expect(factors).toHaveLength(64);
  expect(factors[0]).toBe(1);
  expect(factors[63]).toBe(8);
  // The same as transformers computes it, on the frequencies themselves.
  for (const [i, divisor] of factors.entries()) {
    const frequency = 1 / ropeTheta ** ((2 * i) / headSize);
    const waves = (originalContext * frequency) / (2 * Math.PI);
    const share = Math.min(Math.max((waves - low) / (high - low), 0), 1);
    const scaled = (1 - share) * (frequency / factor) + share * frequency;
    expect(divisor * scaled).toBeCloseTo(frequency, 8);
  }
  expect(compiledScalings(LLAMA_3_1_8B)).toEqual([ropeScaling]);
});
