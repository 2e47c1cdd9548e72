/** Which files of a model folder hold its weights, and what is in them. */
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { MAX_SOURCE_FILES } from '../../formats/limits.ts';
import { looksLikeSafetensors, parseSafetensors } from '../../formats/safetensors/safetensors-parser.ts';
import {
  looksLikeLegacyTorch,
  looksLikeZip,
  readTorchCheckpoint,
  TORCH_START_BYTES,
} from '../../formats/torch/checkpoint.ts';
import { TensorPlaces } from '../../formats/torch/tensor-source.ts';
import { z } from '../../lib/zod.ts';
import { isBesideWeights, isSideFile } from './file-names.ts';
import type { StoredTensor } from './folder-tensors.ts';
import { readJson } from './read-json.ts';

/** How a folder stores its weights. */
export type Container = 'safetensors' | 'torch';

/** By how `save_pretrained` names what it writes. */
const NAMES = {
  safetensors: {
    single: 'model.safetensors',
    index: 'model.safetensors.index.json',
    part: /^[\w.-]+\.safetensors$/,
  },
  torch: {
    single: 'pytorch_model.bin',
    index: 'pytorch_model.bin.index.json',
    part: /^[\w.-]+\.(bin|pt|pth)$/,
  },
} as const;

const shardIndex = z.object({ weight_map: z.record(z.string(), z.string().max(255)) });

/** Side files worth having beside the weights, in the order to ask for them. */
const SIDE_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'added_tokens.json',
  'quant_config.json',
] as const;

/**
 * Collects a model folder's files where they can be asked for only by name (an HTTP base, a hub repository). Safetensors
 * first: where a folder has both, they say the same and are read without a pickle.
 * @param open answers null where there is no such file
 * @throws AppError `transcode/missing-file` where a weight file is not there
 */
export async function gatherFolder(
  open: (name: string) => Promise<ByteSource | null>,
  signal?: AbortSignal,
): Promise<ByteSource[]> {
  const files: ByteSource[] = [];
  for (const name of SIDE_FILES) {
    const file = await open(name);
    if (file !== null) files.push(file);
  }
  for (const container of ['safetensors', 'torch'] as const) {
    const { index: indexName, single } = NAMES[container];
    const index = await open(indexName);
    if (index !== null) {
      const parts: ByteSource[] = [];
      for (const name of await partNames(index, container, signal)) {
        const file = await open(name);
        if (file === null) throw missing(name);
        parts.push(file);
      }
      return [...files, index, ...parts];
    }
    const whole = await open(single);
    if (whole !== null) return [...files, whole];
  }
  throw missing(NAMES.safetensors.single);
}

export interface FolderWeights {
  readonly container: Container;
  readonly sources: readonly ByteSource[];
  readonly tensors: readonly StoredTensor[];
  /** Bytes that are made while they are read; a tensor's `file` counts on into them behind `sources`. */
  readonly made: readonly ByteSource[];
}

/**
 * The tensors of a folder: of one file, or of the parts its index names.
 * @param folder by base name
 * @throws AppError `transcode/missing-file`, `transcode/not-a-model`, and what the containers' readers throw
 */
export async function readFolderWeights(
  folder: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<FolderWeights> {
  const { container, sources } = await findWeights(folder, signal);
  if (container === 'safetensors') {
    const tensors: StoredTensor[] = [];
    for (const [file, source] of sources.entries()) {
      for (const tensor of (await parseSafetensors(source, signal)).tensors)
        tensors.push({ ...tensor, file });
    }
    return { container, sources, tensors, made: [] };
  }
  const tensors: StoredTensor[] = [];
  const made: ByteSource[] = [];
  for (const [file, source] of sources.entries()) {
    const places = new TensorPlaces(source);
    for (const tensor of await readTorchCheckpoint(source, signal)) {
      const { name, dtype, shape, byteLength } = tensor;
      const place = places.place(tensor);
      const at = place.kind === 'in-file' ? file : sources.length + indexOf(made, place.source);
      tensors.push({ name, dtype, shape, byteLength, offset: place.offset, file: at });
    }
  }
  return { container, sources, tensors, made };
}

/** Where a source stands in the list; it is put there if it is new. */
function indexOf(list: ByteSource[], source: ByteSource): number {
  const at = list.lastIndexOf(source);
  return at < 0 ? list.push(source) - 1 : at;
}

async function findWeights(
  folder: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<{ readonly container: Container; readonly sources: readonly ByteSource[] }> {
  for (const container of ['safetensors', 'torch'] as const) {
    const index = folder.get(NAMES[container].index);
    if (index === undefined) continue;
    const sources = (await partNames(index, container, signal)).map((name) => {
      const file = folder.get(name);
      if (file === undefined) throw missing(name);
      return file;
    });
    return { container, sources };
  }
  const found = await sortByContent(folder, signal);
  for (const container of ['safetensors', 'torch'] as const) {
    const { single, index } = NAMES[container];
    const files = found[container];
    const named = files.find(([name]) => name === single);
    if (named !== undefined) return { container, sources: [named[1]] };
    const [first, second] = files;
    if (second !== undefined) {
      throw new AppError('transcode/missing-file', `Several weight files but no ${index}`, { file: index });
    }
    if (first !== undefined) return { container, sources: [first[1]] };
  }
  throw new AppError('transcode/not-a-model', 'No weights are among these files', { files: folder.size });
}

type Named = readonly [name: string, file: ByteSource];

async function sortByContent(
  folder: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<Readonly<Record<Container, readonly Named[]>>> {
  const found: Record<Container, Named[]> = { safetensors: [], torch: [] };
  const candidates = [...folder].filter(([name]) => !isSideFile(name) && !isBesideWeights(name));
  for (const entry of candidates) {
    const [, file] = entry;
    const container = containerOf(await file.read(0, Math.min(file.size, TORCH_START_BYTES), signal));
    if (container !== null) found[container].push(entry);
  }
  return found;
}

/** By its first `TORCH_START_BYTES` bytes; null for something else. */
export function containerOf(start: Uint8Array): Container | null {
  if (looksLikeSafetensors(start)) return 'safetensors';
  return looksLikeZip(start) || looksLikeLegacyTorch(start) ? 'torch' : null;
}

async function partNames(index: ByteSource, container: Container, signal?: AbortSignal): Promise<string[]> {
  const { weight_map } = await readJson(index, shardIndex, signal);
  const names = [...new Set(Object.values(weight_map))].sort();
  if (names.length === 0 || names.length > MAX_SOURCE_FILES) {
    throw new AppError('transcode/over-limit', 'The index names no file or absurdly many', {
      files: names.length,
    });
  }
  // A name with a path in it could point outside the folder.
  const odd = names.find((name) => !NAMES[container].part.test(name));
  if (odd !== undefined)
    throw new AppError('transcode/malformed', 'The index names an odd file', { file: odd });
  return names;
}

function missing(name: string): AppError {
  return new AppError('transcode/missing-file', `${name} is missing`, { file: name });
}
