/** The tokenizer of a model folder: the files that came with the weights, or built from SentencePiece's. */
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { readJson, readWhole } from './read-json.ts';
import { parseSentencePiece } from '../../formats/tokenizer/sentencepiece.ts';
import type { TokenizerSource, TokenizerTraits } from '../../formats/tokenizer/vocabulary.ts';
import { END_OF_DOCUMENT } from '../../formats/tokenizer/tokenizer-json.ts';

export interface TokenIds {
  readonly bos: number;
  readonly eos: readonly number[];
}

const step = z.looseObject({ type: z.string() });
const steps = z.looseObject({
  type: z.string(),
  normalizers: z.array(step).optional(),
  decoders: z.array(step).optional(),
  processors: z.array(step).optional(),
});

/** What is looked at of a tokenizer.json that came with the weights; it is passed on as it is. */
const tokenizerSchema = z.object({
  model: z.object({ type: z.string() }),
  added_tokens: z.array(z.object({ id: z.number().int().nonnegative(), content: z.string() })).default([]),
  normalizer: steps.nullish(),
  post_processor: steps.nullish(),
  decoder: steps.nullish(),
});
const settingsSchema = z.looseObject({ add_bos_token: z.boolean().nullish() });

/**
 * @param folder the folder's files by base name
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
    const tokenizer = await readJson(json, tokenizerSchema, signal);
    const { add_bos_token } = settings === undefined ? {} : await readJson(settings, settingsSchema, signal);
    const traits = traitsOf(tokenizer);
    return {
      kind: 'files',
      tokenizerJson: await readWhole(json, signal),
      tokenizerConfigJson: settings === undefined ? null : await readWhole(settings, signal),
      ...ids,
      // Byte-level tokenizers put one only where their template says so, SentencePiece's unless they are told not to.
      addBos: add_bos_token ?? (traits.postProcessing === 'byte_fallback' || hasTemplate(tokenizer)),
      traits,
      endOfDocument: tokenizer.added_tokens.find(({ content }) => content === END_OF_DOCUMENT)?.id ?? null,
    };
  }
  const model = folder.get('tokenizer.model');
  if (model === undefined) {
    throw new AppError('transcode/missing-file', 'tokenizer.json is missing', { file: 'tokenizer.json' });
  }
  const added = folder.get('added_tokens.json');
  const addedTokens =
    added === undefined ? {} : await readJson(added, z.record(z.string(), z.number()), signal);
  return parseSentencePiece(await readWhole(model, signal), addedTokens, vocabSize, ids.bos, ids.eos[0] ?? 2);
}

/** As MLC finds them out (`Tokenizer::DetectTokenizerInfo` in mlc-llm's cpp/tokenizers/tokenizers.cc). */
function traitsOf({ normalizer, decoder }: z.infer<typeof tokenizerSchema>): TokenizerTraits {
  const normalizers = normalizer ? (normalizer.normalizers ?? [normalizer]) : [];
  const decoders = decoder ? (decoder.decoders ?? [decoder]) : [];
  return {
    postProcessing: decoders.some(({ type }) => type === 'ByteLevel') ? 'byte_level' : 'byte_fallback',
    prependsSpace: normalizers.some((each) => each.type === 'Prepend' && each.prepend === '\u2581'),
    stripsSpace: decoders.some((each) => each.type === 'Strip' && each.content === ' ' && each.start === 1),
  };
}

function hasTemplate({ post_processor }: z.infer<typeof tokenizerSchema>): boolean {
  const processors = post_processor ? (post_processor.processors ?? [post_processor]) : [];
  return processors.some(({ type }) => type === 'TemplateProcessing');
}
