import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { isContiguous, type TorchStorage, type TorchTensor } from './checkpoint.ts';
import { Inflater } from './inflate.ts';
import { TORCH_DTYPE_BYTES } from './torch-pickle.ts';

/** Where a tensor's elements can be read one after the other, in row-major order. */
export type TensorPlace =
  /** In the checkpoint's file itself. */
  | { readonly kind: 'in-file'; readonly offset: number }
  /** In bytes that have to be made first: inflated, or gathered by strides. */
  | { readonly kind: 'made'; readonly source: ByteSource; readonly offset: number };

export interface GatherLimits {
  /** Elements gathered at once where they do not lie in order; a second pass costs less than the memory. */
  readonly gatheredBytes: number;
  /** Bytes of storage read at once while gathering. */
  readonly readBytes: number;
}

const DEFAULT_LIMITS: GatherLimits = { gatheredBytes: 64 * 1024 * 1024, readBytes: 4 * 1024 * 1024 };

/** Reads a storage's bytes. One read at a time. */
interface StorageReader {
  readInto(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>;
  release(): void;
}

/**
 * Finds every tensor of one checkpoint a place to read it from. Stored, contiguous tensors (all that `save_pretrained` writes)
 * are read where they lie. What must be inflated or gathered is made when it is read, one thing at a time, at most 64 MiB.
 */
export class TensorPlaces {
  readonly #file: ByteSource;
  readonly #limits: GatherLimits;
  readonly #inflated = new Map<TorchStorage, ByteSource>();
  readonly #turns = new Turns();

  constructor(file: ByteSource, limits = DEFAULT_LIMITS) {
    this.#file = file;
    this.#limits = limits;
  }

  /** @throws AppError `transcode/unsupported` for a strided tensor of more than two dimensions longer than 1 */
  place(tensor: TorchTensor): TensorPlace {
    const { storage, byteOffset } = tensor;
    if (!isContiguous(tensor)) return { kind: 'made', source: this.#gathered(tensor), offset: 0 };
    if (storage.method === 'stored') return { kind: 'in-file', offset: storage.dataOffset + byteOffset };
    let source = this.#inflated.get(storage);
    if (source === undefined) {
      source = this.#turnTaking(
        `${tensor.name} (unpacked)`,
        storage.bytes,
        new Inflater(this.#file, storage),
      );
      this.#inflated.set(storage, source);
    }
    return { kind: 'made', source, offset: byteOffset };
  }

  #gathered(tensor: TorchTensor): ByteSource {
    const { storage } = tensor;
    const reader =
      storage.method === 'stored' ? storedReader(this.#file, storage) : new Inflater(this.#file, storage);
    return this.#turnTaking(
      `${tensor.name} (gathered)`,
      tensor.byteLength,
      new Gatherer(tensor, reader, this.#limits),
    );
  }

  #turnTaking(name: string, size: number, reader: StorageReader): ByteSource {
    const readInto = (offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void> =>
      this.#turns.run(reader, () => reader.readInto(offset, target, signal));
    return {
      name,
      size,
      readInto,
      read: async (offset, length, signal) => {
        const bytes = new Uint8Array(length);
        await readInto(offset, bytes, signal);
        return bytes;
      },
    };
  }
}

/** Lets one reader work at a time, in the order asked; the one before lets go of its memory. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #holder: StorageReader | null = null;

  run(reader: StorageReader, work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      if (this.#holder !== reader) this.#holder?.release();
      this.#holder = reader;
      await work();
    });
    // A failed turn is told to whoever asked for it; the next one takes place all the same.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function storedReader(file: ByteSource, { dataOffset }: TorchStorage): StorageReader {
  return {
    async readInto(offset, target, signal) {
      if (file.readInto === undefined)
        target.set(await file.read(dataOffset + offset, target.length, signal));
      else await file.readInto(dataOffset + offset, target, signal);
    },
    release: () => undefined,
  };
}

/** One of a strided matrix's two dimensions; strides in bytes. */
interface Axis {
  readonly length: number;
  readonly stride: number;
  /** In the gathered matrix. */
  readonly step: number;
}

/** Puts a strided matrix's elements in row-major order, a block of rows at a time. */
class Gatherer implements StorageReader {
  readonly #reader: StorageReader;
  readonly #readBytes: number;
  readonly #elementBytes: number;
  readonly #byteOffset: number;
  readonly #rows: Omit<Axis, 'step'>;
  readonly #cols: Omit<Axis, 'step'>;
  readonly #blockRows: number;
  #block: { readonly first: number; readonly bytes: Uint8Array<ArrayBuffer> } | null = null;

  constructor(tensor: TorchTensor, reader: StorageReader, { gatheredBytes, readBytes }: GatherLimits) {
    const elementBytes = TORCH_DTYPE_BYTES[tensor.dtype];
    const axes = tensor.shape
      .map((length, i) => ({ length, stride: (tensor.strides[i] ?? 0) * elementBytes }))
      .filter(({ length }) => length !== 1);
    if (axes.length > 2) {
      throw new AppError('transcode/unsupported', 'A tensor of many dimensions is not stored in order', {
        tensor: tensor.name,
      });
    }
    const [rows = { length: 1, stride: 0 }, cols] = axes;
    this.#reader = reader;
    this.#readBytes = readBytes;
    this.#elementBytes = elementBytes;
    this.#byteOffset = tensor.byteOffset;
    this.#rows = cols === undefined ? { length: 1, stride: 0 } : rows;
    this.#cols = cols ?? rows;
    this.#blockRows = Math.max(1, Math.floor(gatheredBytes / (this.#cols.length * elementBytes)));
  }

  async readInto(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void> {
    const rowBytes = this.#cols.length * this.#elementBytes;
    for (let filled = 0; filled < target.length;) {
      const row = Math.floor((offset + filled) / rowBytes);
      const block = await this.#blockOf(row, signal);
      const at = offset + filled - block.first * rowBytes;
      const piece = block.bytes.subarray(at, at + target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
    }
  }

  release(): void {
    this.#block = null;
    this.#reader.release();
  }

  async #blockOf(
    row: number,
    signal?: AbortSignal,
  ): Promise<{ readonly first: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const first = row - (row % this.#blockRows);
    if (this.#block?.first === first) return this.#block;
    this.#block = null; // before the next is made
    const count = Math.min(this.#blockRows, this.#rows.length - first);
    const rowBytes = this.#cols.length * this.#elementBytes;
    const bytes = new Uint8Array(count * rowBytes);
    const rows: Axis = { length: count, stride: this.#rows.stride, step: rowBytes };
    const cols: Axis = { ...this.#cols, step: this.#elementBytes };
    const start = this.#byteOffset + first * rows.stride;
    // The storage is read front to back: the dimension with the longer stride goes round outside.
    const [outer, inner] = rows.stride >= cols.stride ? [rows, cols] : [cols, rows];
    await this.#gather(bytes, start, outer, inner, signal);
    this.#block = { first, bytes };
    return this.#block;
  }

  async #gather(
    out: Uint8Array<ArrayBuffer>,
    start: number,
    outer: Axis,
    inner: Axis,
    signal?: AbortSignal,
  ): Promise<void> {
    const size = this.#elementBytes;
    const innerBytes = (count: number): number => (count - 1) * inner.stride + size;
    // As many inner elements, then as many outer ones, as one read of storage holds.
    const innerCount = Math.min(
      inner.length,
      Math.max(1, 1 + Math.floor((this.#readBytes - size) / Math.max(inner.stride, 1))),
    );
    const room = this.#readBytes - innerBytes(innerCount);
    const whole = innerCount === inner.length;
    const outerCount = whole
      ? Math.max(1, Math.min(outer.length, 1 + Math.floor(Math.max(room, 0) / Math.max(outer.stride, 1))))
      : 1;
    for (let o = 0; o < outer.length; o += outerCount) {
      const outers = Math.min(outerCount, outer.length - o);
      for (let i = 0; i < inner.length; i += innerCount) {
        const inners = Math.min(innerCount, inner.length - i);
        const span = new Uint8Array((outers - 1) * outer.stride + innerBytes(inners));
        await this.#reader.readInto(start + o * outer.stride + i * inner.stride, span, signal);
        const at = o * outer.step + i * inner.step;
        copyElements(span, out, at, { ...outer, length: outers }, { ...inner, length: inners }, size);
      }
    }
  }
}

/** Copies `size`-byte elements from their strides in `span` to their steps in `out`, as the widest whole words there are. */
function copyElements(
  span: Uint8Array<ArrayBuffer>,
  out: Uint8Array<ArrayBuffer>,
  at: number,
  outer: Axis,
  inner: Axis,
  size: number,
): void {
  const Words = size === 2 ? Uint16Array : size === 4 ? Uint32Array : Uint8Array;
  const unit = Words.BYTES_PER_ELEMENT;
  const words = size / unit;
  const from = new Words(span.buffer);
  const to = new Words(out.buffer);
  for (let a = 0; a < outer.length; a++) {
    let source = (a * outer.stride) / unit;
    let target = (at + a * outer.step) / unit;
    const end = target + (inner.length * inner.step) / unit;
    for (; target < end; target += inner.step / unit) {
      for (let k = 0; k < words; k++) to[target + k] = from[source + k] ?? 0;
      source += inner.stride / unit;
    }
  }
}
