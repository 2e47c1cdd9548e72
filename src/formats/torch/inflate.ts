import { AppError, isAbort } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';

/** Packed bytes read at once. */
const PACKED_READ_BYTES = 1024 * 1024;
/** Packed bytes inflated at once: all that comes of them waits in memory, and may be a thousand times as much. */
const PACKED_PIECE_BYTES = 16 * 1024;

/** Where an entry's bytes are, and how many they become. */
export interface PackedBytes {
  /** From the start of the file. */
  readonly dataOffset: number;
  /** Bytes in the file. */
  readonly packedBytes: number;
  readonly bytes: number;
}

/** A small deflated entry, whole. @throws as `Inflater.readInto` */
export async function readDeflated(
  source: ByteSource,
  packed: PackedBytes,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const inflater = new Inflater(source, packed);
  try {
    const bytes = new Uint8Array(packed.bytes);
    await inflater.readInto(0, bytes, signal);
    return bytes;
  } finally {
    inflater.release();
  }
}

/**
 * Reads a deflated entry (RFC 1951) as if it could be read anywhere: goes on from where the last read ended, and begins again
 * for a read before that. Holds a piece or two, never the entry. One read at a time.
 */
export class Inflater {
  readonly #source: ByteSource;
  readonly #packed: PackedBytes;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  /** Inflated bytes not yet taken, and where they begin in the entry. */
  #rest: Uint8Array = new Uint8Array(0);
  #position = 0;
  /** Of the read under way: the stream outlives reads. */
  #signal: AbortSignal | undefined;

  constructor(source: ByteSource, packed: PackedBytes) {
    this.#source = source;
    this.#packed = packed;
  }

  /**
   * Fills `target` with the entry's bytes at `offset`.
   * @throws AppError `transcode/malformed` where the entry is no deflate stream or not as long as it says; what the source throws
   */
  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#signal = signal;
    if (offset < this.#position || this.#reader === null) this.#begin();
    for (let filled = 0; filled < target.length;) {
      const skip = Math.min(this.#rest.length, offset + filled - this.#position);
      this.#drop(skip);
      if (this.#rest.length === 0) {
        this.#rest = await this.#next();
        continue;
      }
      const piece = this.#rest.subarray(0, target.length - filled);
      target.set(piece, filled);
      filled += piece.length;
      this.#drop(piece.length);
    }
    if (this.#position === this.#packed.bytes) await this.#end();
  }

  /** Lets go of all memory; a later read begins again. */
  release(): void {
    // Cancelling tells the source; that it was too late for that is no matter.
    void this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
    this.#rest = new Uint8Array(0);
    this.#position = 0;
  }

  #begin(): void {
    this.release();
    const { dataOffset, packedBytes } = this.#packed;
    let read = 0;
    let waiting = new Uint8Array(0);
    const packed = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          if (waiting.length === 0) {
            const length = Math.min(PACKED_READ_BYTES, packedBytes - read);
            if (length === 0) {
              controller.close();
              return;
            }
            waiting = await this.#source.read(dataOffset + read, length, this.#signal);
            read += length;
          }
          controller.enqueue(waiting.subarray(0, PACKED_PIECE_BYTES));
          waiting = waiting.subarray(PACKED_PIECE_BYTES);
        },
      },
      { highWaterMark: 0 },
    );
    this.#reader = packed.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  }

  #drop(count: number): void {
    this.#rest = this.#rest.subarray(count);
    this.#position += count;
  }

  async #next(): Promise<Uint8Array> {
    const { done, value } = await this.#take();
    if (done) throw malformed('A part of the archive unpacks to less than it says');
    return value;
  }

  /** Behind the last byte that was announced there must be none. */
  async #end(): Promise<void> {
    if (this.#rest.length > 0) throw malformed('A part of the archive unpacks to more than it says');
    for (;;) {
      const { done, value } = await this.#take();
      if (done) break;
      if (value.length > 0) throw malformed('A part of the archive unpacks to more than it says');
    }
    this.release();
  }

  async #take(): Promise<ReadableStreamReadResult<Uint8Array>> {
    if (this.#reader === null) throw malformed('A part of the archive is not deflated as it says');
    try {
      return await this.#reader.read();
    } catch (thrown) {
      this.release();
      if (thrown instanceof AppError || isAbort(thrown)) throw thrown;
      throw new AppError(
        'transcode/malformed',
        'A part of the archive is not deflated as it says',
        {},
        { cause: thrown },
      );
    }
  }
}

function malformed(message: string): AppError {
  return new AppError('transcode/malformed', message);
}
