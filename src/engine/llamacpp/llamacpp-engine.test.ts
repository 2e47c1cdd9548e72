import type { Sampling } from '../../lib/sampling.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GenerationEvent, LlamaCppModel } from '../port.ts';
import { LlamaCppEngine } from './llamacpp-engine.ts';
import type { FromWorker, LoadedFacts, ToWorker, WorkerGenerationDone } from './messages.ts';
import type { WorkerLike } from './worker-link.ts';

const model: LlamaCppModel = {
  engine: 'llamacpp',
  modelId: 'demo',
  displayName: 'Demo model',
  quantization: 'Q4_0',
  files: [{ from: 'url', url: 'models/demo.gguf', bytes: 4 }],
  contextLength: 2048,
  backend: 'auto',
};
const facts: LoadedFacts = {
  engineVersion: 'wllama',
  backend: 'cpu',
  backendReason: 'On the CPU.',
  adapter: '',
  threads: 1,
  gpuLayers: 0,
  totalLayers: 0,
  contextLength: 2048,
  vocabSize: 4096,
  sourceSha256: '',
};
const sampling: Sampling = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 8 };
const request = { prompt: 'p', sampling, stops: [] };
const done: WorkerGenerationDone = {
  finishReason: 'stop',
  usage: { promptTokens: 3, reusedTokens: 1, completionTokens: 5 },
  prefillMs: 10,
  decodeMs: 40,
  seed: 1,
};

class FakeWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  readonly received: ToWorker[] = [];
  terminated = false;
  /** How the worker answers; silence unless the test says otherwise. */
  answer: (message: ToWorker) => void = () => undefined;

  postMessage(message: ToWorker): void {
    this.received.push(structuredClone(message));
    this.answer(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  crash(message: string): void {
    this.onerror?.({ message } as ErrorEvent);
  }
}

function setUp() {
  const workers: FakeWorker[] = [];
  const engine = new LlamaCppEngine({
    baseUrl: 'https://app.example/sub/',
    createWorker: () => {
      const worker = new FakeWorker();
      worker.answer = (message) => {
        if (message.type === 'load')
          queueMicrotask(() => worker.say({ type: 'loaded', id: message.id, facts }));
      };
      workers.push(worker);
      return worker;
    },
  });
  const worker = (): FakeWorker => {
    const last = workers.at(-1);
    if (!last) throw new Error('no worker was made');
    return last;
  };
  return { engine, workers, worker };
}

async function read(events: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Lets what is already decided happen; timers stay where they are. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe('LlamaCppEngine', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('loads, with addresses a worker can use', async () => {
    const { engine, worker } = setUp();
    expect(await engine.load(model)).toMatchObject({ engine: 'llamacpp', modelId: 'demo', threads: 1 });
    expect(worker().received[0]).toMatchObject({
      type: 'load',
      order: { files: [{ url: 'https://app.example/sub/models/demo.gguf' }] },
    });
    expect(engine.state.status).toBe('ready');
  });

  it('refuses models of the other engine', async () => {
    const { engine } = setUp();
    const other = {
      ...model,
      engine: 'mlc',
      quantization: 'q4f16_1',
      baseUrl: 'https://a.example/resolve/main/',
      libraryUrl: 'https://a.example/l.wasm',
    } as const;
    await expect(engine.load(other)).rejects.toMatchObject({ code: 'engine/unsupported-option' });
    expect(engine.state.status).toBe('idle');
  });

  it('is idle after a cancelled load, and terminates its worker', async () => {
    const { engine, workers } = setUp();
    const stop = new AbortController();
    const loading = engine.load(model, stop.signal);
    stop.abort();
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(engine.state.status).toBe('idle');
    expect(workers[0]?.terminated).toBe(true);
    await expect(engine.load(model, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(workers).toHaveLength(1);
    await engine.load(model);
    expect(engine.state.status).toBe('ready');
  });

  it('says why a load came to nothing', async () => {
    const { engine, worker } = setUp();
    const load = async (behave: (made: FakeWorker, id: number) => void): Promise<unknown> => {
      const loading = engine.load(model).then(
        () => 'loaded',
        (error: unknown) => (error as { code: string }).code,
      );
      const made = worker();
      const [first] = made.received;
      // Undo the ready answer: it is a microtask away, and the worker no longer speaks for itself.
      const speak = made.onmessage;
      made.onmessage = null;
      await settle();
      made.onmessage = speak;
      behave(made, first?.id ?? 0);
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      return loading;
    };
    const progress = (loadedBytes: number) => ({ phase: 'fetch', loadedBytes, totalBytes: 4 }) as const;
    expect(await load(() => undefined)).toBe('engine/worker-blocked');
    expect(await load((made) => made.crash('refused by policy'))).toBe('engine/worker-blocked');
    expect(
      await load((made) => {
        made.say({ type: 'started' });
        made.crash('out of stack');
      }),
    ).toBe('engine/worker-crashed');
    expect(
      await load((made, id) => {
        made.say({ type: 'started' });
        made.say({ type: 'progress', id, progress: progress(2) });
      }),
    ).toBe('engine/load-timeout');
    expect(
      await load((made, id) => {
        const error = { code: 'bytes/not-found', message: '404', details: { status: 404 } } as const;
        made.say({ type: 'failed', id, error });
      }),
    ).toBe('bytes/not-found');
    expect(engine.state).toMatchObject({
      status: 'failed',
      error: { code: 'bytes/not-found', details: { status: 404 } },
    });
    expect(worker().terminated).toBe(true);
  });

  it('waits as long as there is progress', async () => {
    const { engine, worker } = setUp();
    const loading = engine.load(model);
    const made = worker();
    const speak = made.onmessage;
    made.onmessage = null;
    await settle();
    made.onmessage = speak;
    const id = made.received[0]?.id ?? 0;
    made.say({ type: 'started' });
    for (let loadedBytes = 0; loadedBytes < 100; loadedBytes += 1) {
      made.say({ type: 'progress', id, progress: { phase: 'fetch', loadedBytes, totalBytes: 100 } });
      await vi.advanceTimersByTimeAsync(50_000);
    }
    expect(engine.state).toMatchObject({ status: 'loading', progress: { loadedBytes: 99 } });
    made.say({ type: 'loaded', id, facts });
    expect(await loading).toMatchObject({ modelId: 'demo' });
  });

  it('streams tokens and one done', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    worker().answer = (message) => {
      if (message.type !== 'generate') return;
      const { id } = message;
      queueMicrotask(() => {
        worker().say({ type: 'prefill', id });
        worker().say({ type: 'tokens', id, text: 'a', completionTokens: 1 });
        worker().say({ type: 'tokens', id, text: 'bc', completionTokens: 5 });
        worker().say({ type: 'done', id, done });
      });
    };
    const reading = read(engine.generate(request));
    await settle();
    const events = await reading;
    expect(events.map((event) => (event.type === 'token' ? event.text : event.finishReason))).toEqual([
      'a',
      'bc',
      'stop',
    ]);
    expect(events.at(-1)).toMatchObject({ timings: { decodeTokensPerSecond: 100 }, ignored: [] });
    expect(engine.state.status).toBe('ready');
  });

  it('ends a stopped reply soon though llama.cpp is in the middle of a long step, and waits for it before the next', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const stop = new AbortController();
    const first = read(engine.generate(request, stop.signal));
    await settle();
    const id = worker().received.at(-1)?.id ?? 0;
    worker().say({ type: 'tokens', id, text: 'a', completionTokens: 1 });
    stop.abort();
    expect(worker().received.at(-1)).toEqual({ type: 'stop', id });
    await vi.advanceTimersByTimeAsync(250);
    const events = await first;
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      finishReason: 'aborted',
      usage: { completionTokens: 1 },
    });
    expect(engine.state.status).toBe('ready');
    const second = read(engine.generate(request));
    await settle();
    expect(worker().received.filter(({ type }) => type === 'generate')).toHaveLength(1);
    worker().say({ type: 'done', id, done: { ...done, finishReason: 'aborted' } });
    await settle();
    const next = worker().received.at(-1);
    expect(next?.type).toBe('generate');
    worker().say({ type: 'done', id: next?.id ?? 0, done });
    await settle();
    expect((await second).at(-1)).toMatchObject({ finishReason: 'stop' });
  });

  it('takes the exact end when it comes in time', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const stop = new AbortController();
    const reading = read(engine.generate(request, stop.signal));
    await settle();
    const id = worker().received.at(-1)?.id ?? 0;
    stop.abort();
    worker().say({ type: 'done', id, done: { ...done, finishReason: 'aborted' } });
    await settle();
    expect((await reading).at(-1)).toMatchObject({ finishReason: 'aborted', usage: done.usage });
  });

  it('stops the worker when the reader leaves early', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const reading = (async () => {
      for await (const event of engine.generate(request)) {
        if (event.type === 'token') return event.text;
      }
      return null;
    })();
    await settle();
    const id = worker().received.at(-1)?.id ?? 0;
    worker().say({ type: 'tokens', id, text: 'a', completionTokens: 1 });
    await settle();
    expect(await reading).toBe('a');
    expect(worker().received.at(-1)).toEqual({ type: 'stop', id });
    expect(engine.state.status).toBe('ready');
  });

  it('allows one reply at a time, and counting beside it', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const reading = read(engine.generate(request));
    await settle();
    await expect(read(engine.generate(request))).rejects.toMatchObject({ code: 'engine/busy' });
    await expect(engine.score('p', ['a'])).rejects.toMatchObject({ code: 'engine/busy' });
    const counting = engine.countTokens('p');
    const asked = worker().received.at(-1);
    expect(asked?.type).toBe('count');
    worker().say({ type: 'count', id: asked?.id ?? 0, tokens: 7 });
    expect(await counting).toBe(7);
    await engine.unload();
    expect((await reading).at(-1)).toMatchObject({ type: 'done', finishReason: 'aborted' });
    expect(engine.state.status).toBe('idle');
    await expect(engine.countTokens('p')).rejects.toMatchObject({ code: 'engine/not-loaded' });
  });

  it('is lost when its worker dies or its GPU goes, and loads again', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const reading = read(engine.generate(request)).catch((error: unknown) => error);
    await settle();
    worker().crash('memory access out of bounds');
    expect(await reading).toMatchObject({ code: 'engine/worker-crashed' });
    expect(engine.state.status).toBe('lost');
    await expect(read(engine.generate(request))).rejects.toMatchObject({ code: 'engine/worker-crashed' });
    await engine.load(model);
    worker().say({ type: 'lost', error: { code: 'engine/device-lost', message: 'gone', details: {} } });
    expect(engine.state).toMatchObject({ status: 'lost', error: { code: 'engine/device-lost' } });
    await engine.load(model);
    expect(engine.state.status).toBe('ready');
  });

  it('stays usable when one reply fails', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    worker().answer = (message) => {
      const error = { code: 'engine/prompt-too-long', message: 'x', details: { promptTokens: 9 } } as const;
      queueMicrotask(() => worker().say({ type: 'failed', id: message.id, error }));
    };
    await expect(read(engine.generate(request))).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
      details: { promptTokens: 9 },
    });
    expect(engine.state.status).toBe('ready');
  });

  it('passes a stop on to a scoring', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const stop = new AbortController();
    const scoring = engine.score('p', ['a'], stop.signal).catch((error: unknown) => error);
    await settle();
    const id = worker().received.at(-1)?.id ?? 0;
    stop.abort();
    expect(worker().received.at(-1)).toEqual({ type: 'stop', id });
    worker().say({ type: 'failed', id, error: { code: 'aborted', message: '', details: {} } });
    expect(await scoring).toMatchObject({ code: 'aborted' });
    expect(engine.state.status).toBe('ready');
  });
});
