/** `tensor-cache.json`, TVM's list of a package's shards and the tensors in them: written and read here. */
import { z } from '../../lib/zod.ts';
import { packageJson, parsePackageJson, unreadablePackage } from './package-json.ts';
import type { MlcQuantization } from './quantization.ts';

/** A 7B model's index is about 60 kB, a 70B's 200 kB; 16 MiB is far beyond any and still parses at once. */
export const MAX_INDEX_BYTES = 16 * 1024 * 1024;
/** Shards are at least one tensor each; the largest Llama has under 1,000 tensors. */
const MAX_SHARDS = 16_384;
const MAX_TENSORS = 65_536;

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

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
    .array(
      z.object({
        dataPath: fileName,
        nbytes: size,
        // Others' tools leave it empty or out; only a whole one can be held against bytes.
        md5sum: z.string().max(64).nullish(),
        records: z.array(tensorSchema).max(MAX_TENSORS),
      }),
    )
    .min(1)
    .max(MAX_SHARDS),
});

export interface IndexedShard {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex; null where the index does not say. */
  readonly md5: string | null;
}

export interface TensorIndex {
  readonly shards: readonly IndexedShard[];
  /** Of all shards. */
  readonly totalBytes: number;
  /** Transformer layers, counted from the tensors' names. */
  readonly layers: number;
  /** Rows of the head: the length of the logits. */
  readonly vocabularyRows: number;
  /** By the type of the scales; null when it is neither. */
  readonly quantization: MlcQuantization | null;
}

/** @throws AppError `engine/package-incomplete` when it is not a tensor index. */
export function parseTensorCache(json: string, url: string): TensorIndex {
  const parsed = parsePackageJson(tensorCacheSchema, json, url);
  let layers = 0;
  // A model whose head is its embedding may leave the head out.
  const head = { rows: 0, scales: '' };
  const embedding = { rows: 0, scales: '' };
  for (const shard of parsed.records) {
    for (const tensor of shard.records) {
      if (tensor.byteOffset + tensor.nbytes > shard.nbytes) {
        throw unreadablePackage(url, `${tensor.name} reaches beyond its shard ${shard.dataPath}`);
      }
      const layer = /^model\.layers\.(\d{1,4})\./.exec(tensor.name)?.[1];
      if (layer !== undefined) layers = Math.max(layers, Number(layer) + 1);
      const [, of, part] = /^(lm_head|model\.embed_tokens)\.q_(weight|scale)$/.exec(tensor.name) ?? [];
      const target = of === 'lm_head' ? head : embedding;
      if (part === 'weight') target.rows = tensor.shape[0] ?? 0;
      if (part === 'scale') target.scales = tensor.dtype;
    }
  }
  const shards = parsed.records.map(({ dataPath, nbytes, md5sum }) => ({
    name: dataPath,
    bytes: nbytes,
    md5: md5sum && /^[0-9a-f]{32}$/i.test(md5sum) ? md5sum.toLowerCase() : null,
  }));
  if (new Set(shards.map(({ name }) => name)).size !== shards.length)
    throw unreadablePackage(url, 'a shard is listed twice');
  const totalBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const { rows, scales } = head.rows > 0 ? head : embedding;
  return { shards, totalBytes, layers, vocabularyRows: rows, quantization: quantizationOfScales(scales) };
}

/** A tensor at its place in a shard; lengths in bytes. */
export interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'uint32' | 'float16' | 'float32';
  readonly nbytes: number;
  readonly byteOffset: number;
}

export interface WrittenShard {
  readonly name: string;
  readonly nbytes: number;
  /** Lower-case hex. */
  readonly md5: string;
  readonly tensors: readonly WrittenTensor[];
}

/**
 * The bytes of the index. `format: "raw"`: MLC's own bf16 packing would round f32 scales.
 * @param parameters values of the model, for the bits a parameter takes.
 */
export function writeTensorCache(
  shards: readonly WrittenShard[],
  parameters: number,
): Uint8Array<ArrayBuffer> {
  const totalBytes = shards.reduce((sum, { nbytes }) => sum + nbytes, 0);
  const records = shards.map(({ name, nbytes, md5, tensors }) => ({
    dataPath: name,
    format: 'raw-shard',
    nbytes,
    md5sum: md5,
    records: tensors.map((tensor) => ({
      name: tensor.name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      format: 'raw',
      nbytes: tensor.nbytes,
      byteOffset: tensor.byteOffset,
    })),
  }));
  const metadata = {
    ParamSize: shards.reduce((sum, { tensors }) => sum + tensors.length, 0),
    ParamBytes: totalBytes,
    BitsPerParam: (totalBytes * 8) / parameters,
  };
  return packageJson({ metadata, records });
}

function quantizationOfScales(dtype: string): MlcQuantization | null {
  if (dtype === 'float16') return 'q4f16_1';
  return dtype === 'float32' ? 'q4f32_1' : null;
}
