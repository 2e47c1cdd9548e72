/** What identifies one state of a file, as far as its home tells. */
export interface SourceOrigin {
  readonly kind: 'url' | 'file';
  /** The HTTP ETag, or null. */
  readonly etag: string | null;
  /** HTTP Last-Modified or the file's modification time as text, or null. */
  readonly lastModified: string | null;
}

/**
 * Random access to the bytes of one file, wherever it is: behind HTTP ranges, in a Blob, on a disk.
 * Everything that parses or converts model files reads through this and nothing else.
 */
export interface ByteSource {
  /** File name or URL, for messages and provenance. */
  readonly name: string;
  /** Total length in bytes. */
  readonly size: number;
  /** Absent for bytes made in memory. */
  readonly origin?: SourceOrigin;
  /**
   * Reads exactly `length` bytes at `offset`.
   * @throws AppError `bytes/short-read` when the source ends early, `aborted`, or another `bytes/*` code.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Fills `target` with the bytes at `offset`, where the source can do so without an allocation of its own.
   * Reading gigabytes into ever fresh memory costs more than the reading. Throws as `read` does.
   */
  readInto?(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>;
}
