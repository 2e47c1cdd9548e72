/**
 * Takes over a package somebody already converted: from a host, or from a folder on disk. Every shard is held against the
 * checksums its index lists before it is stored, because web-llm itself never checks them.
 */
import { z } from '../../../lib/zod.ts';
import { parseChatConfig, type ChatConfig } from '../../../formats/mlc-package/chat-config.ts';
import {
  CHAT_CONFIG_FILE,
  OLD_TENSOR_CACHE_FILE,
  TENSOR_CACHE_FILE,
  TOKENIZER_CONFIG_FILE,
  TOKENIZER_FILE,
} from '../../../formats/mlc-package/package-json.ts';
import { parseTensorCache, type TensorIndex } from '../../../formats/mlc-package/tensor-cache.ts';
import { AppError } from '../../../errors/app-error.ts';
import { baseName } from '../../../transcode/source/file-names.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import { PROVENANCE_FILE } from '../../../transcode/package/provenance.ts';
import { isNotThere } from '../../../network/http-folder.ts';
import { fetchWhole } from '../../../network/fetch-whole.ts';
import { ProgressMeter } from '../../../transcode/run/progress-meter.ts';
import { updateRecord, type ChosenFile, type AcquisitionRun } from './acquisition-run.ts';
import { sizesOfPackage } from '../../screen/other-model.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { readInPieces, writeParts, type Part } from '../../storage/checksums.ts';
import type { InstallRecord } from '../../storage/records.ts';
import { ensureFreeSpace } from '../../storage/free-space.ts';

/** Shards read and checked at once: keeps a line full while memory stays at two of the largest. */
const PARALLEL_SHARDS = 2;
/** MLC's shards have 32 MiB; a tensor of its own rarely passes 512 MiB. Each is held in memory to be checked. */
const MAX_SHARD_BYTES = 2 ** 30;
const MAX_SIDE_FILE_BYTES = 64 * 1024 * 1024;

/** Of `provenance.json` only what is needed here; the transcoder writes it. */
const provenanceHashes = z.object({
  shards: z.array(z.object({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

/** A package's files by name, wherever they lie. */
export interface PackageFiles {
  readonly name: string;
  /** @returns null when there is no such file. @throws AppError `bytes/*`. */
  read(
    name: string,
    expectedBytes: number | null,
    onBytes: (delta: number) => void,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
}

interface Shard {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex; null where the index or provenance does not say. */
  readonly md5: string | null;
  readonly sha256: string | null;
}

/**
 * @returns the row, `ready`.
 * @throws AppError `models/bad-package`, `models/other-form`, `models/damaged` (a shard differs from its checksum, tried twice),
 *   `engine/package-incomplete` (an index that can't be read), `models/not-enough-space`, `bytes/*`, `storage/*`, `aborted`.
 */
export async function takePackage(
  run: AcquisitionRun,
  start: InstallRecord,
  chosen: readonly ChosenFile[],
): Promise<InstallRecord> {
  const files = packageFiles(run, start, chosen);
  const small = await readSmallFiles(files);
  const { index, config, shards } = readIndex(files.name, small);
  const { form } = start.acquisition;
  if (index.quantization !== form) {
    throw new AppError(
      index.quantization === null ? 'models/bad-package' : 'models/other-form',
      `the package is ${index.quantization ?? 'of an unknown format'}`,
      { found: index.quantization, expected: form },
    );
  }
  const store = new PackageStore(start.baseUrl, run.caches);
  const listedBy = `index:${await sha256Of(small.get(TENSOR_CACHE_FILE) ?? new Uint8Array())}`;
  const known = await knownParts(run, store, start, shards, listedBy);
  const missing = shards.filter((shard) => !known.has(shard.name));
  const bytesOf = (list: readonly Shard[]): number => list.reduce((sum, { bytes }) => sum + bytes, 0);
  await ensureFreeSpace(bytesOf(missing), run.storage);
  const total = bytesOf(shards);
  const record = await updateRecord(run, start, {
    sizes: sizesOfPackage(config),
    source: { name: files.name, bytes: total, etag: listedBy, sha256: '' },
    progress: { doneBytes: total - bytesOf(missing), totalBytes: total },
    stopped: null,
  });
  await storeShards(run, record, files, store, missing, known);
  const parts = [...known.values()];
  for (const [name, bytes] of small) {
    // The index comes last: while it is missing, no engine takes the package for complete.
    if (name !== TENSOR_CACHE_FILE) await store.put(name, bytes);
    parts.push({ name, bytes: bytes.byteLength, sha256: await sha256Of(bytes) });
  }
  const indexBytes = small.get(TENSOR_CACHE_FILE);
  if (indexBytes) await store.put(TENSOR_CACHE_FILE, indexBytes);
  await writeParts(run.store, record.id, parts);
  return {
    ...record,
    status: 'ready',
    stopped: null,
    progress: { doneBytes: total, totalBytes: total },
    storedBytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    verifiedAt: run.now(),
  };
}

/** Reads single shards again and stores them, each held against the hash it had. @throws AppError `models/damaged`. */
export async function refetchShards(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
  bad: readonly Part[],
): Promise<void> {
  const files = withOldIndex(packageFiles(run, record, chosen));
  const store = new PackageStore(record.baseUrl, run.caches);
  for (const part of bad) {
    const shard: Shard = { name: part.name, bytes: part.bytes, md5: null, sha256: part.sha256 };
    const { bytes } = await readChecked(files, shard, () => undefined);
    await store.put(part.name, bytes);
  }
}

export function packageFiles(
  run: AcquisitionRun,
  record: InstallRecord,
  chosen: readonly ChosenFile[],
): PackageFiles {
  const { origin } = record.acquisition;
  if (origin.from === 'url') {
    return {
      name: origin.url,
      read: (name, expectedBytes, onBytes) =>
        fetchWhole(run, new URL(name, origin.url).href, {
          expectedBytes,
          maxBytes: expectedBytes ?? MAX_SIDE_FILE_BYTES,
          onBytes,
        }),
    };
  }
  const byName = new Map(chosen.map(({ path, file }) => [baseName(path), file]));
  if (byName.size === 0)
    throw new AppError('models/file-needed', 'the chosen folder is gone with the page that chose it');
  return {
    name: chosen[0]?.path.split('/')[0] ?? '',
    read: async (name, _, onBytes) => {
      const file = byName.get(name);
      if (!file) return null;
      if (file.size > MAX_SHARD_BYTES)
        throw new AppError('models/bad-package', `${name} is too large`, { file: name });
      const bytes = new Uint8Array(await readBlob(file, name));
      onBytes(bytes.byteLength);
      return bytes;
    },
  };
}

/** Where only the index's old name is there, that file is it. */
function withOldIndex(files: PackageFiles): PackageFiles {
  return {
    name: files.name,
    read: async (name, expectedBytes, onBytes) => {
      if (name !== TENSOR_CACHE_FILE) return files.read(name, expectedBytes, onBytes);
      const found = await ifThere(files.read(name, expectedBytes, onBytes));
      return found ?? files.read(OLD_TENSOR_CACHE_FILE, expectedBytes, onBytes);
    },
  };
}

/** Hosts say in many ways that there is no such file. */
async function ifThere(
  reading: Promise<Uint8Array<ArrayBuffer> | null>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = await reading.catch((thrown: unknown) => {
    if (isNotThere(thrown)) return null;
    throw thrown;
  });
  return bytes?.byteLength === 0 ? null : bytes;
}

async function readSmallFiles(files: PackageFiles): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const small = new Map<string, Uint8Array<ArrayBuffer>>();
  const ignore = (): void => undefined;
  const need = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = await files.read(name, null, ignore);
    if (!bytes) throw new AppError('models/bad-package', `${name} is missing`, { file: name });
    small.set(name, bytes);
    return bytes;
  };
  const find = (name: string): Promise<Uint8Array<ArrayBuffer> | null> =>
    ifThere(files.read(name, null, ignore));
  const want = async (name: string): Promise<void> => {
    const bytes = await find(name);
    if (bytes) small.set(name, bytes);
  };
  const config = await need(CHAT_CONFIG_FILE);
  const index = (await find(TENSOR_CACHE_FILE)) ?? (await find(OLD_TENSOR_CACHE_FILE));
  if (!index)
    throw new AppError('models/bad-package', `${TENSOR_CACHE_FILE} is missing`, { file: TENSOR_CACHE_FILE });
  // Older packages have only the old name; what the engine reads is the new one, with the same content. See `withOldIndex`.
  small.set(TENSOR_CACHE_FILE, index);
  await need(TOKENIZER_FILE);
  const { tokenizerFiles } = parseChatConfig(new TextDecoder().decode(config), files.name);
  for (const name of new Set([TOKENIZER_CONFIG_FILE, ...tokenizerFiles])) {
    if (!small.has(name)) await want(name);
  }
  await want(PROVENANCE_FILE);
  return small;
}

function readIndex(
  source: string,
  small: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): { index: TensorIndex; config: ChatConfig; shards: Shard[] } {
  const indexBytes = small.get(TENSOR_CACHE_FILE) ?? new Uint8Array();
  const index = parseTensorCache(new TextDecoder().decode(indexBytes), source);
  const config = parseChatConfig(new TextDecoder().decode(small.get(CHAT_CONFIG_FILE)), source);
  const oversized = index.shards.find(({ bytes }) => bytes > MAX_SHARD_BYTES);
  if (oversized)
    throw new AppError('models/bad-package', `${oversized.name} is too large`, { file: oversized.name });
  const provenance = small.get(PROVENANCE_FILE);
  const parsed = provenance && provenanceHashes.safeParse(parseJson(provenance, PROVENANCE_FILE));
  const sha256 = new Map((parsed?.data?.shards ?? []).map((each) => [each.name, each.sha256]));
  const shards = index.shards.map((shard) => ({ ...shard, sha256: sha256.get(shard.name) ?? null }));
  return { index, config, shards };
}

async function storeShards(
  run: AcquisitionRun,
  record: InstallRecord,
  files: PackageFiles,
  store: PackageStore,
  missing: readonly Shard[],
  known: Map<string, Part>,
): Promise<void> {
  const { totalBytes } = record.progress;
  const rate = new ProgressMeter(run.now);
  const before = record.progress.doneBytes;
  let done = before;
  const onBytes = (delta: number): void => {
    done += delta;
    run.report({
      phase: 'transferring',
      doneBytes: Math.min(done, totalBytes),
      totalBytes,
      bytesPerSecond: rate.measure(done, totalBytes).bytesPerSecond ?? 0,
    });
  };
  let stored = before;
  let failed = false;
  const queue = missing.values();
  const work = async (): Promise<void> => {
    for (const shard of queue) {
      if (failed) return;
      run.signal.throwIfAborted();
      try {
        const { bytes, sha256 } = await readChecked(files, shard, onBytes);
        await store.put(shard.name, bytes);
        known.set(shard.name, { name: shard.name, bytes: shard.bytes, sha256 });
        stored += shard.bytes;
        await writeParts(run.store, record.id, [...known.values()]);
        await updateRecord(run, record, { progress: { doneBytes: stored, totalBytes }, storedBytes: stored });
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  // All workers settle before this does: nothing writes after the job ended.
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_SHARDS }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/** A damaged delivery is tried once more: caches on the way are the usual culprit. */
async function readChecked(
  files: PackageFiles,
  shard: Shard,
  onBytes: (delta: number) => void,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; sha256: string }> {
  for (let attempt = 1; ; attempt++) {
    let counted = 0;
    const bytes = await files.read(shard.name, shard.bytes, (delta) => {
      counted += delta;
      onBytes(delta);
    });
    if (!bytes) throw new AppError('models/bad-package', `${shard.name} is missing`, { file: shard.name });
    const digest = await wasmHashing.digest(bytes);
    const good =
      bytes.byteLength === shard.bytes &&
      (shard.md5 === null || shard.md5 === digest.md5) &&
      (shard.sha256 === null || shard.sha256 === digest.sha256);
    if (good) return { bytes, sha256: digest.sha256 };
    onBytes(-counted);
    if (attempt === 2) {
      throw new AppError('models/damaged', `${shard.name} is not what the index lists`, {
        file: shard.name,
        bytes: bytes.byteLength,
        expectedBytes: shard.bytes,
        sha256: digest.sha256,
      });
    }
  }
}

/**
 * Shards stored by an earlier run that are what the index lists now. The host, or a person who chose another folder, may give
 * another package than before under the same names: what is none of it is deleted.
 * @param listedBy of the index at hand; one that is the same as before listed what is here already.
 */
async function knownParts(
  run: AcquisitionRun,
  store: PackageStore,
  record: InstallRecord,
  shards: readonly Shard[],
  listedBy: string,
): Promise<Map<string, Part>> {
  const listed = new Map(shards.map((shard) => [shard.name, shard]));
  const sameIndex = record.source.etag === listedBy;
  const known = new Map<string, Part>();
  const stored = await readInPieces(run.store, record.id);
  for (const part of stored) {
    run.signal.throwIfAborted();
    const shard = listed.get(part.name);
    if (shard && (await isStill(store, part, shard, sameIndex))) known.set(part.name, part);
    else await store.delete(part.name);
  }
  // Before the row says that another index is at work.
  if (known.size < stored.length) await writeParts(run.store, record.id, [...known.values()]);
  return known;
}

async function isStill(store: PackageStore, part: Part, shard: Shard, sameIndex: boolean): Promise<boolean> {
  if (part.bytes !== shard.bytes || (await store.byteLength(part.name)) !== part.bytes) return false;
  if (shard.sha256 !== null && shard.sha256 !== part.sha256) return false;
  if (sameIndex) return true;
  // Where nothing but its name and length tells a shard from another package's, it is fetched again.
  if (shard.md5 === null) return shard.sha256 !== null;
  const blob = await store.get(part.name);
  if (!blob) return false;
  return (await wasmHashing.digest(new Uint8Array(await blob.arrayBuffer()))).md5 === shard.md5;
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return (await wasmHashing.digest(bytes)).sha256;
}

async function readBlob(file: Blob, name: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (thrown) {
    throw new AppError('bytes/short-read', `${name} could not be read`, { file: name }, { cause: thrown });
  }
}

function parseJson(bytes: Uint8Array<ArrayBuffer>, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (thrown) {
    throw new AppError('models/bad-package', `${name} is not JSON`, { file: name }, { cause: thrown });
  }
}
