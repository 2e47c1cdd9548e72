import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import {
  MAX_ALIGNMENT,
  MAX_ARRAY_DEPTH,
  MAX_ARRAY_LENGTH,
  MAX_DIMENSIONS,
  MAX_FILE_BYTES,
  MAX_HEADER_BYTES,
  MAX_METADATA_KEYS,
  MAX_NAME_BYTES,
  MAX_STRING_BYTES,
  MAX_TENSORS,
} from '../limits.ts';
import { blockLayout, ggufTensorType, ggufTypeName, type TensorType } from './tensor-types.ts';

export type GgufNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** 64-bit integers beyond 2^53 stay `bigint`; arrays of 64-bit integers arrive as doubles. */
export type GgufValue =
  | number
  | bigint
  | boolean
  | string
  | GgufNumbers
  | readonly string[]
  | readonly GgufValue[];

export interface GgufTensor {
  readonly name: string;
  /** Null for a type that cannot be converted; `typeName` says which. */
  readonly type: TensorType | null;
  readonly typeName: string;
  /** GGML order: the fastest-running dimension first, so [K, N] for a matrix with N rows. */
  readonly dimensions: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  /** 0 where the type is unknown. */
  readonly byteLength: number;
}

export interface GgufHeader {
  readonly version: 2 | 3;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Where the tensor data begins; the header proper ends at most `alignment` bytes before. */
  readonly dataOffset: number;
}

const MAGIC = 0x46554747; // "GGUF", read as little-endian
const DEFAULT_ALIGNMENT = 32;
const FIRST_READ_BYTES = 2 * 1024 * 1024; // a Llama-2 header in one request

/** Thrown inside when the bytes at hand end before the header does. */
class HeaderIncomplete extends Error {}

/** True when the bytes begin like a GGUF file of either byte order. */
export function looksLikeGguf(start: Uint8Array): boolean {
  return start[0] === 0x47 && start[1] === 0x47 && start[2] === 0x55 && start[3] === 0x46;
}

/**
 * Reads the header of a GGUF file, version 2 or 3, little-endian.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * Guarantees: unique keys and tensor names, every convertible tensor inside the file, whole blocks, no two tensors overlapping.
 * @throws AppError `transcode/not-a-model`, `transcode/truncated`, `transcode/malformed`, `transcode/over-limit`,
 *   `transcode/unsupported` (version 1, big-endian), and what the source throws.
 */
export async function parseGguf(source: ByteSource, signal?: AbortSignal): Promise<GgufHeader> {
  const limit = Math.min(source.size, MAX_HEADER_BYTES);
  let held = new Uint8Array(0);
  let wanted = Math.min(FIRST_READ_BYTES, limit);
  for (;;) {
    const more = await source.read(held.length, wanted - held.length, signal);
    const joined = new Uint8Array(wanted);
    joined.set(held);
    joined.set(more, held.length);
    held = joined;
    try {
      return parseHeader(held, source.size);
    } catch (thrown) {
      if (!(thrown instanceof HeaderIncomplete)) throw thrown;
      if (wanted >= source.size) {
        throw new AppError('transcode/truncated', 'The file ends inside its header', { size: source.size });
      }
      if (wanted >= limit) {
        throw new AppError('transcode/over-limit', 'The header is larger than any model needs', {
          limit: MAX_HEADER_BYTES,
        });
      }
      wanted = Math.min(wanted * 4, limit);
    }
  }
}

function parseHeader(bytes: Uint8Array<ArrayBuffer>, fileSize: number): GgufHeader {
  const cursor = new Cursor(bytes);
  if (!looksLikeGguf(bytes)) {
    if (bytes.length < 4) throw new AppError('transcode/truncated', 'The file is too short to be a model');
    throw new AppError('transcode/not-a-model', 'The file does not begin with GGUF', {
      found: cursor.u32().toString(16),
      expected: MAGIC.toString(16),
    });
  }
  cursor.u32();
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    const bigEndian = version !== 0 && (version & 0xffff) === 0;
    const message = bigEndian
      ? 'Big-endian GGUF files are not supported'
      : `GGUF version ${String(version)} is not supported`;
    throw new AppError('transcode/unsupported', message, { version });
  }
  const tensorCount = cursor.count('tensor count', MAX_TENSORS);
  const keyCount = cursor.count('metadata count', MAX_METADATA_KEYS);
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < keyCount; i++) {
    const key = cursor.text(MAX_NAME_BYTES, 'metadata key');
    if (metadata.has(key)) throw new AppError('transcode/malformed', 'A metadata key appears twice', { key });
    metadata.set(key, cursor.value(cursor.u32(), 0));
  }
  const raw: RawTensor[] = [];
  for (let i = 0; i < tensorCount; i++) raw.push(readTensor(cursor));
  const alignment = readAlignment(metadata);
  const dataOffset = Math.ceil(cursor.position / alignment) * alignment;
  return { version, metadata, tensors: placeTensors(raw, alignment, dataOffset, fileSize), dataOffset };
}

interface RawTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly typeId: number;
  readonly relativeOffset: number;
}

function readTensor(cursor: Cursor): RawTensor {
  const name = cursor.text(MAX_NAME_BYTES, 'tensor name');
  const dimensionCount = cursor.u32();
  if (dimensionCount < 1 || dimensionCount > MAX_DIMENSIONS) {
    throw new AppError('transcode/malformed', 'A tensor has an impossible number of dimensions', {
      tensor: name,
      dimensions: dimensionCount,
    });
  }
  const dimensions: number[] = [];
  for (let d = 0; d < dimensionCount; d++) {
    const length = cursor.count(`dimension of ${name}`, MAX_FILE_BYTES);
    if (length === 0)
      throw new AppError('transcode/malformed', 'A tensor has an empty dimension', { tensor: name });
    dimensions.push(length);
  }
  return {
    name,
    dimensions,
    typeId: cursor.u32(),
    relativeOffset: cursor.count(`offset of ${name}`, MAX_FILE_BYTES),
  };
}

function readAlignment(metadata: ReadonlyMap<string, GgufValue>): number {
  const value = metadata.get('general.alignment');
  if (value === undefined) return DEFAULT_ALIGNMENT;
  // GGML requires a power of two; the parsers in use accept any multiple of 8.
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 8 || value % 8 !== 0) {
    throw new AppError('transcode/malformed', 'general.alignment is not a multiple of 8', {
      alignment: String(value),
    });
  }
  if (value > MAX_ALIGNMENT) {
    throw new AppError('transcode/over-limit', 'general.alignment is absurdly large', { alignment: value });
  }
  return value;
}

function placeTensors(
  raw: readonly RawTensor[],
  alignment: number,
  dataOffset: number,
  fileSize: number,
): readonly GgufTensor[] {
  const seen = new Set<string>();
  const tensors = raw.map(({ name, dimensions, typeId, relativeOffset }): GgufTensor => {
    if (seen.has(name))
      throw new AppError('transcode/malformed', 'A tensor name appears twice', { tensor: name });
    seen.add(name);
    if (relativeOffset % alignment !== 0) {
      throw new AppError('transcode/malformed', 'A tensor is not aligned', {
        tensor: name,
        offset: relativeOffset,
      });
    }
    const type = ggufTensorType(typeId);
    const typeName = ggufTypeName(typeId);
    const offset = dataOffset + relativeOffset;
    const byteLength = type === null ? 0 : tensorBytes(name, type, dimensions);
    if (offset + byteLength > fileSize) {
      throw new AppError('transcode/truncated', 'A tensor lies beyond the end of the file', {
        tensor: name,
        end: offset + byteLength,
        size: fileSize,
      });
    }
    return { name, type, typeName, dimensions, offset, byteLength };
  });
  assertDisjoint(tensors);
  return tensors;
}

function tensorBytes(name: string, type: TensorType, dimensions: readonly number[]): number {
  const { weights, bytes } = blockLayout(type);
  const [cols = 1, ...rest] = dimensions;
  if (cols % weights !== 0) {
    throw new AppError('transcode/malformed', 'A tensor’s rows are not whole blocks', {
      tensor: name,
      type,
      cols,
    });
  }
  const byteLength = rest.reduce((product, n) => product * n, (cols / weights) * bytes);
  if (byteLength > MAX_FILE_BYTES) {
    throw new AppError('transcode/over-limit', 'A tensor is absurdly large', { tensor: name });
  }
  return byteLength;
}

/** Two tensors sharing bytes means a damaged or forged header; writers never do it. */
export function assertDisjoint(
  tensors: readonly { readonly name: string; readonly offset: number; readonly byteLength: number }[],
): void {
  const sorted = [...tensors].sort((a, b) => a.offset - b.offset);
  let end = 0;
  let before = '';
  for (const { name, offset, byteLength } of sorted) {
    if (byteLength === 0) continue;
    if (offset < end) {
      throw new AppError('transcode/malformed', 'Two tensors overlap', { tensor: name, other: before });
    }
    end = offset + byteLength;
    before = name;
  }
}

/** U+FEFF is a token of Llama's vocabulary: it is text, no mark of an encoding. */
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

class Cursor {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  position = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves on by `length` bytes and returns where they begin. */
  #take(length: number): number {
    const start = this.position;
    if (start + length > this.#bytes.length) throw new HeaderIncomplete();
    this.position = start + length;
    return start;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  count(what: string, limit: number): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(limit)) {
      throw new AppError('transcode/over-limit', `The ${what} is absurdly large`, {
        value: value.toString(),
        limit,
      });
    }
    return Number(value);
  }

  text(limit: number, what: string): string {
    const length = this.count(`length of a ${what}`, limit);
    const start = this.#take(length);
    return TEXT.decode(this.#bytes.subarray(start, start + length));
  }

  value(type: number, depth: number): GgufValue {
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(this.#take(1));
      case 1:
        return view.getInt8(this.#take(1));
      case 2:
        return view.getUint16(this.#take(2), true);
      case 3:
        return view.getInt16(this.#take(2), true);
      case 4:
        return view.getUint32(this.#take(4), true);
      case 5:
        return view.getInt32(this.#take(4), true);
      case 6:
        return view.getFloat32(this.#take(4), true);
      case 7:
        return view.getUint8(this.#take(1)) !== 0;
      case 8:
        return this.text(MAX_STRING_BYTES, 'metadata text');
      case 9:
        return this.#array(depth + 1);
      case 10:
        return exact(view.getBigUint64(this.#take(8), true));
      case 11:
        return exact(view.getBigInt64(this.#take(8), true));
      case 12:
        return view.getFloat64(this.#take(8), true);
      default:
        throw new AppError('transcode/malformed', 'A metadata value has an unknown type', { type });
    }
  }

  #array(depth: number): GgufValue {
    if (depth > MAX_ARRAY_DEPTH)
      throw new AppError('transcode/over-limit', 'Metadata arrays are nested too deeply');
    const type = this.u32();
    const length = this.count('length of a metadata array', MAX_ARRAY_LENGTH);
    switch (type) {
      case 0:
      case 7:
        return new Uint8Array(this.#copy(length));
      case 1:
        return new Int8Array(this.#copy(length));
      case 2:
        return new Uint16Array(this.#copy(length * 2));
      case 3:
        return new Int16Array(this.#copy(length * 2));
      case 4:
        return new Uint32Array(this.#copy(length * 4));
      case 5:
        return new Int32Array(this.#copy(length * 4));
      case 6:
        return new Float32Array(this.#copy(length * 4));
      case 10:
        return Float64Array.from(new BigUint64Array(this.#copy(length * 8)), Number);
      case 11:
        return Float64Array.from(new BigInt64Array(this.#copy(length * 8)), Number);
      case 12:
        return new Float64Array(this.#copy(length * 8));
      case 8: {
        const texts: string[] = [];
        for (let i = 0; i < length; i++) texts.push(this.text(MAX_STRING_BYTES, 'metadata text'));
        return texts;
      }
      case 9: {
        const values: GgufValue[] = [];
        for (let i = 0; i < length; i++) values.push(this.value(type, depth));
        return values;
      }
      default:
        throw new AppError('transcode/malformed', 'A metadata array has an unknown type', { type });
    }
  }

  #copy(length: number): ArrayBuffer {
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length).buffer;
  }
}

function exact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
