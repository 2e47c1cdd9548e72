/** The tokenizer of a model folder: the files that came with the weights, or built from SentencePiece's. */
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { parseJson, readJson, readJsonText, readWhole } from './read-json.ts';
import { parseSentencePiece } from '../../formats/tokenizer/sentencepiece.ts';
import { stopTokens } from '../../formats/tokenizer/stop-tokens.ts';
import type { TokenizerSource, TokenizerTraits } from '../../formats/tokenizer/vocabulary.ts';

export interface TokenIds {
  readonly bos: number;
  readonly eos: readonly number[];
  /** Further tokens that end a reply. */
  readonly stops: readonly number[];
}

const step = z.looseObject({ type: z.string() });
const steps = z.looseObject({
  type: z.string(),
  normalizers: z.array(step).optional(),
  pretokenizers: z.array(step).optional(),
  decoders: z.array(step).optional(),
  processors: z.array(step).optional(),
});
const tokenId = z.number().int().nonnegative();

/** What is looked at of a tokenizer.json that came with the weights; it is passed on as it is. */
const tokenizerSchema = z.object({
  model: z.object({
    type: z.string(),
    byte_fallback: z.boolean().nullish(),
    /** By piece (BPE, WordPiece), or pieces with their scores (Unigram). */
    vocab: z.union([z.record(z.string(), tokenId), z.array(z.unknown())]),
  }),
  added_tokens: z
    .array(z.object({ id: tokenId, content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  normalizer: steps.nullish(),
  pre_tokenizer: steps.nullish(),
  post_processor: steps.nullish(),
  decoder: steps.nullish(),
});
type Tokenizer = z.infer<typeof tokenizerSchema>;
const settingsSchema = z.looseObject({ add_bos_token: z.boolean().nullish() });

/**
 * @param folder the folder's files by base name
 * @param vocabSize rows of the embedding
 * @throws AppError `transcode/missing-file`, `transcode/malformed`, `transcode/over-limit`, `transcode/bad-tokenizer`
 */
export async function readTokenizer(
  folder: ReadonlyMap<string, ByteSource>,
  ids: TokenIds,
  vocabSize: number,
  signal?: AbortSignal,
): Promise<TokenizerSource> {
  const json = folder.get('tokenizer.json');
  if (json !== undefined) {
    const settings = folder.get('tokenizer_config.json');
    const text = await readJsonText(json, signal);
    const tokenizer = parseJson(text, json.name, tokenizerSchema);
    refuseUnfit(tokenizer, vocabSize);
    if (ids.bos >= vocabSize || (ids.eos[0] ?? 0) >= vocabSize)
      throw bad('The vocabulary lacks its begin or end token', { bos: ids.bos, embedding: vocabSize });
    const settingsText = settings === undefined ? null : await readJsonText(settings, signal);
    const { add_bos_token } =
      settingsText === null ? {} : parseJson(settingsText, 'tokenizer_config.json', settingsSchema);
    const traits = traitsOf(tokenizer);
    return {
      kind: 'files',
      tokenizerJson: encode(withinEmbedding(text, tokenizer, vocabSize)),
      tokenizerConfigJson: settingsText === null ? null : encode(settingsText),
      bos: ids.bos,
      eos: ids.eos,
      stops: stopTokens([...ids.eos, ...ids.stops], tokenizer.added_tokens, vocabSize),
      // Byte-level tokenizers put one only where their template says so, SentencePiece's unless they are told not to.
      addBos: add_bos_token ?? (traits.postProcessing === 'byte_fallback' || hasTemplate(tokenizer)),
      traits,
    };
  }
  const model = folder.get('tokenizer.model');
  if (model === undefined) {
    throw new AppError('transcode/missing-file', 'tokenizer.json is missing', { file: 'tokenizer.json' });
  }
  const added = folder.get('added_tokens.json');
  const addedTokens =
    added === undefined ? {} : await readJson(added, z.record(z.string(), z.number()), signal);
  const { bos, eos, stops } = ids;
  return parseSentencePiece(await readWhole(model, signal), addedTokens, vocabSize, {
    bos,
    eos: eos[0] ?? 2,
    stops: [...eos, ...stops],
  });
}

/** What would fail when the package is loaded, or worse: give the model tokens it has no row for. */
function refuseUnfit(tokenizer: Tokenizer, vocabSize: number): void {
  const { type, vocab, byte_fallback } = tokenizer.model;
  if (type !== 'BPE' && type !== 'Unigram') {
    throw bad(`Tokenizers of type ${type} are not supported`, { type });
  }
  if (byte_fallback !== true && !isByteLevel(tokenizer)) {
    throw bad('The tokenizer cannot spell what it has no piece for: it falls back on no bytes', { type });
  }
  let largest = Array.isArray(vocab) ? vocab.length - 1 : -1;
  if (!Array.isArray(vocab)) for (const id of Object.values(vocab)) largest = Math.max(largest, id);
  const beyond = tokenizer.added_tokens.find(({ id, special }) => id >= vocabSize && !special);
  if (largest >= vocabSize || beyond !== undefined) {
    throw bad('The tokenizer has more tokens than the embedding has rows', {
      tokens: Math.max(largest, beyond?.id ?? 0) + 1,
      embedding: vocabSize,
    });
  }
}

/**
 * The tokenizer without special tokens that never got a row in the embedding, as a `<pad>` added for training: written in a
 * message, it would make the model look beyond its weights.
 */
function withinEmbedding(text: string, { added_tokens }: Tokenizer, vocabSize: number): string {
  if (added_tokens.every(({ id }) => id < vocabSize)) return text;
  const whole = z
    .looseObject({ added_tokens: z.array(z.looseObject({ id: tokenId })) })
    .parse(JSON.parse(text));
  return JSON.stringify({ ...whole, added_tokens: whole.added_tokens.filter(({ id }) => id < vocabSize) });
}

function isByteLevel({ pre_tokenizer, decoder }: Tokenizer): boolean {
  const before = pre_tokenizer ? (pre_tokenizer.pretokenizers ?? [pre_tokenizer]) : [];
  const after = decoder ? (decoder.decoders ?? [decoder]) : [];
  return [...before, ...after].some(({ type }) => type === 'ByteLevel');
}

/** As MLC finds them out (`Tokenizer::DetectTokenizerInfo` in mlc-llm's cpp/tokenizers/tokenizers.cc). */
function traitsOf({ normalizer, decoder }: Tokenizer): TokenizerTraits {
  const normalizers = normalizer ? (normalizer.normalizers ?? [normalizer]) : [];
  const decoders = decoder ? (decoder.decoders ?? [decoder]) : [];
  return {
    postProcessing: decoders.some(({ type }) => type === 'ByteLevel') ? 'byte_level' : 'byte_fallback',
    prependsSpace: normalizers.some((each) => each.type === 'Prepend' && each.prepend === '\u2581'),
    stripsSpace: decoders.some((each) => each.type === 'Strip' && each.content === ' ' && each.start === 1),
  };
}

function hasTemplate({ post_processor }: Tokenizer): boolean {
  const processors = post_processor ? (post_processor.processors ?? [post_processor]) : [];
  return processors.some(({ type }) => type === 'TemplateProcessing');
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function bad(message: string, details: Readonly<Record<string, string | number>>): AppError {
  return new AppError('transcode/bad-tokenizer', message, details);
}
