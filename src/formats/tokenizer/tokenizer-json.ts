import { AppError } from '../../errors/app-error.ts';
import { MAX_MERGES } from '../limits.ts';
import type {
  BytePairVocabulary,
  PreTokenizer,
  SentencePieceVocabulary,
  TokenizerSource,
} from './vocabulary.ts';

const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/** SentencePiece's visible stand-in for a space. */
const SPACE = '\u2581';

/**
 * `tokenizer.json` and `tokenizer_config.json`: copied where the source brought them, else built from its vocabulary.
 * @throws AppError `transcode/bad-tokenizer`
 */
export function tokenizerFiles(
  source: TokenizerSource,
  contextLength: number,
): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  if (source.kind === 'files') {
    const config = source.tokenizerConfigJson ?? encode({ model_max_length: contextLength });
    return [
      { name: 'tokenizer.json', bytes: source.tokenizerJson },
      { name: 'tokenizer_config.json', bytes: config },
    ];
  }
  return [
    {
      name: 'tokenizer.json',
      bytes: encode(source.kind === 'byte-pairs' ? buildByteLevelJson(source) : buildTokenizerJson(source)),
    },
    { name: 'tokenizer_config.json', bytes: encode(buildTokenizerConfig(source, contextLength)) },
  ];
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: false;
  readonly lstrip: false;
  readonly rstrip: false;
  readonly normalized: false;
  readonly special: boolean;
}

/**
 * A Hugging Face `tokenizer.json` that tokenizes as SentencePiece BPE does: byte-pair merges with byte fallback.
 * Merges are every split of a piece into two pieces, best score first, as in Hugging Face's own Llama conversion
 * (`SentencePieceExtractor` in transformers' convert_slow_tokenizer.py).
 * @throws AppError `transcode/bad-tokenizer` where there is no unknown token, or byte fallback is impossible
 */
export function buildTokenizerJson(vocabulary: SentencePieceVocabulary): object {
  const { tokens, bos, addBos, addSpacePrefix } = vocabulary;
  const ids = firstIds(tokens);
  const bosToken = tokens[bos] ?? '';
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  const prepend = { type: 'Prepend', prepend: SPACE };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    normalizer: { type: 'Sequence', normalizers: addSpacePrefix ? [prepend, replace] : [replace] },
    pre_tokenizer: null,
    post_processor: addBos ? bosTemplate(bosToken, bos) : null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(addSpacePrefix ? [strip] : []),
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: tokens[unknownId(vocabulary)] ?? '',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(ids),
      merges: merges(vocabulary, ids),
    },
  };
}

function unknownId({ unk, types }: SentencePieceVocabulary): number {
  if (unk !== null) return unk;
  for (let id = 0; id < types.length; id++) if (types[id] === UNKNOWN) return id;
  throw new AppError('transcode/bad-tokenizer', 'The vocabulary has no unknown token');
}

/**
 * The same for byte-level byte pairs, whose merges the file brings. Bytes are spelt as GPT-2's printable stand-ins in the
 * vocabulary already. Forms: the tokenizer.json of GPT-2, SmolLM and Llama-3.
 */
export function buildByteLevelJson(vocabulary: BytePairVocabulary): object {
  const { tokens, merges: byRank, preTokenizer, ignoreMerges, bos, addBos } = vocabulary;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    normalizer: null,
    pre_tokenizer: preTokenizerJson(preTokenizer),
    post_processor: addBos ? bosTemplate(tokens[bos] ?? '', bos) : byteLevel(true),
    decoder: byteLevel(true),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges,
      vocab: Object.fromEntries(firstIds(tokens)),
      merges: byRank,
    },
  };
}

function preTokenizerJson(cut: PreTokenizer): object {
  if (cut.kind === 'split') {
    const split = { type: 'Split', pattern: { Regex: cut.pattern }, behavior: 'Isolated', invert: false };
    return { type: 'Sequence', pretokenizers: [split, byteLevel(false)] };
  }
  if (!cut.digitsApart) return byteLevel(true);
  const digits = { type: 'Digits', individual_digits: true };
  return { type: 'Sequence', pretokenizers: [digits, byteLevel(true)] };
}

/** @param useRegex GPT-2's own expression */
function byteLevel(useRegex: boolean): object {
  return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex };
}

/** Where a text stands for several ids, the first has it. */
function firstIds(tokens: readonly string[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) if (!ids.has(token)) ids.set(token, id);
  return ids;
}

function addedTokens({
  tokens,
  types,
}: Pick<SentencePieceVocabulary | BytePairVocabulary, 'tokens' | 'types'>): AddedToken[] {
  const added: AddedToken[] = [];
  for (const [id, content] of tokens.entries()) {
    const type = types[id];
    if (content === '' || (type !== UNKNOWN && type !== CONTROL && type !== USER_DEFINED)) continue;
    // GGUF's converters store every added token as user-defined, `<EOD>` and `<MASK>` like `[bib_ref]`.
    const special = type !== USER_DEFINED || isControlText(content);
    added.push({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special });
  }
  return added;
}

/** `<EOD>`, `<|im_end|>`: marks for the model, not text. */
export function isControlText(content: string): boolean {
  return /^<[^<>\s]+>$/.test(content);
}

interface Split {
  readonly piece: string;
  readonly at: number;
  readonly score: number;
  readonly left: number;
  readonly right: number;
}

type Pieces = Pick<SentencePieceVocabulary, 'tokens' | 'scores' | 'types'>;

/**
 * To be called when a vocabulary is read: a whole model is converted before its tokenizer is written.
 * @throws AppError `transcode/over-limit`
 */
export function requireFewMerges(vocabulary: Pieces, limit = MAX_MERGES): void {
  const ids = firstIds(vocabulary.tokens);
  const tooMany = new AppError('transcode/over-limit', 'The vocabulary splits in absurdly many ways', {
    limit,
    tokens: vocabulary.tokens.length,
  });
  let places = 0;
  for (const [, piece] of splittable(vocabulary, ids)) places += piece.length - 1;
  if (places > limit * PLACES_PER_MERGE) throw tooMany;
  let count = 0;
  for (const _ of splits(vocabulary, ids)) if (++count > limit) throw tooMany;
}

/** Best score first, then by the ids of the halves: the order of Llama 2's own file, down to its runs of spaces, which all score alike. */
function merges(vocabulary: Pieces, ids: ReadonlyMap<string, number>): string[] {
  return [...splits(vocabulary, ids)]
    .sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right)
    .map(({ piece, at }) => `${piece.slice(0, at)} ${piece.slice(at)}`);
}

/** Every way to make a piece of two others. */
function* splits(vocabulary: Pieces, ids: ReadonlyMap<string, number>): Generator<Split> {
  const { scores, types } = vocabulary;
  for (const [id, piece] of splittable(vocabulary, ids)) {
    for (let at = 1; at < piece.length; at++) {
      if (isLowSurrogate(piece.charCodeAt(at))) continue; // inside one character
      const left = ids.get(piece.slice(0, at));
      const right = ids.get(piece.slice(at));
      if (left === undefined || right === undefined || types[left] !== NORMAL || types[right] !== NORMAL)
        continue;
      yield { piece, at, score: scores[id] ?? 0, left, right };
    }
  }
}

function* splittable(
  { tokens, types }: Pieces,
  ids: ReadonlyMap<string, number>,
): Generator<[id: number, piece: string]> {
  for (const [id, piece] of tokens.entries()) {
    // A merge is written "left right", so a piece with a real space has no spelling; SentencePiece never makes one.
    if (types[id] === NORMAL && ids.get(piece) === id && piece.length <= MAX_PIECE && !piece.includes(' '))
      yield [id, piece];
  }
}

/** Splitting takes time with the square of a piece's length; SentencePiece's own default maximum is 16 characters. */
const MAX_PIECE = 64;

/** Places between characters that are looked at for each merge there may be: a microsecond each, in which nothing can be cancelled. */
const PLACES_PER_MERGE = 10;

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

function bosTemplate(token: string, id: number): object {
  const special = (typeId: number): object => ({ SpecialToken: { id: token, type_id: typeId } });
  const sequence = (name: 'A' | 'B', typeId: number): object => ({ Sequence: { id: name, type_id: typeId } });
  return {
    type: 'TemplateProcessing',
    single: [special(0), sequence('A', 0)],
    pair: [special(0), sequence('A', 0), special(1), sequence('B', 1)],
    special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
  };
}

function buildTokenizerConfig(
  vocabulary: SentencePieceVocabulary | BytePairVocabulary,
  contextLength: number,
): object {
  const { tokens, bos, eos, addBos } = vocabulary;
  return {
    add_bos_token: addBos,
    add_eos_token: false,
    added_tokens_decoder: Object.fromEntries(
      addedTokens(vocabulary).map(({ id, content, special }) => [
        String(id),
        { content, lstrip: false, normalized: false, rstrip: false, single_word: false, special },
      ]),
    ),
    bos_token: tokens[bos] ?? '',
    eos_token: tokens[eos] ?? '',
    ...(vocabulary.kind === 'sentencepiece' ? { unk_token: tokens[unknownId(vocabulary)] ?? '' } : {}),
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    tokenizer_class: vocabulary.kind === 'sentencepiece' ? 'LlamaTokenizer' : 'PreTrainedTokenizerFast',
  };
}

function encode(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
