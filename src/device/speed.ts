/**
 * How fast a model can decode here, before it was ever loaded. Decoding reads every weight and the whole KV cache once per
 * token, so it can't be faster than memory bandwidth ÷ bytes read.
 */

export interface Architecture {
  readonly parameters: number;
  readonly layers: number;
  readonly hidden: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabulary: number;
}

/** Stored bits a weight: 4 plus its share of the group's scale (32 weights, 16 or 32 bits), and bytes of a KV number. */
const STORAGE = {
  q4f16_1: { bitsPerWeight: 4.5, kvBytes: 2 },
  q4f32_1: { bitsPerWeight: 5, kvBytes: 4 },
  /** llama.cpp's Q4_0 has the same 32 weights and 16-bit scale. */
  q4_0: { bitsPerWeight: 4.5, kvBytes: 2 },
} as const;

export type Quantization = keyof typeof STORAGE;

export interface SpeedPrediction {
  /** Tokens a second with an empty window. An upper bound on the GPU, a rough guess on the CPU. */
  readonly atStart: number;
  /** Tokens a second with the window full. */
  readonly atFullWindow: number;
}

/** Bytes read for one token with nothing in the KV cache: all weights but the embedding, of which one row is read. */
export function weightBytesPerToken(model: Architecture, quantization: Quantization): number {
  const read = model.parameters - model.vocabulary * model.hidden;
  return (read * STORAGE[quantization].bitsPerWeight) / 8;
}

/** Bytes of KV cache for one token of context: a key and a value in every layer. */
export function kvBytesPerToken(model: Architecture, quantization: Quantization): number {
  return 2 * model.layers * model.kvHeads * model.headSize * STORAGE[quantization].kvBytes;
}

/** @param contextLength tokens; @param bytesPerSecond memory bandwidth. */
export function predictSpeed(
  model: Architecture,
  quantization: Quantization,
  contextLength: number,
  bytesPerSecond: number,
): SpeedPrediction {
  const weights = weightBytesPerToken(model, quantization);
  const fullWindow = contextLength * kvBytesPerToken(model, quantization);
  return { atStart: bytesPerSecond / weights, atFullWindow: bytesPerSecond / (weights + fullWindow) };
}

/**
 * Weights that llama.cpp in WebAssembly gets through in a second, per thread. Measured: 4 to 5 s a token for Meditron-7B
 * in Q4_0 on one thread of a server's CPU; computing, not memory, is the limit there.
 */
const CPU_BYTES_PER_SECOND_PER_THREAD = 0.85e9;

export function predictCpuSpeed(
  model: Architecture,
  contextLength: number,
  threads: number,
): SpeedPrediction {
  return predictSpeed(model, 'q4_0', contextLength, CPU_BYTES_PER_SECOND_PER_THREAD * threads);
}

/** People read about this many tokens a second (some 230 words a minute, 1.3 tokens a word). */
export const READING_TOKENS_PER_SECOND = 5;

/** @returns e.g. `54 tokens a second`, `0.8 tokens a second`, `one token every 5 s`. */
export function speedText(tokensPerSecond: number): string {
  if (tokensPerSecond >= 2) return `${String(Math.round(tokensPerSecond))} tokens a second`;
  if (tokensPerSecond >= 0.5) return `${tokensPerSecond.toFixed(1)} tokens a second`;
  return `one token every ${String(Math.round(1 / tokensPerSecond))} s`;
}
