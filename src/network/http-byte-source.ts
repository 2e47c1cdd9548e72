import type { ByteSource, SourceOrigin } from '../lib/byte-source.ts';
import type { AppFetch, ForeignReason } from './egress.ts';
import { AppError, isAbort } from '../errors/app-error.ts';

export interface HttpSourceOptions {
  readonly signal?: AbortSignal;
  /** Shown in messages instead of the URL. */
  readonly name?: string;
  /** Size known from elsewhere, for servers that don't let pages see Content-Range. */
  readonly expectedSize?: number;
  /** Accepts a whole answer up to this many bytes where ranges are not served: right for small side files. Default 0. */
  readonly wholeUpTo?: number;
  readonly fetch?: AppFetch;
  /** Why another host is asked; without one it is not (see `egress.ts`). */
  readonly reason?: ForeignReason;
  /** Waits, in milliseconds. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1): spreads retries so that clients don't come back in step. */
  readonly random?: () => number;
  /** Tries without any byte arriving before giving up. Default 6, about a minute. */
  readonly attempts?: number;
  /** A connection without a byte for this long is given up and tried again. Default 30 s. */
  readonly stallMs?: number;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/**
 * Opens a file behind HTTP byte ranges. Asks for the first byte with a range instead of HEAD: redirecting hosts and
 * signed URLs often refuse HEAD, and only a 206 proves that ranges work.
 *
 * Network failures, 408, 429 and 5xx are tried again with growing, jittered delays, going on after the last byte that came.
 * Every answer's ETag and total size must be those of the first: no If-Range, which would need a CORS preflight.
 * @throws AppError `bytes/forbidden` (401, 403), `bytes/not-found` (404, 410), `bytes/range-not-satisfiable` (416),
 *   `bytes/no-ranges`, `bytes/html-instead`, `bytes/http-status`, `bytes/cors`, `bytes/offline`, `aborted`
 */
export async function openHttpSource(url: string, options: HttpSourceOptions = {}): Promise<ByteSource> {
  const client = new RangeClient(url, options);
  return client.open(options.signal);
}

/** A failure worth another try. */
class Retryable extends Error {
  readonly error: AppError;
  readonly afterMs: number | null;

  constructor(error: AppError, afterMs: number | null = null) {
    super(error.message, { cause: error });
    this.error = error;
    this.afterMs = afterMs;
  }
}

interface FileState {
  readonly size: number;
  readonly etag: string | null;
  readonly lastModified: string | null;
}

class RangeClient {
  readonly #url: string;
  readonly #name: string;
  readonly #options: HttpSourceOptions;
  readonly #fetch: AppFetch;

  constructor(url: string, options: HttpSourceOptions) {
    this.#url = url;
    this.#name = options.name ?? url;
    this.#options = options;
    const { reason } = options;
    const send: AppFetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#fetch = reason === undefined ? send : (input, init) => send(input, { ...init, reason });
  }

  async open(signal?: AbortSignal): Promise<ByteSource> {
    const { state, whole } = await this.#retrying(signal, async () => {
      const response = await this.#request(0, 1, signal, true);
      if (response.status === 200) {
        const bytes = await this.#acceptWhole(response);
        return { state: { ...validators(response), size: bytes.length }, whole: bytes };
      }
      await response.body?.cancel();
      const size = totalSize(response) ?? this.#options.expectedSize;
      if (size === undefined) throw this.#error('bytes/no-ranges', 'The server hides the size of the file');
      return { state: { ...validators(response), size }, whole: null };
    });
    return this.#source(state, whole);
  }

  #source(state: FileState, whole: Uint8Array<ArrayBuffer> | null): ByteSource {
    const origin: SourceOrigin = { kind: 'url', etag: state.etag, lastModified: state.lastModified };
    const check = (offset: number, length: number): void => {
      if (offset + length <= state.size) return;
      throw this.#error('bytes/short-read', 'A read goes beyond the end of the file', {
        offset,
        size: state.size,
      });
    };
    const readInto = async (
      offset: number,
      target: Uint8Array<ArrayBuffer>,
      signal?: AbortSignal,
    ): Promise<void> => {
      check(offset, target.length);
      if (whole !== null) target.set(whole.subarray(offset, offset + target.length));
      else if (target.length > 0) await this.#fill(state, offset, target, signal);
    };
    return {
      name: this.#name,
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
  async #fill(
    state: FileState,
    offset: number,
    target: Uint8Array<ArrayBuffer>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let filled = 0;
    await this.#retrying(
      signal,
      async () => {
        const response = await this.#request(offset + filled, target.length - filled, signal, false);
        this.#assertSame(state, response, offset + filled);
        await this.#drain(response, signal, (chunk) => {
          const rest = target.length - filled;
          target.set(chunk.length > rest ? chunk.subarray(0, rest) : chunk, filled);
          filled += Math.min(chunk.length, rest);
          return filled < target.length;
        });
        if (filled < target.length) {
          throw new Retryable(
            this.#error('bytes/short-read', 'The answer ended too early', { offset, filled }),
          );
        }
      },
      () => filled,
    );
  }

  /** Reads a body until `take` has enough, giving up on a connection that stalls. */
  async #drain(
    response: Response,
    signal: AbortSignal | undefined,
    take: (chunk: Uint8Array) => boolean,
  ): Promise<void> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const { done, value } = await this.#unlessStalled(reader.read());
        if (done) return;
        if (!take(value)) return;
      }
    } catch (thrown) {
      throw this.#networkFailure(thrown, signal);
    } finally {
      // Ends the transfer where the rest is not wanted; after a failure there is nothing left to end.
      await reader.cancel().catch(() => undefined);
    }
  }

  async #unlessStalled<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Retryable(this.#error('bytes/offline', 'No byte came for a long time')));
      }, this.#options.stallMs ?? 30_000);
    });
    try {
      return await Promise.race([work, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** One range request, its status judged. */
  async #request(
    offset: number,
    length: number,
    signal: AbortSignal | undefined,
    probing: boolean,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await this.#unlessStalled(
        this.#fetch(this.#url, {
          headers: { Range: `bytes=${offset}-${offset + length - 1}` },
          // The browser's HTTP cache would keep a second copy of gigabytes.
          cache: 'no-store',
          credentials: 'omit',
          referrerPolicy: 'no-referrer',
          signal: signal ?? null,
        }),
      );
    } catch (thrown) {
      const failure = this.#networkFailure(thrown, signal);
      if (probing && failure instanceof Retryable && (await this.#answersWithoutCors(signal))) {
        throw this.#error('bytes/cors', 'The server does not allow web pages to read the file');
      }
      throw failure;
    }
    try {
      this.#judge(response, probing);
    } catch (thrown) {
      await response.body?.cancel();
      throw thrown;
    }
    return response;
  }

  #judge(response: Response, probing: boolean): void {
    const { status } = response;
    const html = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
    if ((status === 200 || status === 206) && html) {
      throw this.#error('bytes/html-instead', 'The server answered with a web page');
    }
    if (status === 206) return;
    if (status === 200) {
      if (probing && (this.#options.wholeUpTo ?? 0) > 0) return;
      throw this.#error('bytes/no-ranges', 'The server ignores byte ranges');
    }
    if (status === 401 || status === 403) throw this.#error('bytes/forbidden', 'Access refused', { status });
    if (status === 404 || status === 410) throw this.#error('bytes/not-found', 'No such file', { status });
    if (status === 416)
      throw this.#error('bytes/range-not-satisfiable', 'No such part of the file', { status });
    const error = this.#error('bytes/http-status', `The server answered ${status}`, { status });
    if (status === 408 || status === 429 || status >= 500) throw new Retryable(error, retryAfter(response));
    throw error;
  }

  async #acceptWhole(response: Response): Promise<Uint8Array<ArrayBuffer>> {
    const limit = this.#options.wholeUpTo ?? 0;
    const parts: Uint8Array[] = [];
    let length = 0;
    await this.#drain(response, this.#options.signal, (chunk) => {
      parts.push(chunk);
      length += chunk.length;
      return length <= limit;
    });
    if (length > limit) throw this.#error('bytes/no-ranges', 'The server ignores byte ranges');
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #assertSame(state: FileState, response: Response, offset: number): void {
    const { etag } = validators(response);
    const size = totalSize(response);
    if (
      (state.etag !== null && etag !== null && etag !== state.etag) ||
      (size !== null && size !== state.size)
    ) {
      throw this.#error('bytes/changed', 'The file is not the one the work began with', {
        etagBefore: state.etag,
        etagNow: etag,
        sizeBefore: state.size,
        sizeNow: size,
      });
    }
    const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (start !== undefined && Number(start) !== offset) {
      throw this.#error('bytes/no-ranges', 'The server sent another part than asked for', { offset, start });
    }
  }

  /**
   * A browser reports a refused CORS read and a dead network alike. A request whose answer the page may not see tells
   * them apart: it succeeds where there is a server.
   */
  async #answersWithoutCors(signal: AbortSignal | undefined): Promise<boolean> {
    if (!('location' in globalThis)) return false; // node knows no CORS
    try {
      await this.#fetch(this.#url, {
        method: 'HEAD',
        mode: 'no-cors',
        cache: 'no-store',
        signal: signal ?? null,
      });
      return true;
    } catch (thrown) {
      if (isAbort(thrown)) throw new AppError('aborted', 'Stopped', {}, { cause: thrown });
      return false;
    }
  }

  #networkFailure(thrown: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true || isAbort(thrown))
      return new AppError('aborted', 'Stopped', {}, { cause: thrown });
    if (thrown instanceof Retryable || thrown instanceof AppError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Retryable(this.#error('bytes/offline', 'The network failed', { message }));
  }

  /** Tries until it works, fails for good, or `attempts` tries in a row brought no `progress`. */
  async #retrying<T>(
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
    progress: () => number = () => 0,
  ): Promise<T> {
    const { attempts = 6, sleep = defaultSleep, random = Math.random } = this.#options;
    for (let failures = 0, before = progress(); ;) {
      if (signal?.aborted === true) throw new AppError('aborted', 'Stopped');
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof Retryable)) throw thrown;
        if (progress() > before) failures = 0;
        before = progress();
        failures++;
        if (failures >= attempts) throw thrown.error;
        const ceiling = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
        await sleep(thrown.afterMs ?? ceiling * (0.5 + random() / 2), signal);
      }
    }
  }

  #error(code: AppError['code'], message: string, details: AppError['details'] = {}): AppError {
    return new AppError(code, message, { file: this.#name, ...details });
  }
}

function validators(response: Response): { etag: string | null; lastModified: string | null } {
  return { etag: response.headers.get('etag'), lastModified: response.headers.get('last-modified') };
}

function totalSize(response: Response): number | null {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (total === undefined) return null;
  const size = Number(total);
  return Number.isSafeInteger(size) ? size : null;
}

/** Seconds or a date; bounded, so that a server can't make the app wait for hours. */
function retryAfter(response: Response): number | null {
  const value = response.headers.get('retry-after');
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_DELAY_MS) : null;
}

/** Rejects with `aborted` as soon as the signal fires. */
function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new AppError('aborted', 'Stopped'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
