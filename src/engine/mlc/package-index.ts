/**
 * The two JSON files that describe an MLC package, parsed as hostile input: they may come from a host, a folder on disk or
 * an older version of the app. Format: mlc-llm's `mlc-chat-config.json` and TVM's `tensor-cache.json`.
 */
import { z } from '../../lib/zod.ts';
import { AppError } from '../../errors/app-error.ts';
import type { MlcQuantization } from './cache-layout.ts';

/** A 7B model's index is about 60 kB, a 70B's 200 kB; 16 MiB is far beyond any and still parses at once. */
export const MAX_INDEX_BYTES = 16 * 1024 * 1024;
/** Llama-3's tokenizer.json, the largest in use, has 9 MB. */
export const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;
/** Shards are at least one tensor each; the largest Llama has under 1,000 tensors. */
const MAX_SHARDS = 16_384;
const MAX_TENSORS = 65_536;

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const tokenId = z.number().int().nonnegative().max(0x7fffffff);

/** A name that stays inside the package's folder: web-llm resolves it against the base URL. */
const fileName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/);

const tensorSchema = z.object({
  name: z.string().max(512),
  shape: z.array(size).max(8),
  dtype: z.string().max(32),
  format: z.string().max(32),
  nbytes: size,
  byteOffset: size,
});

const tensorCacheSchema = z.object({
  records: z
    .array(z.object({ dataPath: fileName, nbytes: size, records: z.array(tensorSchema).max(MAX_TENSORS) }))
    .min(1)
    .max(MAX_SHARDS),
});

const chatConfigSchema = z.object({
  vocab_size: z.number().int().positive().max(0x7fffffff),
  context_window_size: z.number().int().positive().max(1_048_576).optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(64)]).nullish(),
  conv_template: z
    .object({
      system_prefix_token_ids: z.array(tokenId).max(16).nullish(),
      stop_token_ids: z.array(tokenId).max(64).nullish(),
    })
    .optional(),
});

export interface Shard {
  readonly name: string;
  readonly bytes: number;
}

export interface TensorIndex {
  readonly shards: readonly Shard[];
  /** Of all shards. */
  readonly totalBytes: number;
  /** Transformer layers, counted from the tensors' names. */
  readonly layers: number;
  /** Rows of the head: the length of the logits. */
  readonly vocabularyRows: number;
  /** By the type of the scales; null when it is neither. */
  readonly quantization: MlcQuantization | null;
}

export interface ChatConfig {
  readonly vocabSize: number;
  /** Put once in front of every prompt. */
  readonly prefixTokenIds: readonly number[];
  /** Tokens that end a reply. */
  readonly stopTokenIds: readonly number[];
}

/** @throws AppError `engine/package-incomplete` when it is not a tensor index. */
export function parseTensorCache(json: string, url: string): TensorIndex {
  const parsed = parse(tensorCacheSchema, json, url);
  let layers = 0;
  // A model whose head is its embedding may leave the head out.
  const head = { rows: 0, scales: '' };
  const embedding = { rows: 0, scales: '' };
  for (const shard of parsed.records) {
    for (const tensor of shard.records) {
      if (tensor.byteOffset + tensor.nbytes > shard.nbytes) {
        throw unreadable(url, `${tensor.name} reaches beyond its shard ${shard.dataPath}`);
      }
      const layer = /^model\.layers\.(\d{1,4})\./.exec(tensor.name)?.[1];
      if (layer !== undefined) layers = Math.max(layers, Number(layer) + 1);
      const [, of, part] = /^(lm_head|model\.embed_tokens)\.q_(weight|scale)$/.exec(tensor.name) ?? [];
      const target = of === 'lm_head' ? head : embedding;
      if (part === 'weight') target.rows = tensor.shape[0] ?? 0;
      if (part === 'scale') target.scales = tensor.dtype;
    }
  }
  const shards = parsed.records.map(({ dataPath, nbytes }) => ({ name: dataPath, bytes: nbytes }));
  if (new Set(shards.map(({ name }) => name)).size !== shards.length)
    throw unreadable(url, 'a shard is listed twice');
  const totalBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const { rows, scales } = head.rows > 0 ? head : embedding;
  return { shards, totalBytes, layers, vocabularyRows: rows, quantization: quantizationOfScales(scales) };
}

/** @throws AppError `engine/package-incomplete` when it is not a chat config. */
export function parseChatConfig(json: string, url: string): ChatConfig {
  const config = parse(chatConfigSchema, json, url);
  const bos = config.conv_template?.system_prefix_token_ids ?? [config.bos_token_id ?? 1];
  const eos = config.eos_token_id ?? [];
  return {
    vocabSize: config.vocab_size,
    prefixTokenIds: bos,
    stopTokenIds: [...new Set([...(config.conv_template?.stop_token_ids ?? []), ...[eos].flat()])],
  };
}

function quantizationOfScales(dtype: string): MlcQuantization | null {
  if (dtype === 'float16') return 'q4f16_1';
  return dtype === 'float32' ? 'q4f32_1' : null;
}

function parse<T>(schema: z.ZodType<T>, json: string, url: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw unreadable(url, 'it is not JSON', thrown);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw unreadable(url, z.prettifyError(result.error).slice(0, 500), result.error);
  return result.data;
}

function unreadable(url: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'engine/package-incomplete',
    `${url} cannot be used: ${why}`,
    { url, reason: why },
    { cause },
  );
}
