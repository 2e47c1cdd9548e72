import { describe, expect, it } from 'vitest';
import { deferred, type Deferred } from '../lib/deferred.ts';
import { AppError } from '../errors/app-error.ts';
import { EngineMachine } from './engine-base.ts';
import { createEngineStore } from './engine-store.ts';
import type { ClaimForModel } from './exclusive.ts';
import type { Engine, EngineKind, EngineState, LoadedModel, ModelToLoad } from './port.ts';

const llama: ModelToLoad = {
  engine: 'llamacpp',
  modelId: 'demo',
  displayName: 'Demo model',
  quantization: 'Q4_0',
  files: [],
  contextLength: 2048,
  backend: 'auto',
};
const mlc: ModelToLoad = {
  engine: 'mlc',
  modelId: 'meditron-7b',
  displayName: 'Meditron-7B',
  quantization: 'q4f16_1',
  baseUrl: 'https://example.org/m/resolve/main/',
  libraryUrl: 'https://example.org/m.wasm',
  contextLength: 2048,
};

function loadedOf(model: ModelToLoad): LoadedModel {
  return {
    engine: model.engine,
    engineVersion: '0',
    modelId: model.modelId,
    displayName: model.displayName,
    quantization: model.quantization,
    backend: 'cpu',
    backendReason: '',
    adapter: '',
    threads: 1,
    gpuLayers: 0,
    totalLayers: 0,
    contextLength: 2048,
    vocabSize: 4096,
    sourceSha256: '',
    librarySha256: '',
  };
}

/** An engine whose loads end when the test says so. */
class SlowEngine implements Engine {
  readonly kind: EngineKind;
  readonly machine = new EngineMachine();
  readonly loads: { readonly model: ModelToLoad; readonly end: Deferred<null> }[] = [];
  unloads = 0;

  constructor(kind: EngineKind) {
    this.kind = kind;
  }

  get state(): EngineState {
    return this.machine.state;
  }

  subscribe(listener: (state: EngineState) => void): () => void {
    return this.machine.subscribe(listener);
  }

  async load(model: ModelToLoad, signal?: AbortSignal): Promise<LoadedModel> {
    const run = this.machine.beginLoad(model);
    const end = deferred<null>();
    this.loads.push({ model, end });
    signal?.addEventListener('abort', () => end.reject(new AppError('aborted', 'cancelled')));
    try {
      await end.promise;
      run.ready(loadedOf(model));
      return loadedOf(model);
    } catch (thrown) {
      throw run.fail(thrown, 'unknown');
    }
  }

  generate(): never {
    throw new Error('not used');
  }

  score(): never {
    throw new Error('not used');
  }

  countTokens(): Promise<number> {
    return Promise.resolve(0);
  }

  unload(): Promise<void> {
    this.unloads += 1;
    this.machine.reset();
    return Promise.resolve();
  }
}

function setUp(claim: ClaimForModel = () => Promise.resolve(null)) {
  const engines = { llamacpp: new SlowEngine('llamacpp'), mlc: new SlowEngine('mlc') };
  const fetched: EngineKind[] = [];
  const store = createEngineStore(
    {
      llamacpp: () => {
        fetched.push('llamacpp');
        return Promise.resolve(engines.llamacpp);
      },
      mlc: () => {
        fetched.push('mlc');
        return Promise.resolve(engines.mlc);
      },
      remote: () => Promise.reject(new Error('not used')),
    },
    claim,
  );
  return { store, engines, fetched };
}

/** Lets everything that is already decided happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function finishLoad(engine: SlowEngine): Promise<void> {
  await settle();
  engine.loads.at(-1)?.end.resolve(null);
}

/** Claims for `mlc` models only; counts, and lets a test take over. */
function machine() {
  const seen = { claims: 0, releases: 0, takeOver: false };
  let letGo: () => Promise<void> | void = () => undefined;
  const claim: ClaimForModel = (model, how) => {
    if (model.engine !== 'mlc') return Promise.resolve(null);
    if (how.held) return Promise.resolve(how.held);
    seen.claims += 1;
    seen.takeOver = how.takeOver ?? false;
    letGo = how.onLetGo;
    return Promise.resolve({ release: () => (seen.releases += 1) });
  };
  return { seen, claim, takeOver: () => letGo() };
}

describe('the engine store and the machine', () => {
  it('holds the machine while a large model is loaded, and not for a small one', async () => {
    const { seen, claim } = machine();
    const { store, engines } = setUp(claim);
    const small = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await small;
    expect(seen.claims).toBe(0);
    for (let time = 0; time < 2; time += 1) {
      const large = store.getState().loadModel(mlc, { takeOver: true });
      await finishLoad(engines.mlc);
      await large;
    }
    expect(seen).toEqual({ claims: 1, releases: 0, takeOver: true });
    const smallAgain = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await smallAgain;
    expect(seen.releases).toBe(1);
  });

  it('gives it back when a load fails, when the model is unloaded and when it is lost', async () => {
    const { seen, claim } = machine();
    const { store, engines } = setUp(claim);
    const failing = store.getState().loadModel(mlc);
    await settle();
    engines.mlc.loads.at(-1)?.end.reject(new AppError('engine/library-missing', 'none'));
    await expect(failing).rejects.toMatchObject({ code: 'engine/library-missing' });
    expect(seen.releases).toBe(1);
    for (const end of ['unload', 'lose'] as const) {
      const loading = store.getState().loadModel(mlc);
      await finishLoad(engines.mlc);
      await loading;
      if (end === 'unload') await store.getState().unload();
      else engines.mlc.machine.lose(new AppError('engine/device-lost', 'gone'));
    }
    expect(seen).toMatchObject({ claims: 3, releases: 3 });
  });

  it('unloads for another tab, and says why', async () => {
    const { claim, takeOver } = machine();
    const { store, engines } = setUp(claim);
    const loading = store.getState().loadModel(mlc);
    await finishLoad(engines.mlc);
    await loading;
    await takeOver();
    expect(engines.mlc.unloads).toBe(1);
    expect(store.getState().state).toMatchObject({
      status: 'failed',
      error: { code: 'engine/in-use-elsewhere' },
    });
  });

  it('does not load while another tab has the machine', async () => {
    const claim: ClaimForModel = () => Promise.reject(new AppError('engine/in-use-elsewhere', 'busy'));
    const { store, engines } = setUp(claim);
    await expect(store.getState().loadModel(mlc)).rejects.toMatchObject({ code: 'engine/in-use-elsewhere' });
    expect(engines.mlc.loads).toHaveLength(0);
    expect(store.getState().state.status).toBe('failed');
  });
});

describe('the engine store', () => {
  it('fetches an engine when it is first needed, and mirrors its state', async () => {
    const { store, engines, fetched } = setUp();
    expect(store.getState()).toMatchObject({ state: { status: 'idle' }, engine: null });
    expect(fetched).toEqual([]);
    const loading = store.getState().loadModel(llama);
    await settle();
    expect(store.getState().state.status).toBe('loading');
    await finishLoad(engines.llamacpp);
    expect(await loading).toMatchObject({ modelId: 'demo' });
    expect(store.getState()).toMatchObject({ state: { status: 'ready' }, engine: { kind: 'llamacpp' } });
    const again = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await again;
    expect(fetched).toEqual(['llamacpp']);
  });

  it('frees the model of one engine before it loads one with the other', async () => {
    const { store, engines } = setUp();
    const first = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await first;
    const second = store.getState().loadModel(mlc);
    await settle();
    expect(engines.llamacpp.unloads).toBe(1);
    expect(engines.mlc.loads).toHaveLength(1);
    await finishLoad(engines.mlc);
    await second;
    // What the left engine says no longer counts.
    engines.llamacpp.machine.beginLoad(llama);
    expect(store.getState().state).toMatchObject({ status: 'ready', loaded: { modelId: 'meditron-7b' } });
  });

  it('lets the newest wish win over loads under way', async () => {
    const { store, engines } = setUp();
    const first = store.getState().loadModel(llama);
    await settle();
    const second = store.getState().loadModel(mlc);
    const third = store.getState().loadModel(llama);
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    await finishLoad(engines.llamacpp);
    expect(await third).toMatchObject({ modelId: 'demo' });
    expect(engines.mlc.loads).toHaveLength(0);
  });

  it('replaces a model in the middle of a reply', async () => {
    const { store, engines } = setUp();
    const first = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await first;
    engines.llamacpp.machine.beginWork();
    const second = store.getState().loadModel(llama);
    await finishLoad(engines.llamacpp);
    await second;
    expect(engines.llamacpp.unloads).toBe(1);
    expect(store.getState().state.status).toBe('ready');
  });

  it('cancels a load, and unloads in every state', async () => {
    const { store, engines } = setUp();
    await store.getState().unload();
    const loading = store.getState().loadModel(llama);
    await settle();
    store.getState().cancelLoad();
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(store.getState().state.status).toBe('idle');
    const next = store.getState().loadModel(llama);
    await settle();
    await store.getState().unload();
    await expect(next).rejects.toMatchObject({ code: 'aborted' });
    expect(store.getState().state.status).toBe('idle');
    expect(engines.llamacpp.state.status).toBe('idle');
  });

  it('says so when an engine cannot be fetched, and tries again', async () => {
    const engine = new SlowEngine('llamacpp');
    let tries = 0;
    const store = createEngineStore({
      llamacpp: () => {
        tries += 1;
        return tries === 1 ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve(engine);
      },
      mlc: () => Promise.reject(new Error('not used')),
      remote: () => Promise.reject(new Error('not used')),
    });
    await expect(store.getState().loadModel(llama)).rejects.toMatchObject({ code: 'bytes/offline' });
    expect(store.getState().state).toMatchObject({ status: 'failed', error: { code: 'bytes/offline' } });
    const loading = store.getState().loadModel(llama);
    await finishLoad(engine);
    await loading;
    expect(store.getState().state.status).toBe('ready');
  });

  it('mirrors the engine it had before once another one could not be fetched', async () => {
    const engine = new SlowEngine('llamacpp');
    const store = createEngineStore(
      {
        llamacpp: () => Promise.resolve(engine),
        mlc: () => Promise.reject(new TypeError('Failed to fetch')),
        remote: () => Promise.reject(new Error('not used')),
      },
      () => Promise.resolve(null),
    );
    const first = store.getState().loadModel(llama);
    await finishLoad(engine);
    await first;
    await expect(store.getState().loadModel(mlc)).rejects.toMatchObject({ code: 'bytes/offline' });
    const again = store.getState().loadModel(llama);
    await finishLoad(engine);
    await again;
    expect(store.getState().state.status).toBe('ready');
  });
});
