/**
 * The Llamas that web-llm publishes compiled programs for. A library fits every model of its sizes and positions, whatever its
 * weights and vocabulary; positions are compiled in, so a model with others would run and write nonsense.
 */
import { MLC_QUANTIZATIONS, type MlcQuantization } from './quantization.ts';

/**
 * Llama 3.1's stretching of the rotary positions by wavelength.
 * Formula: `Llama3RotaryEmbedding` in transformers' modeling_rope_utils.py (`_compute_llama3_parameters`).
 */
export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  /** Tokens of context before the stretching. */
  readonly originalContext: number;
}

export interface LlamaShape {
  readonly layers: number;
  readonly hidden: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ropeTheta: number;
  readonly ropeScaling: Llama3Scaling | null;
}

interface Library extends LlamaShape {
  /** Of web-llm's file names (`prebuiltAppConfig`), which go on with the quantisation. */
  readonly name: string;
  readonly quantizations: readonly MlcQuantization[];
}

const BOTH = MLC_QUANTIZATIONS;
const LLAMA_2 = { headSize: 128, ropeTheta: 10_000, ropeScaling: null };
const LLAMA_3_8B = { layers: 32, hidden: 4096, feedForward: 14_336, heads: 32, kvHeads: 8, headSize: 128 };
const LLAMA_3_SCALING = { lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 };
const LLAMA_3_2 = { ropeTheta: 500_000, ropeScaling: { ...LLAMA_3_SCALING, factor: 32 } };

const LIBRARIES: readonly Library[] = [
  {
    ...LLAMA_2,
    name: 'Llama-2-7b-chat-hf',
    quantizations: BOTH,
    layers: 32,
    hidden: 4096,
    feedForward: 11_008,
    heads: 32,
    kvHeads: 32,
  },
  {
    ...LLAMA_2,
    name: 'Llama-2-13b-chat-hf',
    quantizations: ['q4f16_1'],
    layers: 40,
    hidden: 5120,
    feedForward: 13_824,
    heads: 40,
    kvHeads: 40,
  },
  {
    ...LLAMA_2,
    name: 'TinyLlama-1.1B-Chat-v1.0',
    quantizations: BOTH,
    layers: 22,
    hidden: 2048,
    feedForward: 5632,
    heads: 32,
    kvHeads: 4,
    headSize: 64,
  },
  { ...LLAMA_3_8B, name: 'Llama-3-8B-Instruct', quantizations: BOTH, ropeTheta: 500_000, ropeScaling: null },
  {
    ...LLAMA_3_8B,
    name: 'Llama-3_1-8B-Instruct',
    quantizations: BOTH,
    ropeTheta: 500_000,
    ropeScaling: { ...LLAMA_3_SCALING, factor: 8 },
  },
  {
    ...LLAMA_3_2,
    name: 'Llama-3.2-1B-Instruct',
    quantizations: BOTH,
    layers: 16,
    hidden: 2048,
    feedForward: 8192,
    heads: 32,
    kvHeads: 8,
    headSize: 64,
  },
  {
    ...LLAMA_3_2,
    name: 'Llama-3.2-3B-Instruct',
    quantizations: BOTH,
    layers: 28,
    hidden: 3072,
    feedForward: 8192,
    heads: 24,
    kvHeads: 8,
    headSize: 128,
  },
];

/** File name of the published library for a model's shape and positions; null where none is published. */
export function libraryFor(shape: LlamaShape, quantization: MlcQuantization): string | null {
  const found = LIBRARIES.find(
    (library) =>
      sameSizes(library, shape) &&
      sameScaling(library.ropeScaling, shape.ropeScaling) &&
      library.quantizations.includes(quantization),
  );
  return found === undefined ? null : `${found.name}-${quantization}_cs1k-webgpu.wasm`;
}

/** The stretched positions that libraries for these sizes have compiled in. */
export function compiledScalings(shape: Omit<LlamaShape, 'ropeScaling'>): readonly Llama3Scaling[] {
  return LIBRARIES.filter((library) => sameSizes(library, shape)).flatMap(
    ({ ropeScaling }) => ropeScaling ?? [],
  );
}

export function sameScaling(a: Llama3Scaling | null, b: Llama3Scaling | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.factor === b.factor &&
    a.lowFreqFactor === b.lowFreqFactor &&
    a.highFreqFactor === b.highFreqFactor &&
    a.originalContext === b.originalContext
  );
}

const SIZES = ['layers', 'hidden', 'feedForward', 'heads', 'kvHeads', 'headSize', 'ropeTheta'] as const;

function sameSizes(a: Omit<LlamaShape, 'ropeScaling'>, b: Omit<LlamaShape, 'ropeScaling'>): boolean {
  return SIZES.every((size) => a[size] === b[size]);
}

/**
 * What each of a head's frequencies is divided by, lowest dimension first: GGUF's `rope_freqs.weight`, which llama.cpp's
 * converter computes so. Long waves are stretched by the factor, short ones not at all, those between in part.
 * @returns `headSize / 2` values
 */
export function ropeFactors(
  { factor, lowFreqFactor, highFreqFactor, originalContext }: Llama3Scaling,
  headSize: number,
  ropeTheta: number,
): Float32Array {
  return Float32Array.from({ length: headSize / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * ropeTheta ** ((2 * i) / headSize);
    if (wavelength < originalContext / highFreqFactor) return 1;
    if (wavelength > originalContext / lowFreqFactor) return factor;
    const smooth = (originalContext / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
