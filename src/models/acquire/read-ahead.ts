/** Reads a stretch of a source in order, with several reads under way: what keeps a network line full. */
import type { ByteSource } from '../../lib/byte-source.ts';

export interface ReadAheadOptions {
  /** Bytes per read. */
  readonly readBytes: number;
  /** Reads under way at once; memory is bounded by `readBytes * parallel`. */
  readonly parallel: number;
  readonly signal: AbortSignal;
}

/** Yields the bytes of [start, end) in order, in pieces of `readBytes`. @throws what the source throws. */
export async function* readAhead(
  source: ByteSource,
  start: number,
  end: number,
  { readBytes, parallel, signal }: ReadAheadOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  // A failed read must stop the others, and its siblings' failures must not surface as unhandled.
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const pending: Promise<Uint8Array<ArrayBuffer>>[] = [];
  let next = start;
  const fill = (): void => {
    while (next < end && pending.length < parallel) {
      const length = Math.min(readBytes, end - next);
      const read = source.read(next, length, both);
      read.catch(() => undefined);
      pending.push(read);
      next += length;
    }
  };
  try {
    fill();
    for (let read = pending.shift(); read; read = pending.shift()) {
      const bytes = await read;
      fill();
      yield bytes;
    }
  } finally {
    stop.abort();
  }
}
