import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { readDeflated, type PackedBytes } from './inflate.ts';
import { MAX_PICKLE_BYTES } from './limits.ts';
import { readTensorPickle, TORCH_DTYPE_BYTES, type PickledTensor, type TorchDtype } from './torch-pickle.ts';
import { locateEntry, readZipDirectory, type ZipEntry } from './zip.ts';

/** Where a storage's bytes are in the file. */
export interface TorchStorage extends PackedBytes {
  readonly method: ZipEntry['method'];
}

/** One tensor of a checkpoint: a view of a storage, which several tensors may share. */
export interface TorchTensor {
  readonly name: string;
  readonly dtype: TorchDtype;
  /** Row-major: the slowest-running dimension first. */
  readonly shape: readonly number[];
  /** Elements from one index to the next, for each dimension. */
  readonly strides: readonly number[];
  /** Of its first element, in bytes from the storage's start. */
  readonly byteOffset: number;
  /** Of all its elements, one after the other. */
  readonly byteLength: number;
  readonly storage: TorchStorage;
}

/** Local headers read at once: over HTTP each is a request. */
const HEADERS_AT_ONCE = 8;

/** True for a zip's first bytes. Whether PyTorch wrote it only its directory tells. */
export function looksLikeZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;
}

/** Pickled 0x1950a86a20f9469cfc6c: how every file of PyTorch before 1.6 begins (`MAGIC_NUMBER` in torch/serialization.py). */
const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** True for a file of PyTorch before 1.6, or of `_use_new_zipfile_serialization=False`. */
export function looksLikeLegacyTorch(start: Uint8Array): boolean {
  return start[0] === 0x80 && LEGACY_MAGIC.every((byte, i) => start[2 + i] === byte);
}

/** Bytes that tell the two above apart. */
export const TORCH_START_BYTES = 2 + LEGACY_MAGIC.length;

/**
 * Reads what a PyTorch checkpoint (`torch.save` since 1.6) holds: the zip's directory, the pickle in it, and the local
 * headers of the storages. No weight is read and no code is run.
 *
 * Guarantees: each tensor inside its storage, each storage inside the file with the length the pickle gives it, no two
 * storages overlapping.
 * @throws AppError what `readZipDirectory` and `readTensorPickle` throw; `transcode/old-torch` for a file in the format of
 *   PyTorch before 1.6; `transcode/unsupported` for one of a big-endian machine
 */
export async function readTorchCheckpoint(source: ByteSource, signal?: AbortSignal): Promise<TorchTensor[]> {
  const start = await source.read(0, Math.min(source.size, TORCH_START_BYTES), signal);
  if (looksLikeLegacyTorch(start)) throw legacy(source.name);
  if (!looksLikeZip(start)) {
    throw new AppError('transcode/not-a-model', 'This is no PyTorch file', { file: source.name });
  }
  const entries = await readZipDirectory(source, signal);
  const prefix = archivePrefix(entries);
  await refuseBigEndian(source, entries.get(`${prefix}byteorder`), signal);
  const pickle = entries.get(`${prefix}data.pkl`);
  const described = readTensorPickle(await readSmall(source, pickle, MAX_PICKLE_BYTES, signal));
  const storages = await locateStorages(source, entries, prefix, described, signal);
  return [...described].map(([name, tensor]): TorchTensor => {
    const storage = storages.get(tensor.storage.key);
    if (storage === undefined) throw noStorage(tensor.storage.key);
    const elementBytes = TORCH_DTYPE_BYTES[tensor.dtype];
    return {
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      strides: tensor.strides,
      byteOffset: tensor.offset * elementBytes,
      byteLength: tensor.shape.reduce((product, length) => product * length, elementBytes),
      storage,
    };
  });
}

/** Whether the elements lie one after the other in row-major order: its bytes are then a stretch of its storage. */
export function isContiguous({ shape, strides }: Pick<TorchTensor, 'shape' | 'strides'>): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const length = shape[i] ?? 0;
    if (length > 1 && strides[i] !== expected) return false;
    expected *= length;
  }
  return true;
}

/** All records lie in one folder of the zip, named after the file that was saved. */
function archivePrefix(entries: ReadonlyMap<string, ZipEntry>): string {
  const pickles = [...entries.keys()].filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  const [only] = pickles;
  if (only === undefined) {
    throw new AppError('transcode/not-a-model', 'The archive was not written by PyTorch: it has no data.pkl');
  }
  if (pickles.length > 1) throw new AppError('transcode/malformed', 'The archive has several data.pkl');
  return only.slice(0, -'data.pkl'.length);
}

async function refuseBigEndian(
  source: ByteSource,
  entry: ZipEntry | undefined,
  signal?: AbortSignal,
): Promise<void> {
  if (entry === undefined) return; // PyTorch before 2.1 did not say
  const order = new TextDecoder().decode(await readSmall(source, entry, 16, signal));
  if (order.trim() !== 'little') {
    throw new AppError('transcode/unsupported', 'The PyTorch file was written on a big-endian machine', {
      order: order.slice(0, 16),
    });
  }
}

async function locateStorages(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  prefix: string,
  tensors: ReadonlyMap<string, PickledTensor>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, TorchStorage>> {
  const wanted = [...new Set([...tensors.values()].map(({ storage }) => storage))];
  const found = new Map<string, TorchStorage>();
  const locate = async ({ key, bytes }: PickledTensor['storage']): Promise<void> => {
    const entry = entries.get(`${prefix}data/${key}`);
    if (entry === undefined) throw noStorage(key);
    if (entry.bytes !== bytes) {
      throw new AppError('transcode/malformed', 'A storage has not the length its tensors were given', {
        storage: key.slice(0, 100),
        found: entry.bytes,
        expected: bytes,
      });
    }
    const dataOffset = await locateEntry(source, entry, signal);
    const { method, packedBytes } = entry;
    found.set(key, { method, dataOffset, packedBytes, bytes });
  };
  const queue = wanted.values();
  const work = async (): Promise<void> => {
    for (const storage of queue) await locate(storage);
  };
  await Promise.all(Array.from({ length: HEADERS_AT_ONCE }, work));
  return found;
}

async function readSmall(
  source: ByteSource,
  entry: ZipEntry | undefined,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (entry === undefined) throw new AppError('transcode/malformed', 'The archive lacks an entry');
  if (entry.bytes > limit || entry.packedBytes > limit) {
    throw new AppError('transcode/over-limit', 'An entry of the archive is absurdly large', {
      entry: entry.name,
      bytes: entry.bytes,
    });
  }
  const dataOffset = await locateEntry(source, entry, signal);
  const bytes =
    entry.method === 'stored'
      ? await source.read(dataOffset, entry.bytes, signal)
      : await readDeflated(source, { ...entry, dataOffset }, signal);
  if (crc32(bytes) !== entry.crc32) {
    throw new AppError('transcode/malformed', 'The description of the tensors is damaged (CRC-32)', {
      entry: entry.name,
    });
  }
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb88320;
  return value;
});

/** Zip's check value (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (CRC_TABLE[(value ^ byte) & 255] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

function noStorage(key: string): AppError {
  return new AppError('transcode/malformed', 'The archive lacks the storage of a tensor', {
    storage: key.slice(0, 100),
  });
}

function legacy(file: string): AppError {
  return new AppError(
    'transcode/old-torch',
    'This PyTorch file has the format from before PyTorch 1.6; open it in a current PyTorch and save it again',
    { file, format: 'PyTorch before 1.6' },
  );
}
