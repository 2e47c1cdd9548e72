import type { ByteSource } from '../lib/byte-source.ts';
import type { TensorType } from './tensor-types.ts';

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
}

/** Where one stored tensor lies. */
export interface TensorLocation {
  readonly name: string;
  /** Index into `SourceModel.sources`. */
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

/** A SentencePiece vocabulary as GGUF carries it; index = token id. */
export interface SentencePieceVocabulary {
  readonly kind: 'sentencepiece';
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  /** SentencePiece's piece types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  readonly types: ArrayLike<number>;
  readonly bos: number;
  readonly eos: number;
  readonly unk: number | null;
  readonly addBos: boolean;
  /** Whether text gets a leading space before tokenizing, as Llama-2's does. */
  readonly addSpacePrefix: boolean;
}

/** Texts cut into pieces before byte pairs are merged: by one expression (`split`), or by GPT-2's, after what is named. */
export type PreTokenizer =
  | { readonly kind: 'gpt-2'; readonly digitsApart: boolean }
  | { readonly kind: 'split'; readonly pattern: string };

/** A byte-level BPE vocabulary, as GPT-2's and Llama-3's; index = token id. */
export interface BytePairVocabulary {
  readonly kind: 'byte-pairs';
  readonly tokens: readonly string[];
  /** As in `SentencePieceVocabulary`. */
  readonly types: ArrayLike<number>;
  /** "left right", the first to be merged first. */
  readonly merges: readonly string[];
  readonly preTokenizer: PreTokenizer;
  /** Whether a piece that is a token of its own is taken whole, whatever the merges would make of it. */
  readonly ignoreMerges: boolean;
  readonly bos: number;
  readonly eos: number;
  readonly addBos: boolean;
}

/** How a tokenizer treats spaces and bytes; MLC's chat config says it as `tokenizer_info`. */
export interface TokenizerTraits {
  readonly postProcessing: 'byte_fallback' | 'byte_level';
  readonly prependsSpace: boolean;
  readonly stripsSpace: boolean;
}

/** A tokenizer.json that came with the weights. */
export interface TokenizerFiles {
  readonly kind: 'files';
  readonly tokenizerJson: Uint8Array<ArrayBuffer>;
  readonly tokenizerConfigJson: Uint8Array<ArrayBuffer> | null;
  readonly bos: number;
  readonly eos: readonly number[];
  readonly addBos: boolean;
  readonly traits: TokenizerTraits;
  /** Meditron's `<EOD>`, where the vocabulary has it. */
  readonly endOfDocument: number | null;
}

export type TokenizerSource = SentencePieceVocabulary | BytePairVocabulary | TokenizerFiles;

export type SourceFormat = 'gguf' | 'safetensors' | 'awq';

/** A Llama-architecture model, opened: everything is known, no weight has been read. */
export interface SourceModel {
  readonly format: SourceFormat;
  /** The files that hold weights; `TensorLocation.file` indexes them. */
  readonly sources: readonly ByteSource[];
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
