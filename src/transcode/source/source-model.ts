import type { Llama3Scaling } from '../../formats/mlc-package/llama-libraries.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { TokenizerSource } from '../../formats/tokenizer/vocabulary.ts';
import type { TensorType } from '../../formats/gguf/tensor-types.ts';

/** The sizes and constants of a Llama-architecture model, as its file states them. */
export interface LlamaConfig {
  readonly hiddenSize: number;
  /** Width of the feed-forward layer. */
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Rows of the embedding; the file's tensor decides, not its description. */
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** How the rotary positions are stretched; null: not. */
  readonly ropeScaling: Llama3Scaling | null;
}

/** Where one stored tensor lies. */
export interface TensorLocation {
  readonly name: string;
  /** Index into `SourceModel.sources`, and behind them into `made`. */
  readonly file: number;
  /** From the start of that file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Which stored row becomes which row of the published (HF) layout. */
export type RowOrder =
  | { readonly kind: 'as-stored' }
  /** GGUF's rope layout: stored row h·hd + 2i + j is row h·hd + j·(hd/2) + i, hd the head size, j ∈ {0, 1}. */
  | { readonly kind: 'rope-interleaved'; readonly headDim: number };

/** A matrix of `rows` outputs and `cols` inputs, stored row by row. */
export interface DenseMatrix {
  readonly kind: 'dense';
  readonly tensor: TensorLocation;
  readonly type: TensorType;
  readonly rows: number;
  readonly cols: number;
  readonly order: RowOrder;
}

/** The same, stored by AWQ's GEMM layout: three tensors, transposed. */
export interface AwqMatrix {
  readonly kind: 'awq';
  /** int32 [cols, rows/8] */
  readonly qweight: TensorLocation;
  /** int32 [cols/groupSize, rows/8] */
  readonly qzeros: TensorLocation;
  /** f16 [cols/groupSize, rows] */
  readonly scales: TensorLocation;
  readonly groupSize: number;
  readonly rows: number;
  readonly cols: number;
}

export type Matrix = DenseMatrix | AwqMatrix;

/** A norm's weights. */
export interface Vector {
  readonly tensor: TensorLocation;
  readonly type: 'F32' | 'F16' | 'BF16';
  readonly length: number;
}

export interface LlamaLayer {
  readonly inputNorm: Vector;
  readonly postAttentionNorm: Vector;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly o: Matrix;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
}

export type SourceFormat = 'gguf' | 'safetensors' | 'torch' | 'awq';

/** A Llama-architecture model, opened: everything is known, no weight has been read. */
export interface SourceModel {
  readonly format: SourceFormat;
  /** The files that hold weights; `TensorLocation.file` indexes them. */
  readonly sources: readonly ByteSource[];
  /** Bytes made from those while they are read (inflated, gathered by strides): they have no hash of their own. */
  readonly made: readonly ByteSource[];
  /** The model's own name, or the file's. */
  readonly name: string;
  readonly config: LlamaConfig;
  readonly embedding: DenseMatrix;
  readonly layers: readonly LlamaLayer[];
  readonly norm: Vector;
  /** The embedding itself where the file has no output matrix (tied weights). */
  readonly head: DenseMatrix;
  readonly tiedHead: boolean;
  readonly tokenizer: TokenizerSource;
}
