/**
 * The model of this tab as the chat needs it: which one to use, when to load it, and what to say when a person has to
 * decide. The built-in Demo model comes by itself; gigabytes never do.
 */
import type { ChatModel } from '../../chat/session/chat-session.ts';
import { useEngine } from '../../engine/engine-store.ts';
import type {
  Engine,
  EngineState,
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  ModelToLoad,
} from '../../engine/port.ts';
import { engineTurns } from '../../engine/turns.ts';
import { wordsGoTo } from '../../engine/where-words-go.ts';
import { AppError, isAbort, toAppError } from '../../errors/app-error.ts';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';

export const DEMO_MODEL_ID = 'demo';

export function useEngineState(): EngineState {
  return useEngine((store) => store.state);
}

/** Changes only twice a reply, unlike the whole state. */
export function useIsGenerating(): boolean {
  return useEngine((store) => store.state.status === 'generating');
}

/** Where the weights in use came from, by catalogue id; whoever asked for them. */
const sources = new Map<string, string>();

useEngine.subscribe(({ state }, { state: before }) => {
  if (state.status === 'loading' && before.status !== 'loading') {
    sources.set(state.model.modelId, sourceOfModel(state.model));
  }
  if (state.status === 'ready' && before.status === 'loading') {
    setPreferences({ lastModelId: state.loaded.modelId });
  }
});

function sourceOfModel(model: ModelToLoad): string {
  if (model.engine === 'mlc') return model.baseUrl;
  if (model.engine === 'remote') return model.server.root;
  return model.files.map((file) => (file.from === 'url' ? file.url : file.name)).join(' ');
}

let underWay: { readonly modelId: string; readonly done: Promise<LoadedModel> } | null = null;

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
  const mine = { modelId, done: load(modelId, takeOver) };
  underWay = mine;
  const over = (): void => {
    if (underWay === mine) underWay = null;
  };
  mine.done.then(over, over);
  return mine.done;
}

async function load(modelId: string, takeOver: boolean): Promise<LoadedModel> {
  if (modelId.startsWith('server:')) return loadServer(modelId);
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
    webAssembly: WebAssembly,
  });
  return useEngine
    .getState()
    .loadModel(await modelToLoad(findRunnable(catalogue, modelId), device), { takeOver });
}

async function loadServer(modelId: string): Promise<LoadedModel> {
  const [{ startModels, useModels }, { serverToLoad }] = await Promise.all([
    import('../../models/screen/models-store.ts'),
    import('../../models/servers/servers-store.ts'),
  ]);
  await startModels();
  const { catalogue } = useModels.getState();
  if (!catalogue) throw new AppError('models/unknown', 'the catalogue could not be read');
  return useEngine.getState().loadModel(serverToLoad(modelId, catalogue, document.baseURI));
}

/** The model used last is not the Demo model, hence to be loaded by a person. */
function personMustChoose(): boolean {
  const { lastModelId } = usePreferences.getState();
  return lastModelId !== null && lastModelId !== DEMO_MODEL_ID;
}

/** Begins to load the Demo model if nothing else is to be used. A failure shows in the engine's state. */
export function prepareModel(): void {
  if (useEngine.getState().state.status !== 'idle' || personMustChoose()) return;
  loadFromCatalogue(DEMO_MODEL_ID).catch((thrown: unknown) => {
    // Where it failed before the engine came to it (the file is not there), nothing else would say so.
    if (useEngine.getState().state.status === 'idle' && !isAbort(thrown)) {
      useEngine.setState({ state: { status: 'failed', error: toAppError(thrown) } });
    }
  });
}

function engine(): Engine {
  const { engine: current } = useEngine.getState();
  if (!current) throw new AppError('engine/not-loaded', 'there is no engine yet');
  return current;
}

/** A chat goes before whatever uses the model in the background. */
async function* generateInTurn(
  request: GenerateRequest,
  signal?: AbortSignal,
): AsyncGenerator<GenerationEvent, undefined> {
  // Without the signal: the engine itself ends an aborted reply the way callers expect, with a `done`.
  const turn = await engineTurns.take('person');
  try {
    yield* engine().generate(request, signal);
    return undefined;
  } finally {
    turn.end();
  }
}

export const chatModel: ChatModel = {
  unusable() {
    const { state } = useEngine.getState();
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
  async ensureLoaded() {
    const problem = chatModel.unusable();
    if (problem) throw problem;
    const { state } = useEngine.getState();
    if (state.status === 'ready' || state.status === 'generating') return state.loaded;
    try {
      return state.status === 'loading' ? await whenLoaded() : await loadFromCatalogue(DEMO_MODEL_ID);
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown;
      // Another model was asked for meanwhile: that one answers.
      return whenLoaded();
    }
  },
  async permit(signal) {
    const server = wordsGoTo(useEngine.getState().state);
    if (!server) return;
    const { requireConsent } = await import('../../models/servers/consent.ts');
    await requireConsent(server, signal);
  },
  generate: generateInTurn,
  countTokens: (text) => engine().countTokens(text),
  sourceOf: ({ modelId }) => sources.get(modelId) ?? '',
};

/** Whoever began to load it, here or on the Models screen. */
async function whenLoaded(): Promise<LoadedModel> {
  // Between a load that is cancelled and the one that takes its place the engine is idle for a moment.
  await new Promise((resolve) => setTimeout(resolve, 0));
  return new Promise((resolve, reject) => {
    const settle = (state: EngineState): boolean => {
      switch (state.status) {
        case 'loading':
          return false;
        case 'ready':
        case 'generating':
          resolve(state.loaded);
          return true;
        case 'failed':
        case 'lost':
          reject(state.error);
          return true;
        case 'idle':
          reject(new AppError('engine/not-loaded', 'loading was cancelled'));
          return true;
      }
    };
    if (settle(useEngine.getState().state)) return;
    const end = useEngine.subscribe(({ state }) => {
      if (settle(state)) end();
    });
  });
}
