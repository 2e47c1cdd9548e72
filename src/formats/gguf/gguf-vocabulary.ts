import { AppError } from '../../errors/app-error.ts';
import { marksOf, stopTokens } from '../tokenizer/stop-tokens.ts';
import { requireFewMerges } from '../tokenizer/tokenizer-json.ts';
import type { GgufValue } from './gguf-parser.ts';
import type {
  BytePairVocabulary,
  PreTokenizer,
  SentencePieceVocabulary,
  TokenizerSource,
} from '../tokenizer/vocabulary.ts';

/** SentencePiece's type of the pieces that stand for one byte. */
const BYTE = 6;

type Metadata = ReadonlyMap<string, GgufValue>;

/**
 * Reads the vocabulary a GGUF file carries: SentencePiece's (Llama-2 and what was made of it, Meditron among them) or
 * byte-level byte pairs (Llama-3 and others with its architecture).
 * @throws AppError `transcode/bad-tokenizer`, `transcode/over-limit`
 */
export function readVocabulary(
  metadata: Metadata,
  vocabSize: number,
): Exclude<TokenizerSource, { kind: 'files' }> {
  const model = text(metadata, 'tokenizer.ggml.model');
  if (model === 'llama') return readSentencePiece(metadata, vocabSize);
  if (model === 'gpt2') return readBytePairs(metadata, vocabSize);
  throw new AppError('transcode/bad-tokenizer', `Vocabularies of type ${model ?? 'none'} are not supported`, {
    model,
  });
}

function readSentencePiece(metadata: Metadata, vocabSize: number): SentencePieceVocabulary {
  const { tokens, types } = readTokens(metadata, vocabSize);
  const scores = metadata.get('tokenizer.ggml.scores');
  if (!isNumbers(scores) || scores.length !== vocabSize) throw incomplete('scores');
  const id = (key: string): number | null => tokenId(metadata, key, vocabSize);
  if (!Array.prototype.includes.call(types, BYTE)) {
    throw new AppError('transcode/bad-tokenizer', 'The vocabulary cannot spell what it has no piece for', {
      missing: 'byte tokens',
    });
  }
  requireFewMerges({ tokens, scores, types });
  const eos = id('eos') ?? 2; // SentencePiece's and llama.cpp's default
  return {
    kind: 'sentencepiece',
    tokens,
    scores,
    types,
    bos: id('bos') ?? 1, // as above
    eos,
    stops: stopTokens([eos, id('eot'), id('eom')], marksOf(tokens, types), vocabSize),
    unk: id('unknown'),
    addBos: metadata.get('tokenizer.ggml.add_bos_token') !== false,
    addSpacePrefix: metadata.get('tokenizer.ggml.add_space_prefix') !== false,
  };
}

function readBytePairs(metadata: Metadata, vocabSize: number): BytePairVocabulary {
  const { tokens, types } = readTokens(metadata, vocabSize);
  const merges = metadata.get('tokenizer.ggml.merges');
  if (!isTexts(merges)) throw incomplete('merges');
  const name = text(metadata, 'tokenizer.ggml.pre') ?? 'none';
  const known = PRE_TOKENIZERS.get(name);
  if (known === undefined) {
    // A wrong way of cutting text gives other tokens than the model was trained on, and nothing would show it.
    throw new AppError('transcode/bad-tokenizer', `How ${name} cuts text is not known`, { pre: name });
  }
  const { llama3, preTokenizer } = known;
  const addBos = metadata.get('tokenizer.ggml.add_bos_token');
  const id = (key: string): number | null => tokenId(metadata, key, vocabSize);
  const eos = id('eos') ?? 0;
  return {
    kind: 'byte-pairs',
    tokens,
    types,
    merges,
    preTokenizer,
    ignoreMerges: llama3,
    bos: id('bos') ?? 0,
    eos,
    stops: stopTokens([eos, id('eot'), id('eom')], marksOf(tokens, types), vocabSize),
    addBos: typeof addBos === 'boolean' ? addBos : llama3, // llama.cpp's defaults
  };
}

/** Llama-3's expression, from its published tokenizer.json. */
const LLAMA_3_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT_2 = { llama3: false, preTokenizer: { kind: 'gpt-2', digitsApart: false } } as const;
const LLAMA_3 = { llama3: true, preTokenizer: { kind: 'split', pattern: LLAMA_3_PATTERN } } as const;

/** By llama.cpp's names for how a model's text is cut (`tokenizer.ggml.pre`). */
const PRE_TOKENIZERS: ReadonlyMap<string, { readonly llama3: boolean; readonly preTokenizer: PreTokenizer }> =
  new Map<string, { readonly llama3: boolean; readonly preTokenizer: PreTokenizer }>([
    ['gpt-2', GPT_2],
    ['smollm', { llama3: false, preTokenizer: { kind: 'gpt-2', digitsApart: true } }],
    ['llama-bpe', LLAMA_3],
    ['llama3', LLAMA_3],
    ['llama-v3', LLAMA_3],
  ]);

function readTokens(
  metadata: Metadata,
  vocabSize: number,
): { readonly tokens: readonly string[]; readonly types: ArrayLike<number> } {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  const types = metadata.get('tokenizer.ggml.token_type');
  if (!isTexts(tokens)) throw incomplete('tokens');
  if (!isNumbers(types)) throw incomplete('types');
  if (tokens.length !== vocabSize || types.length !== vocabSize) {
    throw new AppError('transcode/bad-tokenizer', 'The vocabulary and the embedding differ in size', {
      tokens: tokens.length,
      types: types.length,
      embedding: vocabSize,
    });
  }
  return { tokens, types };
}

function tokenId(metadata: Metadata, key: string, vocabSize: number): number | null {
  const value = metadata.get(`tokenizer.ggml.${key}_token_id`);
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < vocabSize
    ? value
    : null;
}

function incomplete(what: string): AppError {
  return new AppError('transcode/bad-tokenizer', `The vocabulary’s ${what} are missing or too few`, { what });
}

function isTexts(value: GgufValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function isNumbers(value: GgufValue | undefined): value is Float32Array | Int32Array {
  return ArrayBuffer.isView(value);
}

function text(metadata: Metadata, key: string): string | null {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : null;
}
