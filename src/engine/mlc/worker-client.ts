/**
 * The page's side of the MLC worker: typed requests, each with its own limit of silence, and an end for all of them when the
 * worker dies. A terminated worker never answers, so nothing here waits for it alone.
 */
import { AppError, fromWire, type WireError } from '../../errors/app-error.ts';
import type { FromWorker, RequestMap, RequestType, ToWorker } from './protocol.ts';

/** What is used of a `Worker`; tests put a stand-in here. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
}

/** A script this small starts within a second; a blocked one (extension, CSP) never does and often says nothing. */
const START_MS = 30_000;

export interface RequestOptions<T extends RequestType> {
  readonly onReport?: (report: RequestMap[T]['reports']) => void;
  /** Milliseconds without a word from the worker after which the request fails and the worker is given up. */
  readonly silenceMs: number;
  /** Code of that failure. */
  readonly silenceCode: 'engine/load-timeout' | 'engine/worker-crashed';
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly report: (report: unknown) => void;
  /** Starts the limit of silence anew. */
  readonly heard: () => void;
  readonly clear: () => void;
}

export interface SentRequest<T extends RequestType> {
  readonly result: Promise<RequestMap[T]['result']>;
  /** Asks the worker to stop; the result then comes soon, or is an `aborted` error. */
  cancel(): void;
}

export class WorkerClient {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  readonly #onEnd: (error: AppError) => void;
  #nextId = 1;
  #started = false;
  #ended: AppError | null = null;
  readonly #startTimer: ReturnType<typeof setTimeout>;

  /** @param onEnd called once, when the worker is no more: by itself, by a lost GPU, or by `end`. */
  constructor(createWorker: () => WorkerLike, onEnd: (error: AppError) => void) {
    this.#onEnd = onEnd;
    this.#startTimer = setTimeout(() => {
      this.end(new AppError('engine/worker-blocked', 'The worker gave no sign of life', { ms: START_MS }));
    }, START_MS);
    try {
      this.#worker = createWorker();
    } catch (thrown) {
      clearTimeout(this.#startTimer);
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new AppError('engine/worker-blocked', message, {}, { cause: thrown });
    }
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = ({ message }) => {
      const code = this.#started ? 'engine/worker-crashed' : 'engine/worker-blocked';
      this.end(new AppError(code, message || 'The worker failed', { started: this.#started }));
    };
  }

  request<T extends RequestType>(
    type: T,
    carries: RequestMap[T]['carries'],
    options: RequestOptions<T>,
  ): SentRequest<T> {
    const id = this.#nextId;
    this.#nextId += 1;
    const result = new Promise<RequestMap[T]['result']>((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      let timer: ReturnType<typeof setTimeout>;
      const heard = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          this.end(
            new AppError(options.silenceCode, `No word from the worker while it had to ${type}`, {
              request: type,
              ms: options.silenceMs,
            }),
          );
        }, options.silenceMs);
      };
      heard();
      this.#pending.set(id, {
        // The worker answers a request with the result of its own type: see `RequestMap`.
        resolve: resolve as (result: unknown) => void,
        reject,
        report: (options.onReport ?? (() => undefined)) as (report: unknown) => void,
        heard,
        clear: () => clearTimeout(timer),
      });
    });
    this.#post({ type, id, carries } as ToWorker);
    return { result, cancel: () => this.#post({ type: 'cancel', id }) };
  }

  /** Terminates the worker and rejects whatever was asked of it. Does nothing the second time. */
  end(error: AppError): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#startTimer);
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) {
      request.clear();
      request.reject(error);
    }
    this.#onEnd(error);
  }

  #post(message: ToWorker): void {
    if (!this.#ended) this.#worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    this.#started = true;
    clearTimeout(this.#startTimer);
    if (message.type === 'started') return;
    if (message.type === 'lost') {
      this.end(fromWire(message.error));
      return;
    }
    const request = this.#pending.get(message.id);
    if (!request) return;
    if (message.type === 'report') {
      request.heard();
      request.report(message.report);
      return;
    }
    request.clear();
    this.#pending.delete(message.id);
    if (message.type === 'result') request.resolve(message.result);
    else request.reject(this.#errorOf(message.error));
  }

  #errorOf(wire: WireError): AppError {
    return fromWire(wire);
  }
}
