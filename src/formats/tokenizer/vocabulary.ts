/** What a tokenizer is made of, whichever file it came from. */

/** A SentencePiece vocabulary as GGUF carries it; index = token id. */
export interface SentencePieceVocabulary {
  readonly kind: 'sentencepiece';
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  /** SentencePiece's piece types: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
  readonly types: ArrayLike<number>;
  readonly bos: number;
  readonly eos: number;
  /** Where a reply ends: `eos` among them. */
  readonly stops: readonly number[];
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
  readonly stops: readonly number[];
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
  readonly stops: readonly number[];
  readonly addBos: boolean;
  readonly traits: TokenizerTraits;
}

export type TokenizerSource = SentencePieceVocabulary | BytePairVocabulary | TokenizerFiles;
