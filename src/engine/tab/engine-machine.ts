/**
 * The one writer of an engine's state. Asynchronous work goes through the runs it hands out; a run that was superseded (by
 * `unload`, a crash, a newer load) can no longer change the state, so a late answer from a worker that is being torn down
 * never resurrects a model.
 *
 * ```
 * idle ──beginLoad──▶ loading ──ready──▶ ready ◀──end── generating
 *   ▲  ──refuse──▶ failed │ fail           │ ──beginWork──▶ │
 *   │◀──────abort─────────┤                │                │
 *   │                     ▼                ▼ lose           ▼ lose
 *   └──── reset ◀────── failed            lost ◀────────────┘        beginLoad is possible from every state
 * ```
 */
import { AppError, isAbort, toAppError, type ErrorCode } from '../../errors/app-error.ts';
import { fractionOf } from '../load-phases.ts';
import { setLoadMs } from '../load-times.ts';
import type { EngineState, LoadedModel, LoadProgress, LoadReport, ModelToLoad } from '../port.ts';

/** One load. Every method does nothing once the run is no longer `current`. */
export interface LoadRun {
  readonly current: boolean;
  progress(report: LoadReport): void;
  ready(loaded: LoadedModel): void;
  /**
   * Ends the run with whatever was thrown: an abort leaves the engine `idle`, anything else `failed`.
   * @returns the error to throw on; `fallback` is the code for what is not an AppError.
   */
  fail(thrown: unknown, fallback: ErrorCode): AppError;
}

/** One piece of work on a loaded model (a generation or a scoring). */
export interface WorkRun {
  readonly current: boolean;
  readonly loaded: LoadedModel;
  /** Back to `ready`. Call it in a `finally`: it does nothing when the model was lost or unloaded meanwhile. */
  end(): void;
}

export class EngineMachine {
  #state: EngineState = { status: 'idle' };
  /** The run that may still change the state; null while none is under way. */
  #run: object | null = null;
  readonly #listeners = new Set<(state: EngineState) => void>();

  get state(): EngineState {
    return this.#state;
  }

  subscribe(listener: (state: EngineState) => void): () => void {
    // Wrapped, so that the same function subscribed twice is called, and removed, twice.
    const entry = (state: EngineState): void => {
      listener(state);
    };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** @returns the load's run; it supersedes a load or work under way. */
  beginLoad(model: ModelToLoad): LoadRun {
    const token = {};
    const began = performance.now();
    let progress: LoadProgress = { phase: 'fetch', loadedBytes: 0, totalBytes: 0, fraction: 0 };
    this.#enter({ status: 'loading', model, progress }, token);
    const isCurrent = (): boolean => this.#run === token;
    return {
      get current() {
        return isCurrent();
      },
      progress: (report) => {
        if (!isCurrent()) return;
        progress = { ...report, fraction: Math.max(progress.fraction, fractionOf(report)) };
        this.#enter({ status: 'loading', model, progress }, token);
      },
      ready: (loaded) => {
        if (!isCurrent()) return;
        setLoadMs(loaded, performance.now() - began);
        this.#enter({ status: 'ready', loaded }, null);
      },
      fail: (thrown, fallback) => {
        const error = toAppError(thrown, fallback);
        if (isCurrent()) this.#enter(isAbort(error) ? { status: 'idle' } : { status: 'failed', error }, null);
        return error;
      },
    };
  }

  /** @throws AppError `engine/not-loaded`, `engine/busy`, or the error by which the model was lost. */
  beginWork(): WorkRun {
    const loaded = this.requireLoaded();
    if (this.#state.status === 'generating') {
      throw new AppError('engine/busy', 'another generation is under way', { status: 'generating' });
    }
    const token = {};
    this.#enter({ status: 'generating', loaded }, token);
    const isCurrent = (): boolean => this.#run === token;
    return {
      get current() {
        return isCurrent();
      },
      loaded,
      end: () => {
        if (isCurrent()) this.#enter({ status: 'ready', loaded }, null);
      },
    };
  }

  /**
   * The loaded model, generating or not: for calls that do not exclude a generation.
   * @throws AppError `engine/not-loaded`, or the error by which the model was lost.
   */
  requireLoaded(): LoadedModel {
    const state = this.#state;
    if (state.status === 'ready' || state.status === 'generating') return state.loaded;
    if (state.status === 'lost') throw state.error;
    throw new AppError('engine/not-loaded', `no model is loaded (${state.status})`, { status: state.status });
  }

  /** The worker or the GPU went away: `lost` under a loaded model, `failed` while loading, nothing otherwise. */
  lose(error: AppError): void {
    const state = this.#state;
    if (state.status === 'ready' || state.status === 'generating') {
      this.#enter({ status: 'lost', error, loaded: state.loaded }, null);
    } else if (state.status === 'loading') {
      this.#enter({ status: 'failed', error }, null);
    }
  }

  /** `failed` from `idle`: there is no model because of this. */
  refuse(error: AppError): void {
    if (this.#state.status === 'idle') this.#enter({ status: 'failed', error }, null);
  }

  /** To `idle` from every state, superseding whatever run is under way (`unload`). */
  reset(): void {
    if (this.#state.status !== 'idle') this.#enter({ status: 'idle' }, null);
  }

  #enter(state: EngineState, run: object | null): void {
    this.#state = state;
    this.#run = run;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (thrown) {
        // A listener's fault must neither stop the engine nor go unseen: it surfaces as an uncaught error.
        queueMicrotask(() => {
          throw thrown;
        });
      }
    }
  }
}
