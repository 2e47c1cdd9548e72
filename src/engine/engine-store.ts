/**
 * The tab's one engine. A model's kind decides which engine is fetched, on demand: no engine code is in the first bundle.
 * Of several wishes the newest counts: it cancels a load under way and frees the model before it.
 */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { AppError, isAbort, toAppError } from '../errors/app-error.ts';
import { claimForModel, type ClaimForModel, type MachineClaim } from './exclusive.ts';
import type { Engine, EngineKind, EngineState, LoadedModel, ModelToLoad } from './port.ts';

export interface EngineStore {
  readonly state: EngineState;
  /** The engine of the model asked for last; null before the first, and when its code could not be fetched. */
  readonly engine: Engine | null;
  /**
   * Loads a model in place of whatever is loaded, loading or generating.
   * @param options.takeOver asks the tab that holds a large model to let go of it, instead of failing.
   * @throws AppError as `Engine.load`; `aborted` also when a later call overtakes this one; `bytes/offline` when the engine's
   *   own code cannot be fetched; `engine/in-use-elsewhere` when another tab holds a large model.
   */
  loadModel(model: ModelToLoad, options?: { readonly takeOver?: boolean }): Promise<LoadedModel>;
  /** Ends a load under way, which then rejects with `aborted`; nothing otherwise. */
  cancelLoad(): void;
  /** Frees memory and GPU. Safe in every state. */
  unload(): Promise<void>;
}

export type EngineLoaders = Readonly<Record<EngineKind, () => Promise<Engine>>>;

const NOTHING_READ = { phase: 'fetch', loadedBytes: 0, totalBytes: 0 } as const;

/**
 * @param loaders fetch an engine's code and make one; tests give stand-ins.
 * @param claim gives this tab the machine for a large model.
 */
export function createEngineStore(
  loaders: EngineLoaders,
  claim: ClaimForModel = claimForModel,
): UseBoundStore<StoreApi<EngineStore>> {
  return create<EngineStore>((set, get) => {
    let wish: AbortController | null = null;
    /** Settles when the latest load or unload is over, however it ended. */
    let over: Promise<unknown> = Promise.resolve();
    let endSubscription = (): void => undefined;
    /** Held while a large model is loaded or loading. */
    let held: MachineClaim | null = null;

    function release(): void {
      held?.release();
      held = null;
    }

    /** Another tab takes over. */
    async function letGo(): Promise<void> {
      await get().unload();
      const error = new AppError('engine/in-use-elsewhere', 'another tab took the model over');
      set({ state: { status: 'failed', error } });
    }

    function enter(state: EngineState): void {
      if (state.status === 'failed' || state.status === 'lost' || state.status === 'idle') release();
      set({ state });
    }

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
      // If the other one's code does not come, this one is not taken up again: nobody listens to it any more.
      set({ engine: null });
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
      endSubscription = engine.subscribe(enter);
      set({ engine });
      return engine;
    }

    async function load(model: ModelToLoad, takeOver: boolean, signal: AbortSignal): Promise<LoadedModel> {
      if (signal.aborted) throw new AppError('aborted', 'another model was asked for');
      set({ state: { status: 'loading', model, progress: NOTHING_READ } });
      let begun = false;
      try {
        const engine = await engineFor(model.engine);
        // A loaded model is replaced by the engine itself, but a reply under way would make it refuse.
        if (engine.state.status === 'generating') await engine.unload();
        const before = held;
        const claimed = await claim(model, { takeOver, signal, onLetGo: letGo, held: before });
        // A large model that gives way to a small one is freed by the engine's load, and then the machine is.
        held = claimed ?? before;
        begun = true;
        const loaded = await engine.load(model, signal);
        if (!claimed) release();
        return loaded;
      } catch (thrown) {
        const error = toAppError(thrown);
        // From here on the engine says its state itself.
        if (!begun) enter(isAbort(error) ? { status: 'idle' } : { status: 'failed', error });
        throw error;
      }
    }

    return {
      state: { status: 'idle' },
      engine: null,
      loadModel(model, { takeOver = false } = {}) {
        wish?.abort();
        const mine = new AbortController();
        wish = mine;
        return enqueue(() => load(model, takeOver, mine.signal));
      },
      cancelLoad() {
        wish?.abort();
      },
      unload() {
        wish?.abort();
        return enqueue(async () => {
          await get().engine?.unload();
          enter({ status: 'idle' });
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
  remote: async () => {
    const { RemoteEngine } = await import('./remote/remote-engine.ts');
    return new RemoteEngine();
  },
});
