/**
 * The tab's one engine. A model's kind decides which engine is fetched, on demand: no engine code is in the first bundle.
 * Of several wishes the newest counts: it cancels a load under way and frees the model before it.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { AppError, isAbort, toAppError } from '../lib/errors.ts';
import type { Engine, EngineKind, EngineState, LoadedModel, ModelToLoad } from './port.ts';

export interface EngineStore {
  readonly state: EngineState;
  /** The engine of the model asked for last; null before the first. */
  readonly engine: Engine | null;
  /**
   * Loads a model in place of whatever is loaded, loading or generating.
   * @throws AppError as `Engine.load`; `aborted` also when a later call overtakes this one; `bytes/offline` when the engine's
   *   own code cannot be fetched.
   */
  loadModel(model: ModelToLoad): Promise<LoadedModel>;
  /** Ends a load under way, which then rejects with `aborted`; nothing otherwise. */
  cancelLoad(): void;
  /** Frees memory and GPU. Safe in every state. */
  unload(): Promise<void>;
}

export type EngineLoaders = Readonly<Record<EngineKind, () => Promise<Engine>>>;

const NOTHING_READ = { phase: 'fetch', loadedBytes: 0, totalBytes: 0 } as const;

/** @param loaders fetch an engine's code and make one; tests give stand-ins. */
export function createEngineStore(loaders: EngineLoaders): UseBoundStore<StoreApi<EngineStore>> {
  return create<EngineStore>((set, get) => {
    let wish: AbortController | null = null;
    /** Settles when the latest load or unload is over, however it ended. */
    let over: Promise<unknown> = Promise.resolve();
    let endSubscription = (): void => undefined;

    function enqueue<T>(work: () => Promise<T>): Promise<T> {
      const result = over.then(work);
      over = result.catch(() => undefined); // whoever asked sees the error
      return result;
    }

    async function engineFor(kind: EngineKind): Promise<Engine> {
      const { engine: active } = get();
      if (active?.kind === kind) return active;
      endSubscription();
      await active?.unload();
      let engine: Engine;
      try {
        engine = await loaders[kind]();
      } catch (thrown) {
        throw thrown instanceof AppError
          ? thrown
          : new AppError(
              'bytes/offline',
              'the engine could not be fetched',
              { engine: kind },
              { cause: thrown },
            );
      }
      endSubscription = engine.subscribe((state) => set({ state }));
      set({ engine });
      return engine;
    }

    async function load(model: ModelToLoad, signal: AbortSignal): Promise<LoadedModel> {
      if (signal.aborted) throw new AppError('aborted', 'another model was asked for');
      set({ state: { status: 'loading', model, progress: NOTHING_READ } });
      let begun = false;
      try {
        const engine = await engineFor(model.engine);
        // A loaded model is replaced by the engine itself, but a reply under way would make it refuse.
        if (engine.state.status === 'generating') await engine.unload();
        begun = true;
        return await engine.load(model, signal);
      } catch (thrown) {
        const error = toAppError(thrown);
        // From here on the engine says its state itself.
        if (!begun) set({ state: isAbort(error) ? { status: 'idle' } : { status: 'failed', error } });
        throw error;
      }
    }

    return {
      state: { status: 'idle' },
      engine: null,
      loadModel(model) {
        wish?.abort();
        const mine = new AbortController();
        wish = mine;
        return enqueue(() => load(model, mine.signal));
      },
      cancelLoad() {
        wish?.abort();
      },
      unload() {
        wish?.abort();
        return enqueue(async () => {
          await get().engine?.unload();
          set({ state: { status: 'idle' } });
        });
      },
    };
  });
}

export const useEngine = createEngineStore({
  llamacpp: async () => {
    const { LlamaCppEngine } = await import('./llamacpp/llamacpp-engine.ts');
    return new LlamaCppEngine();
  },
  mlc: async () => {
    const { MlcEngine } = await import('./mlc/mlc-engine.ts');
    return new MlcEngine();
  },
});
