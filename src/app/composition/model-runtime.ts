/**
 * The model of this tab as the chat needs it: which one to use, when to load it, and what to say when a person has to
 * decide. The built-in Demo model comes by itself; gigabytes never do.
 */
import type { ChatModel } from '../../chat/session/session-types.ts';
import { tabEngine, useEngine } from '../../engine/tab/engine-store.ts';
import type { EngineState, GenerateRequest, GenerationEvent, LoadedModel } from '../../engine/port.ts';
import { engineTurns } from '../../engine/tab/turns.ts';
import { wordsGoTo } from '../../engine/tab/where-words-go.ts';
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';
import { untilAborted } from '../../lib/waiting/until-aborted.ts';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';

export const DEMO_MODEL_ID = 'demo';

export function useEngineState(): EngineState {
  return useEngine((store) => store.state);
}

/** Changes only twice a reply, unlike the whole state. */
export function useIsGenerating(): boolean {
  return useEngine((store) => store.state.status === 'generating');
}

let loadBegan = 0;

useEngine.subscribe(({ state }, { state: before }) => {
  if (state.status === 'loading' && before.status !== 'loading') loadBegan = performance.now();
  if (state.status === 'ready' && before.status === 'loading') {
    const { modelId } = state.loaded;
    setPreferences({ lastModelId: modelId });
    const ms = performance.now() - loadBegan;
    // Without it the menu of models says that nothing was measured; what is wrong with the storage is told elsewhere.
    import('./load-times.ts').then(({ noteLoadTime }) => noteLoadTime(modelId, ms)).catch(() => undefined);
  }
});

interface Wish {
  readonly modelId: string;
  readonly done: Promise<LoadedModel>;
}

/** Asked for last, from the look-up on. */
let underWay: Wish | null = null;

/**
 * Loads a model of the catalogue by what of it is on this machine, in place of any other.
 * @param options.takeOver asks the tab that holds a large model to let go of it, instead of failing.
 * @throws AppError `models/*`, and what loading throws.
 */
export function loadFromCatalogue(
  modelId: string,
  { takeOver = false }: { readonly takeOver?: boolean } = {},
): Promise<LoadedModel> {
  if (underWay?.modelId === modelId) return underWay.done;
  const mine: Wish = { modelId, done: load(modelId, takeOver, () => underWay === mine) };
  underWay = mine;
  const over = (): void => {
    if (underWay === mine) underWay = null;
  };
  mine.done.then(over, over);
  return mine.done;
}

/** @param isNewest false once another model was asked for while this one was looked up: that one must not be replaced. */
async function load(modelId: string, takeOver: boolean, isNewest: () => boolean): Promise<LoadedModel> {
  if (modelId.startsWith('server:')) return loadServer(modelId, isNewest);
  const [{ startModels, useModels }, { findRunnable }, { modelToLoad }, { probeDevice }] = await Promise.all([
    import('../../models/screen/models-store.ts'),
    import('../../models/catalogue/catalogue-lookup.ts'),
    import('../../models/load/model-to-load.ts'),
    import('../../device/probe.ts'),
  ]);
  await startModels();
  const { catalogue } = useModels.getState();
  if (!catalogue) throw new AppError('models/unknown', 'the catalogue could not be read');
  const device = await probeDevice({
    navigator,
    isSecureContext,
    crossOriginIsolated,
  });
  const model = await modelToLoad(findRunnable(catalogue, modelId), device);
  if (!isNewest()) throw new AppError('aborted', 'another model was asked for');
  return tabEngine.load(model, { takeOver });
}

async function loadServer(modelId: string, isNewest: () => boolean): Promise<LoadedModel> {
  const [{ startModels, useModels }, { serverToLoad }] = await Promise.all([
    import('../../models/screen/models-store.ts'),
    import('../../models/servers/servers-store.ts'),
  ]);
  await startModels();
  const { catalogue } = useModels.getState();
  if (!catalogue) throw new AppError('models/unknown', 'the catalogue could not be read');
  if (!isNewest()) throw new AppError('aborted', 'another model was asked for');
  return tabEngine.load(serverToLoad(modelId, catalogue, document.baseURI));
}

/** The model used last is not the Demo model, hence to be loaded by a person. */
function personMustChoose(): boolean {
  const { lastModelId } = usePreferences.getState();
  return lastModelId !== null && lastModelId !== DEMO_MODEL_ID;
}

/** Begins to load the Demo model if nothing else is to be used. A failure shows in the engine's state. */
export function prepareModel(): void {
  if (tabEngine.state.status !== 'idle' || personMustChoose()) return;
  loadFromCatalogue(DEMO_MODEL_ID).catch((thrown: unknown) => {
    // Where it failed before the engine came to it (the file is not there), nothing else would say so.
    if (!isAbort(thrown)) tabEngine.refuse(toAppError(thrown));
  });
}

/** A chat goes before whatever uses the model in the background. */
async function* generateInTurn(
  request: GenerateRequest,
  signal?: AbortSignal,
): AsyncGenerator<GenerationEvent, undefined> {
  // Without the signal: the engine itself ends an aborted reply the way callers expect, with a `done`.
  const turn = await engineTurns.take('person');
  try {
    yield* tabEngine.generate(request, signal);
    return undefined;
  } finally {
    turn.end();
  }
}

export const chatModel: ChatModel = {
  unusable() {
    const { state } = tabEngine;
    switch (state.status) {
      case 'ready':
      case 'generating':
      case 'loading':
        return null;
      case 'lost':
      case 'failed':
        return personMustChoose() ? state.error : null;
      case 'idle':
        return personMustChoose()
          ? new AppError('engine/not-loaded', 'the model used last is not loaded')
          : null;
    }
  },
  async ensureLoaded(signal) {
    const problem = chatModel.unusable();
    if (problem) throw problem;
    const { state } = tabEngine;
    if (state.status === 'ready' || state.status === 'generating') return state.loaded;
    if (state.status === 'loading') return whenLoaded(signal);
    try {
      return await untilAborted(underWay?.done ?? loadFromCatalogue(DEMO_MODEL_ID), signal);
    } catch (thrown) {
      if (!isAbort(thrown) || signal.aborted) throw thrown;
      // Another model was asked for meanwhile: that one answers.
      return underWay ? untilAborted(underWay.done, signal) : whenLoaded(signal);
    }
  },
  async permit(signal) {
    const server = wordsGoTo(tabEngine.state);
    if (!server) return;
    const { requireConsent } = await import('../../models/servers/consent.ts');
    await requireConsent(server, signal);
  },
  generate: generateInTurn,
  countTokens: (text) => tabEngine.countTokens(text),
};

/** Whoever began to load it, here or on the Models screen; it goes on when `signal` ends the waiting. */
function whenLoaded(signal: AbortSignal): Promise<LoadedModel> {
  const over = new AbortController();
  const loaded = new Promise<LoadedModel>((resolve, reject) => {
    const settle = (state: EngineState): void => {
      if (state.status === 'ready' || state.status === 'generating') resolve(state.loaded);
      else if (state.status === 'failed' || state.status === 'lost') reject(state.error);
      else if (state.status === 'idle') {
        reject(new AppError('engine/not-loaded', 'loading was cancelled'));
      }
    };
    settle(tabEngine.state);
    over.signal.addEventListener('abort', tabEngine.subscribe(settle));
  });
  return untilAborted(loaded, signal).finally(() => {
    over.abort();
  });
}
