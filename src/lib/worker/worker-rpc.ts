/**
 * How a page and its workers talk: one request map a worker, in which a request's name decides what it carries, what is
 * reported on its way and what it ends with.
 *
 * ```ts
 * interface Requests extends RequestMap {
 *   count: { argument: string; report: never; result: number };
 * }
 * answerCalls<Requests>(self, { count: (text) => text.length });              // in the worker
 * await new WorkerRpc<Requests>(() => new Worker(…), …).call('count', 'abc'); // in the page
 * ```
 *
 * Errors cross as `WireError` and arrive as `AppError` with code, details and cause. A terminated or crashed worker never
 * answers, so every call ends when the worker does.
 */
import { AppError, fromWire, toWire, type ErrorCode, type WireError } from '../../errors/app-error.ts';

export interface Exchange {
  readonly argument: unknown;
  readonly report: unknown;
  readonly result: unknown;
}

export type RequestMap<M> = { readonly [N in keyof M]: Exchange };

type NameOf<M> = keyof M & string;

export type ToWorker =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export type FromWorker =
  /** The script runs. Before this, silence means that the worker was blocked. */
  | { readonly type: 'started' }
  | { readonly type: 'report'; readonly id: number; readonly report: unknown }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError }
  /** The worker is of no more use, whether anything was asked of it or not. */
  | { readonly type: 'lost'; readonly error: WireError };

/** What is used of a `Worker`. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => unknown) | null;
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
}

export interface RpcOptions {
  /** Codes of a worker whose script did not start, and of one that died. */
  readonly blocked: ErrorCode;
  readonly crashed: ErrorCode;
  /** Called once, when the worker is no more, by itself or by `end`. */
  readonly onEnd?: (error: AppError) => void;
}

export interface CallOptions<Report> {
  /** Asks the worker to stop; its answer then comes soon, as a result or as an `aborted` error. */
  readonly signal?: AbortSignal;
  readonly onReport?: (report: Report) => void;
  /** Milliseconds without a word about this call after which the worker is given up, asked anew at every word. */
  readonly silence?: { readonly ms: () => number; readonly code: ErrorCode };
  /** Buffers of the argument that the worker takes over. */
  readonly transfer?: Transferable[];
}

/** Whoever answers requests: a worker, or this thread (`answerHere`). */
export interface Caller<M extends RequestMap<M>> {
  /** @throws AppError what the request throws, or why the worker ended. */
  call<N extends NameOf<M>>(
    name: N,
    argument: M[N]['argument'],
    options?: CallOptions<M[N]['report']>,
  ): Promise<M[N]['result']>;
  /** Ends the worker and every open call. Does nothing the second time. */
  end(error: AppError): void;
}

/** A script starts within a second; a blocked one (extension, policy) never does and often says nothing. */
const START_MS = 30_000;

interface Open {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly report: (report: unknown) => void;
  /** Starts the limit of silence anew. */
  readonly heard: () => void;
  readonly close: () => void;
}

export class WorkerRpc<M extends RequestMap<M>> implements Caller<M> {
  readonly #worker: WorkerLike;
  readonly #options: RpcOptions;
  readonly #open = new Map<number, Open>();
  readonly #startTimer: ReturnType<typeof setTimeout>;
  #started = false;
  #ended: AppError | null = null;
  #nextId = 1;

  /** @throws AppError `options.blocked` when no worker can be made. */
  constructor(createWorker: () => WorkerLike, options: RpcOptions) {
    this.#options = options;
    try {
      this.#worker = createWorker();
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new AppError(options.blocked, message, {}, { cause: thrown });
    }
    this.#startTimer = setTimeout(() => {
      this.end(new AppError(options.blocked, 'the worker gave no sign of life', { ms: START_MS }));
    }, START_MS);
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onmessageerror = () => this.#died('a message of the worker could not be read');
    this.#worker.onerror = ({ message }) => this.#died(message || 'the worker failed');
  }

  /** Calls not answered yet. */
  get openCalls(): number {
    return this.#open.size;
  }

  call<N extends NameOf<M>>(
    name: N,
    argument: M[N]['argument'],
    { signal, onReport, silence, transfer = [] }: CallOptions<M[N]['report']> = {},
  ): Promise<M[N]['result']> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended);
        return;
      }
      let timer: ReturnType<typeof setTimeout> | undefined;
      const heard = (): void => {
        clearTimeout(timer);
        if (!silence) return;
        const ms = silence.ms();
        timer = setTimeout(() => {
          this.end(new AppError(silence.code, 'the worker fell silent', { during: name, ms }));
        }, ms);
      };
      const cancel = (): void => this.#worker.postMessage({ type: 'cancel', id }, []);
      const close = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        this.#open.delete(id);
      };
      this.#open.set(id, {
        resolve,
        reject,
        report: onReport ?? (() => undefined),
        heard,
        close,
      });
      heard();
      this.#worker.postMessage({ type: 'call', id, name, argument }, transfer);
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  end(error: AppError): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#startTimer);
    this.#worker.onmessage = null;
    this.#worker.onmessageerror = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    for (const { close, reject } of [...this.#open.values()]) {
      close();
      reject(error);
    }
    this.#options.onEnd?.(error);
  }

  #died(message: string): void {
    const { blocked, crashed } = this.#options;
    this.end(new AppError(this.#started ? crashed : blocked, message, { started: this.#started }));
  }

  #receive(message: FromWorker): void {
    this.#started = true;
    clearTimeout(this.#startTimer);
    if (message.type === 'started') return;
    if (message.type === 'lost') {
      this.end(fromWire(message.error));
      return;
    }
    const open = this.#open.get(message.id);
    if (!open) return;
    if (message.type === 'report') {
      open.heard();
      open.report(message.report);
      return;
    }
    open.close();
    if (message.type === 'error') open.reject(fromWire(message.error));
    else open.resolve(message.result);
  }
}

/** What a handler is given beside its argument. */
export interface CallContext<Report> {
  /** Aborts when the caller no longer wants the answer; the handler may end with a result or throw `aborted`. */
  readonly signal: AbortSignal;
  readonly report: (report: Report) => void;
  /** Buffers of the result that the caller takes over: add them before it is returned. */
  readonly transfer: Transferable[];
}

export type Handlers<M extends RequestMap<M>> = {
  readonly [N in keyof M]: (
    argument: M[N]['argument'],
    call: CallContext<M[N]['report']>,
  ) => M[N]['result'] | Promise<M[N]['result']>;
};

/** What is used of a worker's global scope; the project is typed for the page. */
export interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
}

export interface AnswerOptions<M> {
  /** Gives what a handler threw its code; `toWire` unless given. */
  readonly errorOf?: (thrown: unknown, name: keyof M) => AppError;
  /** After such an error the worker is of no more use: said in place of the answer, so that nothing is asked in between. */
  readonly isFatal?: (error: AppError, name: keyof M) => boolean;
}

/** Answers calls in a worker. @returns a function that says that the worker is of no more use. */
export function answerCalls<M extends RequestMap<M>>(
  scope: WorkerScope,
  handlers: Handlers<M>,
  { errorOf, isFatal }: AnswerOptions<M> = {},
): (error: AppError) => void {
  const open = new Map<number, AbortController>();
  const lose = (error: AppError): void => scope.postMessage({ type: 'lost', error: toWire(error) }, []);

  async function answer(id: number, name: NameOf<M>, argument: unknown): Promise<void> {
    const stop = new AbortController();
    open.set(id, stop);
    const transfer: Transferable[] = [];
    const report = (sent: unknown): void => scope.postMessage({ type: 'report', id, report: sent }, []);
    try {
      // The page asks as the map says: `WorkerRpc.call` holds it to that.
      const result = await handlers[name](argument, { signal: stop.signal, report, transfer });
      scope.postMessage({ type: 'result', id, result }, transfer);
    } catch (thrown) {
      const error = errorOf ? errorOf(thrown, name) : thrown;
      if (error instanceof AppError && isFatal?.(error, name)) lose(error);
      else scope.postMessage({ type: 'error', id, error: toWire(error) }, []);
    } finally {
      open.delete(id);
    }
  }

  scope.addEventListener('message', ({ data }) => {
    if (data.type === 'cancel') open.get(data.id)?.abort();
    else void answer(data.id, data.name as NameOf<M>, data.argument);
  });
  scope.postMessage({ type: 'started' }, []);
  return lose;
}

/** The same calls answered by this thread, where what is asked about is out of a worker's reach. */
export function answerHere<M extends RequestMap<M>>(handlers: Handlers<M>): Caller<M> {
  let ended: AppError | null = null;
  return {
    call: async (name, argument, { signal, onReport } = {}) => {
      if (ended) throw ended;
      const context = {
        signal: signal ?? new AbortController().signal,
        report: (report: M[typeof name]['report']) => {
          if (!ended) onReport?.(report);
        },
        transfer: [],
      };
      return handlers[name](argument, context);
    },
    end: (error) => {
      ended ??= error;
    },
  };
}
