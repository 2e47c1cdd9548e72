/** What engines that live in a worker have in common: one worker per loaded model, and an end for all calls when it dies. */
import { AppError, toAppError } from '../errors/app-error.ts';
import { AsyncQueue } from '../lib/async-queue.ts';
import { WorkerRpc, type WorkerLike } from '../lib/worker/worker-rpc.ts';
import type { EngineCalls } from './engine-calls.ts';
import type {
  Engine,
  GenerateRequest,
  GenerationDone,
  GenerationEvent,
  LoadedModel,
  LoadReport,
  LoadWatch,
  ModelToLoad,
  OptionScore,
  TokenEvent,
} from './port.ts';

export interface WorkerEngineWays {
  readonly createWorker: () => WorkerLike;
  /** Milliseconds of silence after which a load is given up. @param report the latest; null before the first. */
  readonly loadSilenceMs: (report: LoadReport | null) => number;
  /**
   * What becomes of a reply whose worker does not end it within so many milliseconds of Stop: it ends here while the worker
   * finishes its step, or the worker is given up as hung.
   */
  readonly slowStop: { readonly ms: number; readonly ends: 'reply' | 'worker' };
  /** How long the worker may take to free what it holds before it is ended; 0: ending it frees everything. */
  readonly unloadMs: number;
}

/** A request as a worker can be sent it: a function does not cross. */
function withoutCallbacks(request: GenerateRequest): GenerateRequest {
  const { onWaiting: _stays, ...sent } = request;
  return sent;
}

type Outcome = { readonly done: GenerationDone } | { readonly error: unknown };

/** A whole prefill on a slow adapter, or one batch of a 7B model on one CPU thread, passes in silence. */
const WORK_SILENCE = { ms: () => 10 * 60_000, code: 'engine/worker-crashed' } as const;

export abstract class WorkerEngine<Order, Facts> implements Engine {
  readonly #ways: WorkerEngineWays;
  #rpc: WorkerRpc<EngineCalls<Order, Facts>> | null = null;
  #loading = false;

  constructor(ways: WorkerEngineWays) {
    this.#ways = ways;
  }

  /** Loads by one or more attempts, each in a worker of its own. @throws AppError what the last attempt throws. */
  protected abstract loadWith(
    model: ModelToLoad,
    attempt: (order: Order) => Promise<Facts>,
    signal: AbortSignal,
  ): Promise<LoadedModel>;

  async load(model: ModelToLoad, watch: LoadWatch): Promise<LoadedModel> {
    await this.#release();
    return this.loadWith(model, (order) => this.#attempt(order, watch), watch.signal);
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerationEvent> {
    const rpc = this.#live();
    const { slowStop } = this.#ways;
    const tokens = new AsyncQueue<TokenEvent>();
    const stop = new AbortController();
    const ended: { outcome: Outcome | null } = { outcome: null };
    let patience: ReturnType<typeof setTimeout> | undefined;
    const onStop = (): void => {
      if (stop.signal.aborted) return;
      stop.abort();
      patience = setTimeout(() => {
        if (slowStop.ends === 'reply') tokens.close();
        else rpc.end(new AppError('engine/worker-crashed', 'the worker did not stop', { ms: slowStop.ms }));
      }, slowStop.ms);
    };
    void rpc
      .call('generate', withoutCallbacks(request), {
        signal: stop.signal,
        silence: WORK_SILENCE,
        onReport: (report) => {
          if (report) tokens.push({ type: 'token', ...report });
        },
      })
      .then(
        (done) => (ended.outcome = { done }),
        (error: unknown) => (ended.outcome = { error }),
      )
      .finally(() => {
        clearTimeout(patience);
        tokens.close();
      });
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    try {
      yield* tokens;
      const { outcome } = ended;
      if (!outcome) throw new AppError('aborted', 'the reply was stopped in the middle of a step');
      if ('error' in outcome) throw outcome.error;
      yield outcome.done;
    } finally {
      signal.removeEventListener('abort', onStop);
      // Also when the reader left the loop early. What follows waits its turn in the worker.
      if (!ended.outcome) onStop();
    }
  }

  score(prompt: string, options: readonly string[], signal: AbortSignal): Promise<readonly OptionScore[]> {
    return this.#live().call('score', { prompt, options }, { signal, silence: WORK_SILENCE });
  }

  async countTokens(text: string): Promise<number> {
    return this.#live().call('count', text, { silence: WORK_SILENCE });
  }

  async unload(): Promise<void> {
    // A worker in the middle of a load answers nothing until it is done.
    if (this.#loading) this.#rpc?.end(new AppError('aborted', 'unloaded while loading'));
    else await this.#release();
  }

  async #attempt(order: Order, { signal, onProgress, onLost }: LoadWatch): Promise<Facts> {
    const stopped = new AppError('aborted', 'loading was stopped');
    if (signal.aborted) throw stopped;
    const rpc = new WorkerRpc<EngineCalls<Order, Facts>>(this.#ways.createWorker, {
      blocked: 'engine/worker-blocked',
      crashed: 'engine/worker-crashed',
      onEnd: (error) => {
        if (this.#rpc !== rpc) return;
        this.#rpc = null;
        // While loading, the load fails with the same error.
        if (!this.#loading) onLost(error);
      },
    });
    this.#rpc = rpc;
    this.#loading = true;
    const onAbort = (): void => rpc.end(stopped);
    signal.addEventListener('abort', onAbort, { once: true });
    let latest: LoadReport | null = null;
    try {
      return await rpc.call('load', order, {
        onReport: (report) => {
          latest = report;
          onProgress(report);
        },
        silence: { ms: () => this.#ways.loadSilenceMs(latest), code: 'engine/load-timeout' },
      });
    } catch (thrown) {
      const error = toAppError(thrown, 'engine/bad-model-file');
      rpc.end(error);
      throw error;
    } finally {
      this.#loading = false;
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Frees the loaded model, if there is one: politely where that takes no longer than it may, then surely. */
  async #release(): Promise<void> {
    const rpc = this.#rpc;
    this.#rpc = null;
    if (!rpc) return;
    const { unloadMs } = this.#ways;
    if (unloadMs > 0) {
      const silence = { ms: () => unloadMs, code: 'engine/worker-crashed' } as const;
      // A worker that cannot free in order is ended next, which frees as well.
      await rpc.call('unload', null, { silence }).catch(() => undefined);
    }
    rpc.end(new AppError('aborted', 'the model was unloaded'));
  }

  #live(): WorkerRpc<EngineCalls<Order, Facts>> {
    if (!this.#rpc) throw new AppError('engine/not-loaded', 'the engine worker is gone');
    return this.#rpc;
  }
}
