/** The MLC engine: web-llm in a worker of its own, behind the `Engine` port. */
import { AppError, isAbort } from '../../errors/app-error.ts';
import type { WorkerLike } from '../../lib/worker/worker-rpc.ts';
import type { LoadedModel, ModelToLoad } from '../port.ts';
import { WorkerEngine } from '../worker-engine.ts';
import type { LoadOrder } from './calls.ts';
import { isMlcModel } from './model.ts';

/** Uploading a shard takes seconds; one shader, on a software adapter, can compile for minutes without a word. */
const LOAD_SILENCE_MS = 15 * 60_000;
/** After Stop the worker finishes a token or a prefill slice; a second is normal, this is hopeless. */
const STOP_MS = 20_000;
/** Freeing GPU memory in order is quick. */
const UNLOAD_MS = 5_000;
/** A shorter context than this holds no conversation: memory that small is a failure, said as one. */
const MIN_CONTEXT = 512;

export interface MlcEngineOptions {
  readonly createWorker?: () => WorkerLike;
}

export class MlcEngine extends WorkerEngine<LoadOrder, LoadedModel> {
  constructor({ createWorker = newWorker }: MlcEngineOptions = {}) {
    super({
      createWorker,
      loadSilenceMs: () => LOAD_SILENCE_MS,
      slowStop: { ms: STOP_MS, ends: 'worker' },
      unloadMs: UNLOAD_MS,
    });
  }

  /**
   * Two failures are worth one more try in a fresh worker: memory that ran out (with half the context, which is most of what
   * a load can do without) and a library whose KV cache cannot be rolled back (without that).
   */
  protected async loadWith(
    model: ModelToLoad,
    attempt: (order: LoadOrder) => Promise<LoadedModel>,
    signal: AbortSignal,
  ): Promise<LoadedModel> {
    if (!isMlcModel(model)) {
      throw new AppError('engine/unsupported-option', 'The MLC engine loads MLC packages only', {
        engine: model.engine,
      });
    }
    let order: LoadOrder = { model, contextLength: model.contextLength, rollBack: true };
    for (;;) {
      try {
        return await attempt(order);
      } catch (thrown) {
        const next = signal.aborted ? null : fallback(thrown, order);
        if (next === null) throw thrown;
        order = next;
      }
    }
  }
}

function fallback(thrown: unknown, order: LoadOrder): LoadOrder | null {
  if (!(thrown instanceof AppError) || isAbort(thrown)) return null;
  const { model, contextLength, rollBack } = order;
  if (rollBack && thrown.details.stage === 'roll-back trial') return { ...order, rollBack: false };
  const memory = thrown.code === 'engine/out-of-memory' || thrown.code === 'engine/device-lost';
  const half = Math.floor(contextLength / 2);
  // Once only: a machine that cannot hold half of it is better told than tortured.
  if (!memory || contextLength < model.contextLength || half < MIN_CONTEXT) return null;
  return { ...order, contextLength: half };
}

function newWorker(): WorkerLike {
  return new Worker(new URL('./worker/mlc.worker.ts', import.meta.url), {
    type: 'module',
    name: 'mlc-engine',
  });
}
