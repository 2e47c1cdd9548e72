import { describe, expect, it } from 'vitest';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import { AppError } from '../../errors/app-error.ts';
import { loadedFixture } from '../contract/hosted.ts';
import { mirrorOf } from './engine-store.ts';
import type { ClaimForModel } from './exclusive.ts';
import type {
  Engine,
  GenerateRequest,
  GenerationEvent,
  LoadedModel,
  LoadWatch,
  ModelToLoad,
} from '../port.ts';
import { TabEngine } from './tab-engine.ts';

const llama: ModelToLoad = { engine: 'llamacpp', modelId: 'demo', displayName: 'Demo model' };
const mlc: ModelToLoad = { engine: 'mlc', modelId: 'meditron-7b', displayName: 'Meditron-7B' };

/** An engine whose loads and replies end when the test says so. */
class SlowEngine implements Engine {
  readonly loads: { readonly model: ModelToLoad; readonly watch: LoadWatch; readonly end: Deferred<null> }[] =
    [];
  unloads = 0;
  /** What it holds. */
  model: ModelToLoad | null = null;
  #reply: Deferred<null> | null = null;

  async load(model: ModelToLoad, watch: LoadWatch): Promise<LoadedModel> {
    this.model = null;
    const end = deferred<null>();
    this.loads.push({ model, watch, end });
    watch.signal.addEventListener('abort', () => end.reject(new AppError('aborted', 'cancelled')));
    await end.promise;
    this.model = model;
    return loadedFixture(model);
  }

  async *generate(): AsyncGenerator<GenerationEvent> {
    this.#reply = deferred();
    yield { type: 'token', text: 'a', completionTokens: 1, elapsedMs: 5 };
    await this.#reply.promise;
  }

  endReply(): void {
    this.#reply?.resolve(null);
  }

  score(): never {
    throw new Error('not used');
  }

  countTokens(): Promise<number> {
    return Promise.resolve(0);
  }

  unload(): Promise<void> {
    this.unloads += 1;
    this.model = null;
    this.#reply?.reject(new AppError('aborted', 'unloaded'));
    return Promise.resolve();
  }
}

const entryOf = (load: () => Promise<Engine>, weightBytes = 0) => ({
  load,
  weightBytes: () => Promise.resolve(weightBytes),
});

function setUp(claim: ClaimForModel = () => Promise.resolve(null)) {
  const engines = { llamacpp: new SlowEngine(), mlc: new SlowEngine() };
  const fetched: string[] = [];
  const tab = new TabEngine(
    {
      llamacpp: entryOf(() => {
        fetched.push('llamacpp');
        return Promise.resolve(engines.llamacpp);
      }),
      mlc: entryOf(() => {
        fetched.push('mlc');
        return Promise.resolve(engines.mlc);
      }, 4e9),
    },
    claim,
  );
  return { tab, store: mirrorOf(tab), engines, fetched };
}

const request: GenerateRequest = {
  prompt: 'p',
  sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 8 },
  stops: [],
};

/** Lets everything that is already decided happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

async function readAll(events: AsyncIterable<GenerationEvent>): Promise<readonly GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function finishLoad(engine: SlowEngine): Promise<void> {
  await settle();
  engine.loads.at(-1)?.end.resolve(null);
}

/** Claims for large models only; counts, and lets a test take over. */
function machine() {
  const seen = { claims: 0, releases: 0, takeOver: false };
  let letGo: () => Promise<void> | void = () => undefined;
  const claim: ClaimForModel = (weightBytes, how) => {
    if (weightBytes === 0) return Promise.resolve(null);
    if (how.held) return Promise.resolve(how.held);
    seen.claims += 1;
    seen.takeOver = how.takeOver ?? false;
    letGo = how.onLetGo;
    return Promise.resolve({ release: () => (seen.releases += 1) });
  };
  return { seen, claim, takeOver: () => letGo() };
}

describe('the tab’s engine and the machine', () => {
  it('holds the machine while a large model is loaded, and not for a small one', async () => {
    const { seen, claim } = machine();
    const { tab, engines } = setUp(claim);
    const small = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await small;
    expect(seen.claims).toBe(0);
    for (let time = 0; time < 2; time += 1) {
      const large = tab.load(mlc, { takeOver: true });
      await finishLoad(engines.mlc);
      await large;
    }
    expect(seen).toEqual({ claims: 1, releases: 0, takeOver: true });
    const smallAgain = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await smallAgain;
    expect(seen.releases).toBe(1);
  });

  it('gives it back when a load fails, when the model is unloaded and when it is lost', async () => {
    const { seen, claim } = machine();
    const { tab, engines } = setUp(claim);
    const failing = tab.load(mlc);
    await settle();
    engines.mlc.loads.at(-1)?.end.reject(new AppError('engine/library-missing', 'none'));
    await expect(failing).rejects.toMatchObject({ code: 'engine/library-missing' });
    expect(seen.releases).toBe(1);
    for (const end of ['unload', 'lose'] as const) {
      const loading = tab.load(mlc);
      await finishLoad(engines.mlc);
      await loading;
      if (end === 'unload') await tab.unload();
      else engines.mlc.loads.at(-1)?.watch.onLost(new AppError('engine/device-lost', 'gone'));
    }
    expect(seen).toMatchObject({ claims: 3, releases: 3 });
  });

  it('unloads for another tab, and says why', async () => {
    const { claim, takeOver } = machine();
    const { tab, store, engines } = setUp(claim);
    const loading = tab.load(mlc);
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
    const { tab, store, engines } = setUp(claim);
    await expect(tab.load(mlc)).rejects.toMatchObject({ code: 'engine/in-use-elsewhere' });
    expect(engines.mlc.loads).toHaveLength(0);
    expect(store.getState().state.status).toBe('failed');
  });
});

describe('the tab’s engine', () => {
  it('fetches an engine when it is first needed, and mirrors its state', async () => {
    const { tab, store, engines, fetched } = setUp();
    expect(store.getState().state.status).toBe('idle');
    expect(fetched).toEqual([]);
    const loading = tab.load(llama);
    await settle();
    expect(store.getState().state.status).toBe('loading');
    await finishLoad(engines.llamacpp);
    expect(await loading).toMatchObject({ modelId: 'demo' });
    expect(store.getState()).toMatchObject({ state: { status: 'ready', loaded: { engine: 'llamacpp' } } });
    const again = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await again;
    expect(fetched).toEqual(['llamacpp']);
  });

  it('frees the model of one engine before it loads one with the other', async () => {
    const { tab, store, engines } = setUp();
    const first = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await first;
    const second = tab.load(mlc);
    await settle();
    expect(engines.llamacpp.unloads).toBe(1);
    expect(engines.mlc.loads).toHaveLength(1);
    await finishLoad(engines.mlc);
    await second;
    // What the left engine says no longer counts.
    engines.llamacpp.loads[0]?.watch.onLost(new AppError('engine/worker-crashed', 'late'));
    expect(store.getState().state).toMatchObject({ status: 'ready', loaded: { modelId: 'meditron-7b' } });
  });

  it('lets the newest wish win over loads under way', async () => {
    const { tab, engines } = setUp();
    const first = tab.load(llama);
    await settle();
    const second = tab.load(mlc);
    const third = tab.load(llama);
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    await finishLoad(engines.llamacpp);
    expect(await third).toMatchObject({ modelId: 'demo' });
    expect(engines.mlc.loads).toHaveLength(0);
  });

  it('is never idle between a load that is overtaken and the one in its place', async () => {
    const { tab, engines } = setUp();
    const seen: string[] = [];
    tab.subscribe(({ status }) => seen.push(status));
    const first = tab.load(llama).catch((error: unknown) => error);
    await settle();
    const second = tab.load(mlc);
    await finishLoad(engines.mlc);
    await second;
    expect(await first).toMatchObject({ code: 'aborted' });
    expect(seen).toEqual(['loading', 'loading', 'ready']);
  });

  it('ends a reply once, also for an engine that ends it twice or not at all', async () => {
    const { tab, engines } = setUp();
    const loading = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await loading;
    const silent = readAll(tab.generate(request));
    await settle();
    engines.llamacpp.endReply();
    await expect(silent).rejects.toMatchObject({ code: 'engine/generation-failed' });
    expect(tab.state.status).toBe('ready');
    expect(await readAll(tab.generate(request, AbortSignal.abort()))).toMatchObject([
      { type: 'done', finishReason: 'aborted', usage: { completionTokens: 0 } },
    ]);
  });

  it('says why there is no model where none could be looked for', async () => {
    const { tab, engines } = setUp();
    tab.refuse(new AppError('bytes/not-found', 'no catalogue'));
    expect(tab.state).toMatchObject({ status: 'failed', error: { code: 'bytes/not-found' } });
    const loading = tab.load(llama);
    tab.refuse(new AppError('bytes/not-found', 'late'));
    await finishLoad(engines.llamacpp);
    await loading;
    expect(tab.state.status).toBe('ready');
  });

  it('replaces a model in the middle of a reply', async () => {
    const { tab, store, engines } = setUp();
    const first = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await first;
    const reply = readAll(tab.generate(request));
    await settle();
    expect(store.getState().state.status).toBe('generating');
    const second = tab.load(llama);
    await finishLoad(engines.llamacpp);
    await second;
    expect(engines.llamacpp.unloads).toBe(1);
    expect(store.getState().state.status).toBe('ready');
    expect((await reply).map(({ type }) => type)).toEqual(['token', 'done']);
  });

  it('cancels a load, and unloads in every state', async () => {
    const { tab, store, engines } = setUp();
    await tab.unload();
    const stop = new AbortController();
    const loading = tab.load(llama, { signal: stop.signal });
    await settle();
    stop.abort();
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(store.getState().state.status).toBe('idle');
    const next = tab.load(llama);
    await settle();
    await tab.unload();
    await expect(next).rejects.toMatchObject({ code: 'aborted' });
    expect(store.getState().state.status).toBe('idle');
    expect(engines.llamacpp.model).toBeNull();
  });

  it('says so when an engine cannot be fetched, and tries again', async () => {
    const engine = new SlowEngine();
    let tries = 0;
    const tab = new TabEngine(
      {
        llamacpp: entryOf(() => {
          tries += 1;
          return tries === 1 ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve(engine);
        }),
      },
      () => Promise.resolve(null),
    );
    const store = mirrorOf(tab);
    await expect(tab.load(mlc)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
      details: { engine: 'mlc' },
    });
    await expect(tab.load(llama)).rejects.toMatchObject({ code: 'bytes/offline' });
    expect(store.getState().state).toMatchObject({ status: 'failed', error: { code: 'bytes/offline' } });
    const loading = tab.load(llama);
    await finishLoad(engine);
    await loading;
    expect(store.getState().state.status).toBe('ready');
  });

  it('mirrors the engine it had before once another one could not be fetched', async () => {
    const engine = new SlowEngine();
    const tab = new TabEngine(
      {
        llamacpp: entryOf(() => Promise.resolve(engine)),
        mlc: entryOf(() => Promise.reject(new TypeError('Failed to fetch'))),
      },
      () => Promise.resolve(null),
    );
    const store = mirrorOf(tab);
    const first = tab.load(llama);
    await finishLoad(engine);
    await first;
    await expect(tab.load(mlc)).rejects.toMatchObject({ code: 'bytes/offline' });
    const again = tab.load(llama);
    await finishLoad(engine);
    await again;
    expect(store.getState().state.status).toBe('ready');
  });
});
