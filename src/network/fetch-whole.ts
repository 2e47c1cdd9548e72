/**
 * One file, whole, from a server that may or may not know byte ranges: shards of a hosted package, side files, libraries.
 * A cut is continued by a range where the server can, else begun again; passing errors are retried with growing pauses.
 */
import { AppError, isAbort, toAppError } from '../errors/app-error.ts';
import type { AppFetch, ForeignReason } from './egress.ts';

/** What a transfer is run with: the gate's fetch, and the signal that ends it. */
export interface TransferRun {
  readonly fetch: AppFetch;
  readonly signal: AbortSignal;
}

export interface FetchWholeOptions {
  /** What the file must have; null: whatever the server says. */
  readonly expectedBytes: number | null;
  /** More than this is refused before it fills the memory. */
  readonly maxBytes: number;
  /** Bytes that arrived; negative when some were thrown away to begin again. */
  readonly onBytes?: (delta: number) => void;
  /** Pauses between attempts, milliseconds; bytes that arrive start the list again. */
  readonly pausesMs?: readonly number[];
  /** Why another host is asked; default: for weights. */
  readonly reason?: ForeignReason;
  /** `no-cache` asks the server whether a cached copy is still good. */
  readonly cache?: RequestCache;
}

const PAUSES_MS: readonly number[] = [500, 1000, 2000, 4000, 8000, 16000];

/** @returns null on 404 and 410. @throws AppError `bytes/*`, `aborted`. */
export async function fetchWhole(
  run: TransferRun,
  url: string,
  options: FetchWholeOptions,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pauses = options.pausesMs ?? PAUSES_MS;
  const state: Partial = { chunks: [], received: 0, etag: null };
  let failures = 0;
  for (;;) {
    const before = state.received;
    try {
      return await attempt(run, url, options, state);
    } catch (thrown) {
      run.signal.throwIfAborted();
      const error = toAppError(thrown, 'bytes/offline');
      if (isAbort(error) || !isPassing(error)) throw error;
      failures = state.received > before ? 1 : failures + 1;
      const pause = pauses[failures - 1];
      if (pause === undefined) throw error;
      await sleep(pause, run.signal);
    }
  }
}

interface Partial {
  chunks: Uint8Array<ArrayBuffer>[];
  received: number;
  /** A strong validator of what was received so far; null: a cut means to begin again. */
  etag: string | null;
}

async function attempt(
  run: TransferRun,
  url: string,
  options: FetchWholeOptions,
  state: Partial,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (state.received > 0 && state.etag === null) discard(state, options);
  // No If-Range: it would need a CORS preflight. The answer's ETag is compared instead.
  const response = await run.fetch(url, {
    reason: options.reason ?? 'weights',
    headers: state.received > 0 ? { Range: `bytes=${String(state.received)}-` } : {},
    signal: run.signal,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    // The browser's HTTP cache would keep a second copy of gigabytes.
    cache: options.cache ?? 'no-store',
  });
  if (response.status === 404 || response.status === 410) return null;
  if (!response.ok) throw statusError(response.status, url);
  const etag = response.headers.get('etag');
  if (state.received > 0 && response.status === 206 && etag !== state.etag) {
    discard(state, options);
    await response.body?.cancel();
    throw new AppError('bytes/short-read', `${url} changed while it was read`, { url });
  }
  if (state.received > 0 && response.status !== 206) discard(state, options);
  if (/^text\/html\b/.test(response.headers.get('content-type') ?? '')) {
    throw new AppError('bytes/html-instead', `${url} answered with a web page`, { url });
  }
  const announced = announcedBytes(response, state.received);
  const expected = options.expectedBytes ?? announced;
  if ((announced ?? 0) > options.maxBytes || (expected ?? 0) > options.maxBytes) {
    throw new AppError('bytes/http-status', `${url} is larger than it may be`, {
      url,
      bytes: announced,
      limit: options.maxBytes,
    });
  }
  state.etag =
    etag !== null && !etag.startsWith('W/') && response.headers.get('accept-ranges') !== 'none' ? etag : null;
  await receive(response, options, state, url);
  if (expected !== null && state.received !== expected) {
    // Shorter than the server itself announced is a cut; a complete answer of another length is another file.
    if (state.received < expected && (announced === null || state.received < announced)) {
      throw new AppError('bytes/short-read', `${url} ended early`, { url, bytes: state.received, expected });
    }
    throw new AppError('bytes/changed', `${url} has another length than listed`, {
      url,
      bytes: state.received,
      expected,
    });
  }
  return join(state);
}

async function receive(
  response: Response,
  options: FetchWholeOptions,
  state: Partial,
  url: string,
): Promise<void> {
  if (!response.body) return;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const chunk = new Uint8Array(value);
    state.chunks.push(chunk);
    state.received += chunk.byteLength;
    options.onBytes?.(chunk.byteLength);
    if (state.received > options.maxBytes) {
      await reader.cancel();
      throw new AppError('bytes/http-status', `${url} is larger than it may be`, {
        url,
        limit: options.maxBytes,
      });
    }
  }
}

function announcedBytes(response: Response, before: number): number | null {
  // A Content-Encoding makes Content-Length count compressed bytes.
  if (response.headers.get('content-encoding') !== null) return null;
  const length = response.headers.get('content-length');
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) + before : null;
}

function discard(state: Partial, options: FetchWholeOptions): void {
  options.onBytes?.(-state.received);
  state.chunks = [];
  state.received = 0;
  state.etag = null;
}

function join({ chunks, received }: Partial): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(received);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function statusError(status: number, url: string): AppError {
  if (status === 401 || status === 403)
    return new AppError('bytes/forbidden', `${url}: ${String(status)}`, { url, status });
  if (status === 416) return new AppError('bytes/range-not-satisfiable', `${url}: 416`, { url, status });
  return new AppError('bytes/http-status', `${url}: ${String(status)}`, { url, status });
}

/** A cut, a dead line, a server in trouble: worth another try. What the server says about the file itself is not. */
function isPassing(error: AppError): boolean {
  if (error.code === 'bytes/offline' || error.code === 'bytes/short-read') return true;
  const { status } = error.details;
  return (
    error.code === 'bytes/http-status' &&
    typeof status === 'number' &&
    (status >= 500 || status === 429 || status === 408)
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(toAppError(signal.reason, 'aborted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
