/** The tokenizer of a model, from the vocabulary inside its GGUF: what counts prompts and cuts options for `score`. */
import { AppError } from '../../../../errors/app-error.ts';
import type { GgufHeader } from '../../../../formats/gguf/gguf-parser.ts';
import { readVocabulary } from '../../../../formats/gguf/gguf-vocabulary.ts';
import { BytePairTokenizer } from '../../../../formats/tokenizer/byte-pair-tokenizer.ts';
import { readSpmVocabulary, SpmTokenizer } from './spm-tokenizer.ts';

export interface PromptTokenizer {
  /** Whether llama.cpp puts BOS in front of a prompt. */
  readonly addsBos: boolean;
  /** Texts that llama.cpp reads as control tokens wherever they stand in a prompt. */
  readonly controlTexts: readonly string[];
  /** Tokens of bytes that are no ASCII: alone they are no text, together they may be. */
  readonly highByteIds: readonly number[];
  /** Token ids as llama.cpp cuts a prompt, without BOS. Control texts become their tokens: break them first. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

/** @returns null for a vocabulary of a kind that is not known here, or whose size is not the model's: then only llama.cpp can count. */
export function readPromptTokenizer(
  metadata: GgufHeader['metadata'],
  vocabSize: number,
): PromptTokenizer | null {
  const vocabulary = readSpmVocabulary(metadata);
  if (vocabulary !== null)
    return vocabulary.tokens.length === vocabSize ? new SpmTokenizer(vocabulary) : null;
  try {
    const other = readVocabulary(metadata, vocabSize);
    return other.kind === 'byte-pairs' ? new BytePairTokenizer(other) : null;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'transcode/bad-tokenizer') return null;
    throw thrown;
  }
}
