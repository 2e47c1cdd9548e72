/**
 * What is kept about models on this machine: one row per model and form, one per imported library, the accepted
 * licences. Rows are parsed when read: they outlive versions of the app.
 */
import { MLC_QUANTIZATIONS } from '../../formats/mlc-package/quantization.ts';
import { z } from '../../lib/zod.ts';

const time = z.number().int().nonnegative();
const count = z.number().nonnegative();
const sha256 = z.string().regex(/^([0-9a-f]{64})?$/);

/** `gguf`: the file itself, for llama.cpp. The others are MLC packages for the GPU. */
export const packageForm = z.enum([...MLC_QUANTIZATIONS, 'gguf']);
export const sourceFormat = z.enum(['gguf', 'awq', 'safetensors', 'torch', 'mlc']);

/** A source on the network, resolved to addresses so that the worker needs no catalogue. */
const urlOrigin = z.object({
  from: z.literal('url'),
  format: sourceFormat,
  /** A file's address, or a folder's ending in a slash. */
  url: z.string(),
  /** The file's path as the hub lists it; '' for a folder. */
  path: z.string(),
  /** Where sizes and SHA-256 are published; null: nowhere. */
  treeUrl: z.string().nullable(),
  /** From the catalogue, where it knows. */
  sha256: sha256.nullable(),
});

/** Files a person chose. The files themselves can't be kept across a reload; these facts tell them again. */
const fileOrigin = z.object({
  from: z.literal('files'),
  format: sourceFormat,
  files: z.array(z.object({ path: z.string(), size: count, lastModified: z.number() })).max(2000),
});

export const origin = z.discriminatedUnion('from', [urlOrigin, fileOrigin]);

export const acquisition = z.object({
  modelId: z.string(),
  displayName: z.string(),
  form: packageForm,
  /** The catalogue's source id; '' for files that match none. */
  sourceId: z.string(),
  /** Words for the source, e.g. "Q4_0 from TheBloke/meditron-7B-GGUF". */
  sourceLabel: z.string(),
  /** `best` searches a better scale for every group it must round. */
  quality: z.enum(['fast', 'best']),
  /** Must have been accepted before the first byte; null: nothing to accept. */
  licenceId: z.string().nullable(),
  /** Address of the library the package runs with and its expected hash; null for a GGUF, or where none is published. */
  library: z.object({ url: z.string(), sha256: sha256.nullable() }).nullable(),
  origin,
});

export const wireError = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** What a model's shape and positions are told by. */
export const modelSizes = z.object({
  layers: count,
  hidden: count,
  feedForward: count,
  heads: count,
  kvHeads: count,
  ropeTheta: z.number().positive(),
  /** By how much the longest waves of the positions are stretched; null where nobody looked. */
  ropeFactor: z.number().positive().nullable().default(null),
});

export const installRecord = z.object({
  id: z.string(),
  /** What was asked for, enough to go on with it. */
  acquisition,
  status: z.enum(['incomplete', 'ready', 'damaged']),
  /** Why an incomplete one stands still; null while it runs, and after a crash or reload. */
  stopped: z
    .union([z.object({ by: z.literal('person') }), z.object({ by: z.literal('error'), error: wireError })])
    .nullable(),
  /** Prefix of the cache keys of a package; '' for a GGUF. */
  baseUrl: z.string(),
  /** Name in the origin's private file system of a kept GGUF; '' for a package. */
  fileName: z.string(),
  /** Files of an install this one took the place of, until they are freed: then null. */
  superseded: z.object({ baseUrl: z.string(), fileName: z.string() }).nullable().default(null),
  /** Identity of the source as first seen; empty strings and 0 before. */
  source: z.object({ name: z.string(), bytes: count, etag: z.string(), sha256 }),
  /** SHA-256 the publisher lists for the source; '' where none is known. */
  publishedSha256: sha256,
  progress: z.object({ doneBytes: count, totalBytes: count }),
  /** Bytes on this machine's disk. */
  storedBytes: count,
  /** Tokens the package says its window holds; 0 while unknown. */
  contextLength: count,
  /** Of the weights themselves; null while unknown. */
  sizes: modelSizes.nullable().default(null),
  startedAt: time,
  updatedAt: time,
  verifiedAt: time.nullable(),
});

export const libraryRecord = z.object({
  id: z.string(),
  /** Address under which the engine looks for it. */
  url: z.string(),
  sha256,
  bytes: count,
  /** File name for an imported one, '' for one the network delivered. */
  importedFrom: z.string(),
  at: time,
});

export const licenceRecord = z.object({ modelId: z.string(), licenceId: z.string(), acceptedAt: time });
export const preferenceRecord = z.object({ modelId: z.string(), form: packageForm });

export type ModelSizes = Readonly<z.infer<typeof modelSizes>>;
export type PackageForm = z.infer<typeof packageForm>;
export type MlcForm = Exclude<PackageForm, 'gguf'>;
export type SourceFormat = z.infer<typeof sourceFormat>;
export type Origin = Readonly<z.infer<typeof origin>>;
export type UrlOrigin = Extract<Origin, { from: 'url' }>;
export type Acquisition = Readonly<z.infer<typeof acquisition>>;
export type InstallRecord = Readonly<z.infer<typeof installRecord>>;
export type LibraryRecord = Readonly<z.infer<typeof libraryRecord>>;
