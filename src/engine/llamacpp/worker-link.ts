/** The page's side of one worker: questions with their answers, limits of silence, and an end for everything when it dies. */
import { AppError, fromWire } from '../../errors/app-error.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** What is used of a `Worker`; tests put a stand-in here. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<FromWorker>) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
}

/** The script is half a megabyte from our own origin. A blocked worker often says nothing at all. */
const START_MS = 30_000;

type Answer = Exclude<FromWorker, { type: 'started' | 'lost' }>;
export type Interim = Extract<Answer, { type: 'progress' | 'prefill' | 'tokens' }>;
type Final = Exclude<Answer, Interim | { type: 'failed' }>;
export type FinalType = Final['type'];
export type FinalOf<T extends FinalType> = Extract<Final, { type: T }>;

/** `Omit` that keeps the members of a union apart. */
type WithoutId<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never;
export type Question = WithoutId<Exclude<ToWorker, { type: 'stop' }>>;

export interface Asked<T extends FinalType> {
  readonly answer: Promise<FinalOf<T>>;
  readonly settled: boolean;
  /** Asks the worker to end this early; the answer then comes soon. */
  stop(): void;
}

export interface AskOptions {
  readonly onInterim?: (message: Interim) => void;
  /** Milliseconds without a word about this question after which the worker is given up; asked anew at every word. */
  readonly silenceMs: () => number;
  readonly silenceCode: 'engine/load-timeout' | 'engine/worker-crashed';
}

interface Open {
  readonly answer: Deferred<Final>;
  readonly onInterim: (message: Interim) => void;
  readonly heard: () => void;
  readonly close: () => void;
}

export class WorkerLink {
  readonly #worker: WorkerLike;
  readonly #onEnd: (error: AppError) => void;
  readonly #open = new Map<number, Open>();
  readonly #startTimer: ReturnType<typeof setTimeout>;
  #started = false;
  #ended: AppError | null = null;
  #nextId = 1;

  /**
   * @param onEnd called once, when the worker is no more, whether by itself or by `end`.
   * @throws AppError `engine/worker-blocked` when no worker can be made.
   */
  constructor(createWorker: () => WorkerLike, onEnd: (error: AppError) => void) {
    this.#onEnd = onEnd;
    try {
      this.#worker = createWorker();
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      throw new AppError('engine/worker-blocked', message, {}, { cause: thrown });
    }
    this.#startTimer = setTimeout(() => {
      this.end(new AppError('engine/worker-blocked', 'the engine worker did not start', { ms: START_MS }));
    }, START_MS);
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = ({ message }) => {
      const code = this.#started ? 'engine/worker-crashed' : 'engine/worker-blocked';
      this.end(new AppError(code, message || 'the engine worker failed', { started: this.#started }));
    };
  }

  /** The answer rejects with an AppError when the worker says so, falls silent or ends. */
  ask<T extends FinalType>(type: T, question: Question, options: AskOptions): Asked<T> {
    const id = this.#nextId;
    this.#nextId += 1;
    const answer = deferred<Final>();
    let settled = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const close = (): void => {
      settled = true;
      clearTimeout(timer);
      this.#open.delete(id);
    };
    const heard = (): void => {
      clearTimeout(timer);
      const ms = options.silenceMs();
      timer = setTimeout(() => {
        this.end(
          new AppError(options.silenceCode, 'the engine worker fell silent', { during: question.type, ms }),
        );
      }, ms);
    };
    if (this.#ended) {
      settled = true;
      answer.reject(this.#ended);
    } else {
      heard();
      this.#open.set(id, { answer, onInterim: options.onInterim ?? (() => undefined), heard, close });
      this.#worker.postMessage({ ...question, id });
    }
    return {
      answer: answer.promise.then((message) => {
        if (isType(message, type)) return message;
        throw new AppError('engine/worker-crashed', 'the engine worker answered another question', {
          asked: type,
          answered: message.type,
        });
      }),
      get settled() {
        return settled;
      },
      stop: () => {
        if (!settled) this.#worker.postMessage({ type: 'stop', id });
      },
    };
  }

  /** Terminates the worker (and with it wllama's) and rejects what is open. Does nothing the second time. */
  end(error: AppError): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#startTimer);
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    for (const { answer, close } of [...this.#open.values()]) {
      close();
      answer.reject(error);
    }
    this.#onEnd(error);
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
    if (message.type === 'progress' || message.type === 'prefill' || message.type === 'tokens') {
      open.heard();
      open.onInterim(message);
      return;
    }
    open.close();
    if (message.type === 'failed') open.answer.reject(fromWire(message.error));
    else open.answer.resolve(message);
  }
}

function isType<T extends FinalType>(message: Final, type: T): message is FinalOf<T> {
  return message.type === type;
}
