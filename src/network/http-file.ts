/**
 * One file behind HTTP, as every transfer of the app asks for it: through the gate, without credentials and referrer, watched
 * for connections that fall silent, tried again where that can help, and with its failures told apart. What is read of it and
 * where that goes is said by `http-byte-source.ts` (parts) and `fetch-whole.ts` (all of it).
 */
import { AppError, isAbort, toAppError } from '../errors/app-error.ts';
import type { AppFetch, ForeignReason } from './egress.ts';

export interface HttpOptions {
  readonly signal?: AbortSignal;
  /** Shown in messages instead of the URL. */
  readonly name?: string;
  readonly fetch?: AppFetch;
  /** Why another host is asked; without one it is not (see `egress.ts`). */
  readonly reason?: ForeignReason;
  /** Default `no-store`: the browser's HTTP cache would keep a second copy of gigabytes. */
  readonly cache?: RequestCache;
  /** Waits, in milliseconds. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1): spreads retries so that clients don't come back in step. */
  readonly random?: () => number;
  /** Tries without any byte arriving before giving up. Default 6, about a quarter of a minute of pauses. */
  readonly attempts?: number;
  /** A connection without a byte for this long is given up and tried again. Default 30 s. */
  readonly stallMs?: number;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

/** A failure worth another try. */
export class Retryable extends Error {
  readonly error: AppError;
  readonly afterMs: number | null;

  constructor(error: AppError, afterMs: number | null = null) {
    super(error.message, { cause: error });
    this.error = error;
    this.afterMs = afterMs;
  }
}

export class HttpFile {
  readonly name: string;
  readonly #url: string;
  readonly #options: HttpOptions;
  /** Something came from this address: a later failure is the network's, not a missing permission. */
  #answered = false;

  constructor(url: string, options: HttpOptions) {
    this.#url = url;
    this.name = options.name ?? url;
    this.#options = options;
  }

  /**
   * One request.
   * @param range as in the header, e.g. `bytes=0-0`; null: the whole file.
   * @returns a 200 or 206 that is no web page.
   * @throws AppError `bytes/forbidden` (401, 403), `bytes/not-found` (404, 410), `bytes/range-not-satisfiable` (416),
   *   `bytes/html-instead`, `bytes/http-status`, `bytes/cors`, `aborted`; Retryable what may pass: `bytes/offline`, 408, 429, 5xx.
   */
  async ask(range: string | null, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await this.#unlessStalled(
        this.#fetch(signal, {
          headers: range === null ? {} : { Range: range },
          cache: this.#options.cache ?? 'no-store',
        }),
      );
    } catch (thrown) {
      const failure = this.#failure(thrown, signal);
      if (!this.#answered && failure instanceof Retryable) await this.#throwIfRefused(signal);
      throw failure;
    }
    this.#answered = true;
    const failure = this.#judge(response);
    if (failure === null) return response;
    await response.body?.cancel();
    throw failure;
  }

  /** Hands on a body until `take` has enough. @throws as `ask` does. */
  async drain(
    response: Response,
    signal: AbortSignal | undefined,
    take: (chunk: Uint8Array<ArrayBuffer>) => boolean,
  ): Promise<void> {
    const reader = response.body?.getReader();
    if (reader === undefined) return;
    try {
      for (;;) {
        const { done, value } = await this.#unlessStalled(reader.read());
        if (done || !take(value)) return;
      }
    } catch (thrown) {
      throw this.#failure(thrown, signal);
    } finally {
      // Ends the transfer where the rest is not wanted; after a failure there is nothing left to end.
      await reader.cancel().catch(() => undefined);
    }
  }

  /** Tries until it works, fails for good, or as many tries in a row brought no `progress`. */
  async retrying<T>(
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
    progress: () => number = () => 0,
  ): Promise<T> {
    const { attempts = 6, sleep = defaultSleep, random = Math.random } = this.#options;
    for (let failures = 0, before = progress(); ;) {
      if (signal?.aborted === true) throw toAppError(signal.reason, 'aborted');
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

  error(code: AppError['code'], message: string, details: AppError['details'] = {}): AppError {
    return new AppError(code, message, { file: this.name, ...details });
  }

  #fetch(signal: AbortSignal | undefined, init: RequestInit): Promise<Response> {
    const { fetch: send = globalThis.fetch, reason } = this.#options;
    return send(this.#url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: signal ?? null,
      ...init,
      ...(reason !== undefined && { reason }),
    });
  }

  #judge(response: Response): AppError | Retryable | null {
    const { status } = response;
    if (status === 200 || status === 206) {
      const html = /^text\/html\b/i.test(response.headers.get('content-type') ?? '');
      return html ? this.error('bytes/html-instead', 'The server answered with a web page') : null;
    }
    if (status === 401 || status === 403) return this.error('bytes/forbidden', 'Access refused', { status });
    if (status === 404 || status === 410) return this.error('bytes/not-found', 'No such file', { status });
    if (status === 416)
      return this.error('bytes/range-not-satisfiable', 'No such part of the file', { status });
    const error = this.error('bytes/http-status', `The server answered ${String(status)}`, { status });
    const passing = status === 408 || status === 429 || status >= 500;
    return passing ? new Retryable(error, retryAfter(response)) : error;
  }

  /**
   * A browser reports a refused CORS read and a dead network alike. A request whose answer the page may not see tells
   * them apart: it succeeds where there is a server. Where the server itself may be read and only the place it leads to may
   * not, a request that follows no redirect succeeds, too.
   */
  async #throwIfRefused(signal: AbortSignal | undefined): Promise<void> {
    if (!('location' in globalThis)) return; // node knows no CORS
    const redirected = await this.#answers(signal, { redirect: 'manual' });
    if (redirected || (await this.#answers(signal, { mode: 'no-cors' }))) {
      throw this.error('bytes/cors', 'The server does not allow web pages to read the file', { redirected });
    }
  }

  async #answers(signal: AbortSignal | undefined, init: RequestInit): Promise<boolean> {
    try {
      await this.#unlessStalled(this.#fetch(signal, { method: 'HEAD', cache: 'no-store', ...init }));
      return true;
    } catch (thrown) {
      if (isAbort(thrown)) throw toAppError(thrown);
      return false;
    }
  }

  #failure(thrown: unknown, signal: AbortSignal | undefined): AppError | Retryable {
    if (signal?.aborted === true || isAbort(thrown))
      return new AppError('aborted', 'Stopped', {}, { cause: thrown });
    if (thrown instanceof Retryable || thrown instanceof AppError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Retryable(this.error('bytes/offline', 'The network failed', { message }));
  }

  async #unlessStalled<T>(work: Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Retryable(this.error('bytes/offline', 'No byte came for a long time')));
      }, this.#options.stallMs ?? 30_000);
    });
    try {
      return await Promise.race([work, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * The ETag without the mark of a weak one: `"abc"` and `W/"abc"` name one file (a cache that compresses adds the mark), and what
 * was read is compared by its hash besides. @returns null where the server gives none.
 */
export function etagOf(response: Response): string | null {
  return response.headers.get('etag')?.replace(/^W\//, '') ?? null;
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
      reject(toAppError(signal?.reason, 'aborted'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
