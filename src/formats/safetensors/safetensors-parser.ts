import { z } from '../../lib/zod.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { assertDisjoint } from '../gguf/gguf-parser.ts';
import { MAX_DIMENSIONS, MAX_FILE_BYTES, MAX_HEADER_BYTES, MAX_NAME_BYTES, MAX_TENSORS } from '../limits.ts';

export interface SafetensorsTensor {
  readonly name: string;
  /** As in the file: F32, F16, BF16, I32, … */
  readonly dtype: string;
  /** Row-major: the slowest-running dimension first. */
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly SafetensorsTensor[];
  readonly dataOffset: number;
}

// A map: an object would also answer to "constructor".
const BYTES_PER_ELEMENT: ReadonlyMap<string, number> = new Map(
  Object.entries({
    F64: 8,
    I64: 8,
    U64: 8,
    F32: 4,
    I32: 4,
    U32: 4,
    F16: 2,
    BF16: 2,
    I16: 2,
    U16: 2,
    I8: 1,
    U8: 1,
    BOOL: 1,
    F8_E4M3: 1,
    F8_E5M2: 1,
  }),
);

const wholeNumber = z.number().int().nonnegative().max(MAX_FILE_BYTES);
const entry = z.object({
  dtype: z.string().max(16),
  shape: z.array(wholeNumber).max(MAX_DIMENSIONS),
  data_offsets: z.tuple([wholeNumber, wholeNumber]),
});
const metadataEntry = z.record(z.string(), z.string()).nullable();

/** True when the bytes begin like safetensors: a plausible header length, then an opening brace. */
export function looksLikeSafetensors(start: Uint8Array): boolean {
  if (start.length < 9 || start[8] !== 0x7b) return false;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  return view.getBigUint64(0, true) <= BigInt(MAX_HEADER_BYTES);
}

/**
 * Reads the header of one safetensors file: a little-endian u64 length, then that many bytes of JSON.
 * Format: https://huggingface.co/docs/safetensors
 *
 * Guarantees: every tensor inside the file, lengths that match shape and dtype, no two tensors overlapping.
 * @throws AppError `transcode/not-a-model`, `transcode/truncated`, `transcode/malformed`, `transcode/over-limit`,
 *   `transcode/unsupported` (an unknown dtype), and what the source throws.
 */
export async function parseSafetensors(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsHeader> {
  if (source.size < 10) throw new AppError('transcode/truncated', 'The file is too short to be a model');
  const prefix = await source.read(0, 8, signal);
  const length64 = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length64 > BigInt(MAX_HEADER_BYTES)) {
    throw new AppError('transcode/over-limit', 'The safetensors header is absurdly large', {
      length: length64.toString(),
      limit: MAX_HEADER_BYTES,
    });
  }
  const length = Number(length64);
  const dataOffset = 8 + length;
  if (dataOffset > source.size) {
    throw new AppError('transcode/truncated', 'The file ends inside its header', {
      size: source.size,
      header: length,
    });
  }
  return parseHeader(await source.read(8, length, signal), dataOffset, source.size);
}

function parseHeader(bytes: Uint8Array, dataOffset: number, fileSize: number): SafetensorsHeader {
  const entries = Object.entries(parseJsonObject(bytes));
  if (entries.length > MAX_TENSORS) {
    throw new AppError('transcode/over-limit', 'The file names absurdly many tensors', {
      tensors: entries.length,
    });
  }
  let metadata: Readonly<Record<string, string>> = {};
  const tensors: SafetensorsTensor[] = [];
  for (const [name, value] of entries) {
    if (name === '__metadata__') {
      const parsed = metadataEntry.safeParse(value);
      if (!parsed.success) throw new AppError('transcode/malformed', 'The safetensors metadata is not text');
      metadata = parsed.data ?? {};
    } else {
      tensors.push(readTensor(name, value, dataOffset, fileSize));
    }
  }
  assertDisjoint(tensors);
  return { metadata, tensors, dataOffset };
}

function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new AppError('transcode/malformed', 'The safetensors header is not JSON', {}, { cause: thrown });
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (!object.success) throw new AppError('transcode/malformed', 'The safetensors header is not an object');
  return object.data;
}

function readTensor(name: string, value: unknown, dataOffset: number, fileSize: number): SafetensorsTensor {
  if (name.length > MAX_NAME_BYTES)
    throw new AppError('transcode/over-limit', 'A tensor name is absurdly long');
  const parsed = entry.safeParse(value);
  if (!parsed.success) {
    throw new AppError('transcode/malformed', 'A tensor entry is not understood', { tensor: name });
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const elementBytes = BYTES_PER_ELEMENT.get(dtype);
  if (elementBytes === undefined) {
    throw new AppError('transcode/unsupported', `Tensor type ${dtype} is not supported`, {
      tensor: name,
      dtype,
    });
  }
  const [begin, end] = data_offsets;
  const byteLength = shape.reduce((product, n) => product * n, elementBytes);
  if (end - begin !== byteLength) {
    throw new AppError('transcode/malformed', 'A tensor’s length does not match its shape', { tensor: name });
  }
  if (dataOffset + end > fileSize) {
    throw new AppError('transcode/truncated', 'A tensor lies beyond the end of the file', {
      tensor: name,
      end: dataOffset + end,
      size: fileSize,
    });
  }
  return { name, dtype, shape, offset: dataOffset + begin, byteLength };
}
