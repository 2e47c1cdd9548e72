/**
 * How weights are stored, by GGML's names. Block sizes from ggml's `ggml-common.h` (k-quants: super-blocks of 256).
 */
export type TensorType =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q2_K'
  | 'Q3_K'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

export interface BlockLayout {
  /** Weights per block. */
  readonly weights: number;
  /** Bytes per block. */
  readonly bytes: number;
}

const LAYOUTS: Record<TensorType, BlockLayout> = {
  F32: { weights: 1, bytes: 4 },
  F16: { weights: 1, bytes: 2 },
  BF16: { weights: 1, bytes: 2 },
  Q4_0: { weights: 32, bytes: 18 },
  Q4_1: { weights: 32, bytes: 20 },
  Q5_0: { weights: 32, bytes: 22 },
  Q5_1: { weights: 32, bytes: 24 },
  Q8_0: { weights: 32, bytes: 34 },
  Q2_K: { weights: 256, bytes: 84 },
  Q3_K: { weights: 256, bytes: 110 },
  Q4_K: { weights: 256, bytes: 144 },
  Q5_K: { weights: 256, bytes: 176 },
  Q6_K: { weights: 256, bytes: 210 },
};

/** Type numbers of GGUF files that can be converted. */
const GGUF_TYPES: ReadonlyMap<number, TensorType> = new Map<number, TensorType>([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [30, 'BF16'],
]);

/** Names of the other types, so that an error can say what was found. */
const OTHER_GGUF_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [9, 'Q8_1'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  // Repacked for ARM; llama.cpp dropped them again.
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
  [42, 'Q2_0'],
]);

export function blockLayout(type: TensorType): BlockLayout {
  return LAYOUTS[type];
}

/** Bytes of one row of `cols` weights. `cols` must be a multiple of the block's weights. */
export function rowBytes(type: TensorType, cols: number): number {
  const { weights, bytes } = LAYOUTS[type];
  return (cols / weights) * bytes;
}

export function ggufTensorType(id: number): TensorType | null {
  return GGUF_TYPES.get(id) ?? null;
}

/** A name for any type number, for messages. */
export function ggufTypeName(id: number): string {
  return GGUF_TYPES.get(id) ?? OTHER_GGUF_TYPES.get(id) ?? `number ${String(id)}`;
}
