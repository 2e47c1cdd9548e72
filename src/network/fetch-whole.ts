/**
 * One file, whole, from a server that may or may not know byte ranges: shards of a hosted package, side files, libraries,
 * the built-in model. A cut is continued by a range where the server can, else begun again.
 */
import { AppError } from '../errors/app-error.ts';
import type { AppFetch } from './egress.ts';
import { etagOf, HttpFile, Retryable, type HttpOptions } from './http-file.ts';

/** What a transfer is run with: the gate's fetch, and the signal that ends it. */
export interface TransferRun {
  readonly fetch: AppFetch;
  readonly signal: AbortSignal;
}

export interface WholeFileOptions extends HttpOptions {
  /** What the file must have; null: whatever the server says. */
  readonly expectedBytes: number | null;
  /** More than this is refused before it fills the memory. */
  readonly maxBytes: number;
}

/** Where the bytes go, in order. */
export interface WholeFileSink {
  readonly take: (chunk: Uint8Array<ArrayBuffer>) => void;
  /** The file begins again: what was taken is not part of it. */
  readonly restart: () => void;
}

export interface FetchWholeOptions extends Omit<WholeFileOptions, 'fetch' | 'signal'> {
  /** Bytes that arrived; negative when some were thrown away to begin again. */
  readonly onBytes?: (delta: number) => void;
}

/** @returns null on 404 and 410. @throws AppError as `streamWhole`. */
export async function fetchWhole(
  { fetch, signal }: TransferRun,
  url: string,
  { onBytes, ...options }: FetchWholeOptions,
): Promise<Uint8Array<ArrayBuffer> | null> {
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  const sink: WholeFileSink = {
    take: (chunk) => {
      chunks.push(chunk);
      received += chunk.length;
      onBytes?.(chunk.length);
    },
    restart: () => {
      onBytes?.(-received);
      [chunks, received] = [[], 0];
    },
  };
  try {
    await streamWhole(url, { reason: 'weights', ...options, fetch, signal }, sink);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'bytes/not-found') return null;
    throw thrown;
  }
  return join(chunks, received);
}

/**
 * @throws AppError what `HttpFile.ask` does, `bytes/too-large`, `bytes/short-read` (it stays cut), `bytes/changed` (a complete answer of another
 *   length than expected). `details.received` says how far a broken transfer came.
 */
export async function streamWhole(
  url: string,
  options: WholeFileOptions,
  sink: WholeFileSink,
): Promise<void> {
  const file = new HttpFile(url, options);
  const state: Received = { bytes: 0, etag: null, total: null };
  let most = 0;
  const taking: WholeFileSink = {
    take: (chunk) => {
      sink.take(chunk);
      state.bytes += chunk.length;
      most = Math.max(most, state.bytes);
    },
    restart: () => {
      if (state.bytes > 0) sink.restart();
      state.bytes = 0;
      state.etag = null;
    },
  };
  try {
    await file.retrying(
      options.signal,
      () => attempt(file, options, state, taking),
      () => most,
    );
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'bytes/offline') throw thrown;
    const details = { ...thrown.details, received: most, expected: options.expectedBytes };
    throw new AppError(thrown.code, thrown.message, details, { cause: thrown });
  }
}

interface Received {
  bytes: number;
  /** A validator of what was received so far; null: a cut means to begin again. */
  etag: string | null;
  /** As the answers announced it; null: not at all. */
  total: number | null;
}

async function attempt(
  file: HttpFile,
  { signal, expectedBytes, maxBytes }: WholeFileOptions,
  state: Received,
  sink: WholeFileSink,
): Promise<void> {
  // Lines also fail after the last byte. There is no range beyond it to ask for.
  if (state.bytes > 0 && state.bytes === state.total && state.total === (expectedBytes ?? state.total))
    return;
  if (state.etag === null) sink.restart();
  // No If-Range: it would need a CORS preflight. The answer's ETag is compared instead.
  const range = state.bytes > 0 ? `bytes=${String(state.bytes)}-` : null;
  const response = await file.ask(range, signal).catch((thrown: unknown) => {
    if (range === null || !(thrown instanceof AppError) || thrown.code !== 'bytes/range-not-satisfiable')
      throw thrown;
    // It ends before, or exactly where what is here does: which, only a whole answer tells.
    state.etag = null;
    throw new Retryable(
      file.error('bytes/short-read', 'There is no more of the file', { bytes: state.bytes }),
    );
  });
  const etag = etagOf(response);
  if (state.bytes > 0 && response.status === 206 && etag !== state.etag) {
    sink.restart();
    await response.body?.cancel();
    throw new Retryable(file.error('bytes/short-read', 'The file changed while it was read'));
  }
  if (response.status !== 206) sink.restart();
  const announced = announcedBytes(response, state.bytes);
  state.total = announced;
  const tooLarge = file.error('bytes/too-large', 'The file is larger than it may be', {
    bytes: announced,
    limit: maxBytes,
  });
  if ((announced ?? 0) > maxBytes || (expectedBytes ?? 0) > maxBytes) {
    await response.body?.cancel();
    throw tooLarge;
  }
  const canGoOn = response.headers.get('accept-ranges') !== 'none' && !isWeak(response);
  state.etag = canGoOn ? etag : null;
  const limit = expectedBytes ?? maxBytes;
  let bytes = state.bytes;
  await file.drain(response, signal, (chunk) => {
    if (bytes === 0) refuseHtml(file, chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge;
    if (bytes > limit) return false;
    sink.take(chunk);
    return true;
  });
  const expected = expectedBytes ?? announced;
  if (expected === null || bytes === expected) return;
  // No answer is longer than it announces: what was announced is its compressed length then, see `announcedBytes`.
  if (expectedBytes === null && bytes > expected) return;
  // Shorter than the server itself announced is a cut; a complete answer of another length is another file.
  if (bytes < expected && (announced === null || bytes < announced)) {
    throw new Retryable(file.error('bytes/short-read', 'The answer ended early', { bytes, expected }));
  }
  throw file.error('bytes/changed', 'The file has another length than listed', { bytes, expected });
}

/** All of a body. @throws `tooLarge` beyond `limit`, and what `HttpFile.drain` does. */
export async function collect(
  file: HttpFile,
  response: Response,
  signal: AbortSignal | undefined,
  limit: number,
  tooLarge: AppError,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  await file.drain(response, signal, (chunk) => {
    chunks.push(chunk);
    received += chunk.length;
    return received <= limit;
  });
  if (received > limit) throw tooLarge;
  return join(chunks, received);
}

/** A weak validator promises the same meaning, not the same bytes: no half of one may be joined to another's. */
function isWeak(response: Response): boolean {
  return response.headers.get('etag')?.startsWith('W/') === true;
}

/** Some hosts answer a missing file with a page, status 200 and no or another type. */
function refuseHtml(file: HttpFile, start: Uint8Array): void {
  const text = new TextDecoder().decode(start.subarray(0, 64)).trimStart().toLowerCase();
  if (text.startsWith('<!doctype html') || text.startsWith('<html'))
    throw file.error('bytes/html-instead', 'The server sent a web page in place of the file');
}

function announcedBytes(response: Response, before: number): number | null {
  // A Content-Encoding makes Content-Length count compressed bytes. Of another host a page may read the length alone.
  if (response.headers.get('content-encoding') !== null) return null;
  const length = response.headers.get('content-length');
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) + before : null;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
