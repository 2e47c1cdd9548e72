/** The MLC engine: web-llm in a worker of its own, behind the `Engine` port. One worker per loaded model. */
import { AppError, isAbort } from '../../errors/app-error.ts';
import { EngineMachine, type LoadRun } from '../engine-base.ts';
import type {
  Engine,
  EngineState,
  GenerateRequest,
  GenerationDone,
  GenerationEvent,
  LoadedModel,
  MlcModel,
  ModelToLoad,
  OptionScore,
} from '../port.ts';
import { withoutCallbacks } from '../port.ts';
import { isFatal } from './worker/web-llm/web-llm-errors.ts';
import type { GeneratedToken } from './worker/generation/token-engine.ts';
import { WorkerClient, type SentRequest, type WorkerLike } from './worker-client.ts';

/** Uploading a shard takes seconds; one shader, on a software adapter, can compile for minutes without a word. */
const LOAD_SILENCE_MS = 15 * 60_000;
/** A whole prefill on a slow adapter passes in silence. A hung GPU is reset by the browser long before. */
const WORK_SILENCE_MS = 10 * 60_000;
/** After Stop the worker finishes a token or a prefill slice; a second is normal, this is hopeless. */
const CANCEL_MS = 20_000;
/** Freeing GPU memory in order is quick; afterwards the worker is terminated in any case. */
const UNLOAD_MS = 5_000;
/** A shorter context than this holds no conversation: memory that small is a failure, said as one. */
const MIN_CONTEXT = 512;

export interface MlcEngineOptions {
  readonly createWorker?: () => WorkerLike;
}

export class MlcEngine implements Engine {
  readonly kind = 'mlc';
  readonly #machine = new EngineMachine();
  readonly #createWorker: () => WorkerLike;
  #client: WorkerClient | null = null;

  constructor(options: MlcEngineOptions = {}) {
    this.#createWorker = options.createWorker ?? newWorker;
  }

  get state(): EngineState {
    return this.#machine.state;
  }

  subscribe(listener: (state: EngineState) => void): () => void {
    return this.#machine.subscribe(listener);
  }

  async load(model: ModelToLoad, signal?: AbortSignal): Promise<LoadedModel> {
    if (model.engine !== 'mlc') {
      throw new AppError('engine/unsupported-option', 'The MLC engine loads MLC packages only', {
        engine: model.engine,
      });
    }
    const run = this.#machine.beginLoad(model);
    try {
      signal?.throwIfAborted();
      await this.#release();
      const loaded = await this.#loadWithFallback(model, run, signal);
      run.ready(loaded);
      return loaded;
    } catch (thrown) {
      const error = run.fail(thrown, 'engine/bad-model-file');
      this.#client?.end(error);
      throw error;
    }
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
    const work = this.#machine.beginWork();
    try {
      if (signal?.aborted) {
        yield nothingDone(request);
        return;
      }
      const tokens = new TokenQueue();
      const sent = this.#live().request('generate', withoutCallbacks(request), {
        onReport: (token) => tokens.push(token),
        silenceMs: WORK_SILENCE_MS,
        silenceCode: 'engine/worker-crashed',
      });
      const finish = this.#cancellable(sent, signal);
      sent.result.then(tokens.close, tokens.close);
      try {
        for await (const token of tokens) yield { type: 'token', ...token };
        yield await sent.result;
      } finally {
        // Also when the reader left the loop early: the engine is not ready again before the worker is.
        await finish();
      }
    } catch (thrown) {
      throw this.#noteFatal(thrown);
    } finally {
      work.end();
    }
  }

  async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OptionScore[]> {
    const work = this.#machine.beginWork();
    try {
      signal?.throwIfAborted();
      const sent = this.#live().request(
        'score',
        { prompt, options },
        { silenceMs: WORK_SILENCE_MS, silenceCode: 'engine/worker-crashed' },
      );
      const finish = this.#cancellable(sent, signal);
      try {
        return await sent.result;
      } finally {
        await finish();
      }
    } catch (thrown) {
      throw this.#noteFatal(thrown);
    } finally {
      work.end();
    }
  }

  async countTokens(text: string): Promise<number> {
    this.#machine.requireLoaded();
    try {
      const limits = { silenceMs: WORK_SILENCE_MS, silenceCode: 'engine/worker-crashed' } as const;
      return await this.#live().request('count', { text }, limits).result;
    } catch (thrown) {
      throw this.#noteFatal(thrown);
    }
  }

  async unload(): Promise<void> {
    const loading = this.#machine.state.status === 'loading';
    this.#machine.reset();
    // A worker in the middle of a load answers nothing until it is done.
    if (loading) this.#client?.end(new AppError('aborted', 'Unloaded while loading'));
    else await this.#release();
  }

  /**
   * Two failures are worth one more try in a fresh worker: memory that ran out (with half the context, which is most of what
   * a load can do without) and a library whose KV cache cannot be rolled back (without that).
   */
  async #loadWithFallback(
    model: MlcModel,
    run: LoadRun,
    signal: AbortSignal | undefined,
  ): Promise<LoadedModel> {
    let contextLength = model.contextLength;
    let rollBack = true;
    for (;;) {
      try {
        return await this.#attempt(model, contextLength, rollBack, run, signal);
      } catch (thrown) {
        const next: Attempt | null = run.current ? fallback(thrown, model, contextLength, rollBack) : null;
        if (next === null) throw thrown;
        ({ contextLength, rollBack } = next);
      }
    }
  }

  async #attempt(
    model: MlcModel,
    contextLength: number,
    rollBack: boolean,
    run: LoadRun,
    signal: AbortSignal | undefined,
  ): Promise<LoadedModel> {
    signal?.throwIfAborted();
    const client: WorkerClient = new WorkerClient(this.#createWorker, (error) => {
      if (this.#client !== client) return;
      this.#client = null;
      // Under a loaded model this is a loss; while loading, the load itself fails with the same error.
      if (this.#machine.state.status !== 'loading') this.#machine.lose(error);
    });
    this.#client = client;
    const onAbort = (): void => client.end(new AppError('aborted', 'Loading was stopped'));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await client.request(
        'load',
        { model, contextLength, rollBack },
        {
          onReport: (progress) => run.progress(progress),
          silenceMs: LOAD_SILENCE_MS,
          silenceCode: 'engine/load-timeout',
        },
      ).result;
    } catch (thrown) {
      client.end(run.current && thrown instanceof AppError ? thrown : new AppError('aborted', 'Superseded'));
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Frees the loaded model, if there is one: politely, then surely. */
  async #release(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    const done = new AppError('aborted', 'The model was unloaded');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, UNLOAD_MS);
    });
    const limits = { silenceMs: 2 * UNLOAD_MS, silenceCode: 'engine/worker-crashed' } as const;
    const freed = client.request('unload', null, limits).result;
    // A worker that cannot free in order is terminated next, which frees as well.
    await Promise.race([freed.then(undefined, () => undefined), patience]);
    clearTimeout(timer);
    client.end(done);
  }

  /** Passes the signal on to the worker. @returns what to await at the end: it asks the worker to stop if it still works. */
  #cancellable(
    sent: SentRequest<'generate' | 'score'>,
    signal: AbortSignal | undefined,
  ): () => Promise<void> {
    let settled = false;
    const settle = sent.result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        settled = true;
      });
    const client = this.#client;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const cancel = (): void => {
      sent.cancel();
      timer ??= setTimeout(() => {
        client?.end(new AppError('engine/worker-crashed', 'The worker did not stop', { ms: CANCEL_MS }));
      }, CANCEL_MS);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    return async () => {
      signal?.removeEventListener('abort', cancel);
      if (!settled) cancel();
      await settle;
      clearTimeout(timer);
    };
  }

  #live(): WorkerClient {
    if (!this.#client) throw new AppError('engine/not-loaded', 'The worker is gone');
    return this.#client;
  }

  /** An error after which the worker's runtime is broken ends the worker, so that the next load starts in a new one. */
  #noteFatal(thrown: unknown): unknown {
    if (thrown instanceof AppError && isFatal(thrown)) this.#client?.end(thrown);
    return thrown;
  }
}

interface Attempt {
  readonly contextLength: number;
  readonly rollBack: boolean;
}

function fallback(
  thrown: unknown,
  model: MlcModel,
  contextLength: number,
  rollBack: boolean,
): Attempt | null {
  if (!(thrown instanceof AppError) || isAbort(thrown)) return null;
  if (rollBack && thrown.details.stage === 'roll-back trial') return { contextLength, rollBack: false };
  const memory = thrown.code === 'engine/out-of-memory' || thrown.code === 'engine/device-lost';
  const half = Math.floor(contextLength / 2);
  // Once only: a machine that cannot hold half of it is better told than tortured.
  if (!memory || contextLength < model.contextLength || half < MIN_CONTEXT) return null;
  return { contextLength: half, rollBack };
}

/** What `generate` says when it was stopped before it began. */
function nothingDone({ sampling }: GenerateRequest): GenerationDone {
  return {
    type: 'done',
    finishReason: 'aborted',
    usage: { promptTokens: 0, reusedTokens: 0, completionTokens: 0 },
    timings: { timeToFirstTokenMs: 0, prefillMs: 0, decodeMs: 0, decodeTokensPerSecond: 0 },
    seed: sampling.seed,
    ignored: [],
  };
}

/** Tokens that arrived and were not read yet. */
class TokenQueue implements AsyncIterable<GeneratedToken> {
  #tokens: GeneratedToken[] = [];
  #closed = false;
  #wake: (() => void) | null = null;

  push(token: GeneratedToken): void {
    this.#tokens.push(token);
    this.#wake?.();
  }

  readonly close = (): void => {
    this.#closed = true;
    this.#wake?.();
  };

  async *[Symbol.asyncIterator](): AsyncGenerator<GeneratedToken> {
    for (;;) {
      const ready = this.#tokens;
      this.#tokens = [];
      yield* ready;
      if (this.#tokens.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function newWorker(): WorkerLike {
  return new Worker(new URL('./worker/mlc.worker.ts', import.meta.url), {
    type: 'module',
    name: 'mlc-engine',
  });
}
