/** A file that a person chose, as the transcoder reads it: mostly from front to back. */
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { ChosenFile } from '../acquire/ways/acquisition-run.ts';

/** What the browser reads into at a time; it is copied from there, because reading takes the memory away meanwhile. */
const PIECE_BYTES = 1024 * 1024;

/** Of one stream: the browser looks only when one begins whether the file has changed since it was chosen. */
const STREAM_BYTES = 32 * 1024 * 1024;

/**
 * `sample` stands where a modification time would: the same file copied or fetched again is the same source, and a
 * conversion goes on with it.
 */
export function chosenSource({ path, file }: ChosenFile, sample: string): ByteSource {
  const reader = new FileReading(file);
  const readInto = async (
    offset: number,
    target: Uint8Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<void> => {
    const { length } = target;
    let got: number;
    try {
      got = await reader.read(offset, target, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      // The browser refuses to read a file that changed or went away after it was chosen.
      throw new AppError('bytes/changed', `${path} can no longer be read`, { name: path }, { cause: thrown });
    }
    if (got !== length)
      throw new AppError('bytes/short-read', `${path} ended early`, { offset, length, got });
  };
  return {
    name: path,
    size: file.size,
    origin: { kind: 'file', etag: null, lastModified: sample },
    readInto,
    read: async (offset, length, signal) => {
      if (offset + length > file.size) {
        // Before memory is taken: the length may come from a hostile header.
        const got = Math.max(0, file.size - offset);
        throw new AppError('bytes/short-read', `${path} ended early`, { offset, length, got });
      }
      const bytes = new Uint8Array(length);
      await readInto(offset, bytes, signal);
      return bytes;
    },
  };
}

/**
 * Long streams over the file, into memory that is used again, for as long as reads follow one another: a slice and a fresh
 * ArrayBuffer for each took five times as long.
 */
class FileReading {
  readonly #file: File;
  #reader: ReadableStreamBYOBReader | null = null;
  /** Where the stream stands, and where it ends. */
  #at = 0;
  #end = 0;
  #piece = new ArrayBuffer(0);
  /** Reads take turns. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: File) {
    this.#file = file;
  }

  /** @returns how many bytes came; fewer than asked for at the end of the file. */
  read(offset: number, target: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<number> {
    const turn = this.#last.then(async () => {
      signal?.throwIfAborted();
      try {
        return await this.#fill(offset, target, signal);
      } catch (thrown) {
        this.#letGo();
        throw thrown;
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #fill(
    offset: number,
    target: Uint8Array<ArrayBuffer>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const reader = this.#readerAt(offset + filled);
      if (reader === null) {
        const bytes = await this.#file.slice(offset + filled, offset + target.length).arrayBuffer();
        target.set(new Uint8Array(bytes), filled);
        return filled + bytes.byteLength;
      }
      const length = Math.min(PIECE_BYTES, target.length - filled, this.#end - this.#at);
      const piece = this.#piece.byteLength === PIECE_BYTES ? this.#piece : new ArrayBuffer(PIECE_BYTES);
      const { value, done } = await reader.read(new Uint8Array(piece, 0, length));
      signal?.throwIfAborted();
      if (value) this.#piece = value.buffer;
      if (done) break;
      target.set(value, filled);
      filled += value.length;
      this.#at += value.length;
      if (this.#at === this.#end) this.#letGo();
    }
    if (filled < target.length) this.#letGo();
    // The last look at whether it is still the file that was chosen.
    else if (offset + filled === this.#file.size) await this.#file.slice(0, 1).arrayBuffer();
    return filled;
  }

  /** Null where the browser doesn't read into memory it is given. */
  #readerAt(offset: number): ReadableStreamBYOBReader | null {
    if (this.#reader && this.#at === offset) return this.#reader;
    this.#letGo();
    this.#at = offset;
    this.#end = Math.min(this.#file.size, offset + STREAM_BYTES);
    if (this.#at >= this.#end) return null;
    try {
      this.#reader = this.#file.slice(offset, this.#end).stream().getReader({ mode: 'byob' });
    } catch {
      return null;
    }
    return this.#reader;
  }

  #letGo(): void {
    this.#reader?.cancel().catch(() => undefined);
    this.#reader = null;
  }
}
