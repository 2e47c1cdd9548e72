/**
 * The model of this tab as the chat needs it: which one to use, when to load it, and what to say when a person has to
 * decide. The built-in Demo model comes by itself; gigabytes never do.
 */
import type { ChatModel } from '../chat/chat-session.ts';
import type { EngineState, GenerateRequest, LoadedModel, ModelToLoad } from '../engine/port.ts';
import { AppError, toAppError } from '../lib/errors.ts';
import { setPreferences, usePreferences } from '../lib/preferences.ts';
import { currentEngine, loadModel, useEngine } from './engine-access.ts';

export const DEMO_MODEL_ID = 'demo';

export function useEngineState(): EngineState {
  return useEngine((store) => store.state);
}

/** Changes only twice a reply, unlike the whole state. */
export function useIsGenerating(): boolean {
  return useEngine((store) => store.state.status === 'generating');
}

/** Where the weights in use came from, by catalogue id. */
const sources = new Map<string, string>();
let loading: Promise<LoadedModel> | null = null;

/** Loads a model of the catalogue by what of it is on this machine, and remembers it as the one used last. */
export function loadFromCatalogue(modelId: string): Promise<LoadedModel> {
  loading ??= load(modelId).finally(() => {
    loading = null;
  });
  return loading;
}

async function load(modelId: string): Promise<LoadedModel> {
  const [{ startModels, useModels }, { findRunnable }, { modelToLoad }, { probeDevice }] = await Promise.all([
    import('../models/models-store.ts'),
    import('../models/catalogue-lookup.ts'),
    import('../models/model-to-load.ts'),
    import('../device/probe.ts'),
  ]);
  await startModels();
  const { catalogue } = useModels.getState();
  if (!catalogue) throw new AppError('models/unknown', 'the catalogue could not be read');
  const model = await modelToLoad(
    findRunnable(catalogue, modelId),
    await probeDevice({ navigator, isSecureContext, crossOriginIsolated, webAssembly: WebAssembly }),
  );
  sources.set(modelId, sourceOfModel(model));
  const loaded = await loadModel(model);
  setPreferences({ lastModelId: modelId });
  return loaded;
}

function sourceOfModel(model: ModelToLoad): string {
  if (model.engine === 'mlc') return model.baseUrl;
  return model.files.map((file) => (file.from === 'url' ? file.url : file.name)).join(' ');
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
    if (useEngine.getState().state.status === 'idle') {
      // It failed before the engine came to it, e.g. the file is not there.
      useEngine.setState({ state: { status: 'failed', error: toAppError(thrown) } });
    }
  });
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
    const problem = this.unusable();
    if (problem) throw problem;
    const { state } = useEngine.getState();
    if (state.status === 'ready' || state.status === 'generating') return state.loaded;
    if (state.status === 'loading') return whenLoaded();
    return loadFromCatalogue(DEMO_MODEL_ID);
  },
  generate: (request: GenerateRequest, signal?: AbortSignal) => currentEngine().generate(request, signal),
  countTokens: (text: string) => currentEngine().countTokens(text),
  sourceOf: ({ modelId }) => sources.get(modelId) ?? '',
};

/** Whoever began to load it, here or on the Models screen. */
function whenLoaded(): Promise<LoadedModel> {
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
