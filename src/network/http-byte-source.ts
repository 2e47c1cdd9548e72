/** A file behind HTTP byte ranges, read anywhere in any order. */
import type { ByteSource, SourceOrigin } from '../lib/byte-source.ts';
import { etagOf, HttpFile, Retryable, type HttpOptions } from './http-file.ts';
import { collect } from './fetch-whole.ts';

export interface HttpSourceOptions extends HttpOptions {
  /** Size known from elsewhere, for servers that don't let pages see Content-Range. */
  readonly expectedSize?: number;
  /** Accepts a whole answer up to this many bytes where ranges are not served: right for small side files. Default 0. */
  readonly wholeUpTo?: number;
}

interface FileState {
  readonly size: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/**
 * Opens a file behind HTTP byte ranges. Asks for the first byte with a range instead of HEAD: redirecting hosts and
 * signed URLs often refuse HEAD, and only a 206 proves that ranges work.
 *
 * Network failures, 408, 429 and 5xx are tried again with growing, jittered delays, going on after the last byte that came.
 * Every answer's ETag and total size must be those of the first: no If-Range, which would need a CORS preflight.
 * @throws AppError `bytes/no-ranges` and what `HttpFile.ask` does
 */
export async function openHttpSource(url: string, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const file = new HttpFile(url, options);
  const { signal, wholeUpTo = 0, expectedSize } = options;
  const { state, whole } = await file.retrying(signal, async () => {
    const response = await file.ask('bytes=0-0', signal);
    if (response.status === 200 && wholeUpTo > 0) {
      const tooLarge = file.error('bytes/no-ranges', 'The server ignores byte ranges');
      const bytes = await collect(file, response, signal, wholeUpTo, tooLarge);
      return { state: { ...validators(response), size: bytes.length }, whole: bytes };
    }
    await response.body?.cancel();
    if (response.status === 200) throw file.error('bytes/no-ranges', 'The server ignores byte ranges');
    const size = totalSize(response) ?? expectedSize;
    if (size === undefined) throw file.error('bytes/no-ranges', 'The server hides the size of the file');
    return { state: { ...validators(response), size }, whole: null };
  });
  return sourceOf(file, state, whole);
}

function sourceOf(file: HttpFile, state: FileState, whole: Uint8Array<ArrayBuffer> | null): ByteSource {
  const origin: SourceOrigin = { kind: 'url', etag: state.etag, lastModified: state.lastModified };
  const check = (offset: number, length: number): void => {
    if (offset + length <= state.size) return;
    const { size } = state;
    throw file.error('bytes/short-read', 'A read goes beyond the end of the file', { offset, size });
  };
  const readInto = async (
    offset: number,
    target: Uint8Array<ArrayBuffer>,
    signal?: AbortSignal,
  ): Promise<void> => {
    check(offset, target.length);
    if (whole !== null) target.set(whole.subarray(offset, offset + target.length));
    else if (target.length > 0) await fill(file, state, offset, target, signal);
  };
  return {
    name: file.name,
    size: state.size,
    origin,
    readInto,
    async read(offset, length, signal) {
      check(offset, length); // before memory is taken: the length may come from a hostile header
      const bytes = new Uint8Array(length);
      await readInto(offset, bytes, signal);
      return bytes;
    },
  };
}

/** Fills `target`, each retry going on where the last try stopped. */
async function fill(
  file: HttpFile,
  state: FileState,
  offset: number,
  target: Uint8Array<ArrayBuffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  let filled = 0;
  const attempt = async (): Promise<void> => {
    const range = `bytes=${String(offset + filled)}-${String(offset + target.length - 1)}`;
    const response = await file.ask(range, signal);
    try {
      assertSame(file, state, response, offset + filled);
    } catch (thrown) {
      await response.body?.cancel();
      throw thrown;
    }
    await file.drain(response, signal, (chunk) => {
      const rest = target.length - filled;
      target.set(chunk.length > rest ? chunk.subarray(0, rest) : chunk, filled);
      filled += Math.min(chunk.length, rest);
      return filled < target.length;
    });
    if (filled < target.length) {
      throw new Retryable(file.error('bytes/short-read', 'The answer ended too early', { offset, filled }));
    }
  };
  await file.retrying(signal, attempt, () => filled);
}

function assertSame(file: HttpFile, state: FileState, response: Response, offset: number): void {
  if (response.status !== 206) throw file.error('bytes/no-ranges', 'The server ignores byte ranges');
  const etag = etagOf(response);
  const size = totalSize(response);
  if (
    (state.etag !== null && etag !== null && etag !== state.etag) ||
    (size !== null && size !== state.size)
  ) {
    throw file.error('bytes/changed', 'The file is not the one the work began with', {
      etagBefore: state.etag,
      etagNow: etag,
      sizeBefore: state.size,
      sizeNow: size,
    });
  }
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (start !== undefined && Number(start) !== offset) {
    throw file.error('bytes/no-ranges', 'The server sent another part than asked for', { offset, start });
  }
}

function validators(response: Response): Omit<FileState, 'size'> {
  return { etag: etagOf(response), lastModified: response.headers.get('last-modified') };
}

function totalSize(response: Response): number | null {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (total === undefined) return null;
  const size = Number(total);
  return Number.isSafeInteger(size) ? size : null;
}
