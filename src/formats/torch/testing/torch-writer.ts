/** Writes PyTorch checkpoints for tests, right ones and wrong ones, laid out as `torch.save` does. */
import { deflateRawSync } from 'node:zlib';
import type { ByteSource } from '../../../lib/byte-source.ts';
import { concatBytes, u16, u32, u64 } from './bytes.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'I32';
  readonly shape: readonly number[];
  /** Default: row-major. Elements. */
  readonly strides?: readonly number[];
  /** Elements. Default 0. */
  readonly offset?: number;
  /** The whole storage. Tensors with the same bytes object share one. Zeros of some length, where nobody reads them. */
  readonly bytes: Uint8Array | Zeros;
}

export interface Zeros {
  readonly length: number;
}

export interface ZipFileToWrite {
  readonly name: string;
  readonly bytes: Uint8Array | Zeros;
  /** Replaces what the directory says. */
  readonly claims?: {
    readonly bytes?: number;
    readonly packedBytes?: number;
    readonly headerOffset?: number;
  };
  /** Replaces the name in the local header. */
  readonly localName?: string;
  readonly flags?: number;
  readonly method?: number;
}

export interface ZipOptions {
  readonly deflate?: boolean;
  /** Writes sizes and the directory's place in 64 bits, whether they need it or not. */
  readonly zip64?: boolean;
}

const STORAGES = {
  F32: 'FloatStorage',
  F16: 'HalfStorage',
  BF16: 'BFloat16Storage',
  I32: 'IntStorage',
} as const;
const BYTES = { F32: 4, F16: 2, BF16: 2, I32: 4 } as const;

export function writeTorch(
  tensors: readonly TensorToWrite[],
  options: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  return writeZip(torchFiles(tensors), options);
}

/** A checkpoint of any size in little memory: what is not of its archive reads as zeros. */
export function sparseTorch(name: string, tensors: readonly TensorToWrite[]): ByteSource {
  const pieces: { readonly at: number; readonly bytes: Uint8Array | Zeros }[] = [];
  let size = 0;
  for (const bytes of layOutZip(torchFiles(tensors), { zip64: true })) {
    if (bytes instanceof Uint8Array) pieces.push({ at: size, bytes });
    size += bytes.length;
  }
  return {
    name,
    size,
    read: (offset, length) => {
      const out = new Uint8Array(length);
      for (const { at, bytes } of pieces) {
        if (!(bytes instanceof Uint8Array) || at >= offset + length || at + bytes.length <= offset) continue;
        const from = Math.max(0, offset - at);
        out.set(
          bytes.subarray(from, from + offset + length - Math.max(at, offset)),
          Math.max(at - offset, 0),
        );
      }
      return Promise.resolve(out);
    },
  };
}

function torchFiles(tensors: readonly TensorToWrite[]): ZipFileToWrite[] {
  const storages = [...new Set(tensors.map(({ bytes }) => bytes))];
  const keys = new Map(storages.map((bytes, key) => [bytes, key]));
  const pickle = new PickleWriter();
  pickle.op(0x7d, 0x28); // EMPTY_DICT MARK
  for (const tensor of tensors) {
    pickle.text(tensor.name);
    pickle.tensor(tensor, keys.get(tensor.bytes) ?? 0);
  }
  pickle.op(0x75); // SETITEMS
  // PyTorch sorts by name, and 10 comes before 2.
  const files = storages.map((bytes, i) => ({ name: `model/data/${String(i)}`, bytes }));
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    { name: 'model/data.pkl', bytes: pickle.finish() },
    ...files,
    { name: 'model/version', bytes: new TextEncoder().encode('3\n') },
  ];
}

/** A pickle of protocol 2, instruction by instruction. */
export class PickleWriter {
  readonly #parts: Uint8Array[] = [new Uint8Array([0x80, 2])];

  /** The same instructions many times. */
  repeat(times: number, ...codes: number[]): this {
    const bytes = new Uint8Array(times * codes.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = codes[i % codes.length] ?? 0;
    this.#parts.push(bytes);
    return this;
  }

  op(...codes: number[]): this {
    this.#parts.push(new Uint8Array(codes));
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.#parts.push(new Uint8Array([0x58]), u32(bytes.length), bytes);
    return this;
  }

  number(value: number): this {
    if (value >= 0 && value < 2 ** 31) this.#parts.push(new Uint8Array([0x4a]), u32(value));
    else this.#parts.push(new Uint8Array([0x8a, 8]), u64(value));
    return this;
  }

  global(module: string, name: string): this {
    this.#parts.push(new TextEncoder().encode(`c${module}\n${name}\n`));
    return this;
  }

  numbers(values: readonly number[]): this {
    this.op(0x28);
    for (const value of values) this.number(value);
    return this.op(0x74);
  }

  tensor({ dtype, shape, strides, offset = 0, bytes }: Omit<TensorToWrite, 'name'>, key: number): this {
    this.global('torch._utils', '_rebuild_tensor_v2').op(0x28, 0x28);
    this.text('storage').global('torch', STORAGES[dtype]).text(String(key)).text('cpu');
    this.number(bytes.length / BYTES[dtype]).op(0x74, 0x51);
    this.number(offset)
      .numbers(shape)
      .numbers(strides ?? rowMajor(shape));
    return this.op(0x89).global('collections', 'OrderedDict').op(0x29, 0x52, 0x74, 0x52);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return concatBytes([...this.#parts, new Uint8Array([0x2e])]);
  }
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((product, length) => product * length, 1));
}

const FULL_32 = 0xffffffff;

export function writeZip(
  files: readonly ZipFileToWrite[],
  options: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  return concatBytes(layOutZip(files, options).map(whole));
}

function whole(bytes: Uint8Array | Zeros): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes.length);
}

function layOutZip(
  files: readonly ZipFileToWrite[],
  { deflate = false, zip64 = false }: ZipOptions,
): (Uint8Array | Zeros)[] {
  const parts: (Uint8Array | Zeros)[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (...bytes: readonly (Uint8Array | Zeros)[]): void => {
    for (const part of bytes) {
      parts.push(part);
      at += part.length;
    }
  };
  for (const file of files) {
    const name = new TextEncoder().encode(file.name);
    const localName = new TextEncoder().encode(file.localName ?? file.name);
    const packed = deflate ? new Uint8Array(deflateRawSync(whole(file.bytes))) : file.bytes;
    const method = u16(file.method ?? (deflate ? 8 : 0));
    const flags = u16(file.flags ?? 0x808);
    const headerOffset = at;
    // Data begins at a multiple of 64, behind a field of padding.
    const padding = (64 - ((at + 30 + localName.length + 4) % 64)) % 64;
    put(u32(0x04034b50), u16(0), flags, method, u32(0), u32(0), u32(0), u32(0));
    put(
      u16(localName.length),
      u16(4 + padding),
      localName,
      u16(0x4246),
      u16(padding),
      new Uint8Array(padding),
    );
    put(packed);
    const crc = u32(file.bytes instanceof Uint8Array ? crcOf(file.bytes) : 0);
    const size = zip64 ? u64 : u32;
    put(u32(0x08074b50), crc, size(packed.length), size(file.bytes.length));
    const claims = { bytes: file.bytes.length, packedBytes: packed.length, headerOffset, ...file.claims };
    const wide = [claims.bytes, claims.packedBytes, claims.headerOffset];
    const extra = zip64 ? concatBytes([u16(1), u16(24), ...wide.map(u64)]) : new Uint8Array(0);
    const [bytes, packedBytes, offset] = wide.map((value) => u32(zip64 ? FULL_32 : value));
    directory.push(
      concatBytes([
        ...[u32(0x02014b50), u16(0), u16(0), flags, method, u32(0), crc, packedBytes, bytes],
        ...[u16(name.length), u16(extra.length), u16(0), u16(0), u16(0), u32(0), offset, name, extra],
      ]),
    );
  }
  const directoryOffset = at;
  put(...directory);
  const directoryBytes = at - directoryOffset;
  const count = files.length;
  if (zip64) {
    const recordOffset = at;
    put(u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count));
    put(u64(directoryBytes), u64(directoryOffset), u32(0x07064b50), u32(0), u64(recordOffset), u32(1));
  }
  const small = (value: number): Uint8Array => u32(zip64 ? FULL_32 : value);
  const entries = u16(zip64 ? 0xffff : count);
  put(
    u32(0x06054b50),
    u16(0),
    u16(0),
    entries,
    entries,
    small(directoryBytes),
    small(directoryOffset),
    u16(0),
  );
  return parts;
}

function crcOf(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}
