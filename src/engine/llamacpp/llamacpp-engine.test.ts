import type { Sampling } from '../../lib/sampling.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALL_ABILITIES, hosted } from '../contract/hosted.ts';
import { WorkerHere } from '../../lib/worker/worker-here.ts';
import type { ToWorker } from '../../lib/worker/worker-rpc.ts';
import type { GenerationDone, GenerationEvent } from '../port.ts';
import { LlamaCppEngine } from './llamacpp-engine.ts';
import type { LlamaCppModel } from './model.ts';
import type { LoadedFacts } from './calls.ts';

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
  abilities: ALL_ABILITIES,
};
const sampling: Sampling = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 8 };
const request = { prompt: 'p', sampling, stops: [] };
const done: GenerationDone = {
  type: 'done',
  finishReason: 'stop',
  usage: { promptTokens: 3, reusedTokens: 1, completionTokens: 5 },
  timings: { timeToFirstTokenMs: 12, prefillMs: 10, decodeMs: 40, decodeTokensPerSecond: 100 },
  seed: 1,
  ignored: [],
};

/** A worker that says nothing but what the test makes it say, and answers loads unless it is to be silent. */
class FakeWorker extends WorkerHere {
  readonly #loads: boolean;

  constructor(loads: boolean) {
    super();
    this.#loads = loads;
  }

  override postMessage(message: ToWorker): void {
    super.postMessage(message);
    if (!this.#loads || message.type !== 'call' || message.name !== 'load') return;
    queueMicrotask(() => this.say({ type: 'result', id: message.id, result: facts }));
  }

  token(id: number, text: string, completionTokens: number): void {
    this.say({ type: 'report', id, report: { text, completionTokens, elapsedMs: completionTokens } });
  }
}

/** @param loads false: the worker is silent about the load, too. */
function setUp({ loads = true } = {}) {
  const workers: FakeWorker[] = [];
  const driver = new LlamaCppEngine({
    baseUrl: 'https://app.example/sub/',
    createWorker: () => {
      const worker = new FakeWorker(loads);
      workers.push(worker);
      return worker;
    },
  });
  const engine = hosted('llamacpp', driver);
  const worker = (): FakeWorker => {
    const last = workers.at(-1);
    if (!last) throw new Error('no worker was made');
    return last;
  };
  return { driver, engine, workers, worker };
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
      name: 'load',
      argument: { files: [{ url: 'https://app.example/sub/models/demo.gguf' }] },
    });
    expect(engine.state.status).toBe('ready');
  });

  it('refuses models of another engine', async () => {
    const { driver } = setUp();
    const watch = { signal: new AbortController().signal, onProgress: vi.fn(), onLost: vi.fn() };
    await expect(driver.load({ ...model, engine: 'mlc' }, watch)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
    });
  });

  it('is idle after a cancelled load, and terminates its worker', async () => {
    const { engine, workers } = setUp();
    const stop = new AbortController();
    const loading = engine.load(model, { signal: stop.signal });
    while (workers.length === 0) await Promise.resolve();
    stop.abort();
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    expect(engine.state.status).toBe('idle');
    expect(workers[0]?.terminated).toBe(true);
    await expect(engine.load(model, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(workers).toHaveLength(1);
    await engine.load(model);
    expect(engine.state.status).toBe('ready');
  });

  it('says why a load came to nothing', async () => {
    const { engine, worker } = setUp({ loads: false });
    const load = async (behave: (made: FakeWorker, id: number) => void): Promise<unknown> => {
      const loading = engine.load(model).then(
        () => 'loaded',
        (error: unknown) => (error as { code: string }).code,
      );
      await settle();
      const made = worker();
      behave(made, made.idOf('load'));
      await vi.advanceTimersByTimeAsync(10 * 60_000);
      return loading;
    };
    const progress = (loadedBytes: number) => ({ phase: 'fetch', loadedBytes, totalBytes: 4 }) as const;
    expect(await load(() => undefined)).toBe('engine/worker-blocked');
    expect(await load((made) => made.fail('refused by policy'))).toBe('engine/worker-blocked');
    expect(
      await load((made) => {
        made.say({ type: 'started' });
        made.fail('out of stack');
      }),
    ).toBe('engine/worker-crashed');
    expect(
      await load((made, id) => {
        made.say({ type: 'started' });
        made.say({ type: 'report', id, report: progress(2) });
      }),
    ).toBe('engine/load-timeout');
    expect(
      await load((made, id) => {
        const error = { code: 'bytes/not-found', message: '404', details: { status: 404 } } as const;
        made.say({ type: 'error', id, error });
      }),
    ).toBe('bytes/not-found');
    expect(engine.state).toMatchObject({
      status: 'failed',
      error: { code: 'bytes/not-found', details: { status: 404 } },
    });
    expect(worker().terminated).toBe(true);
  });

  it('waits as long as there is progress', async () => {
    const { engine, worker } = setUp({ loads: false });
    const loading = engine.load(model);
    await settle();
    const made = worker();
    const id = made.idOf('load');
    made.say({ type: 'started' });
    for (let loadedBytes = 0; loadedBytes < 100; loadedBytes += 1) {
      made.say({ type: 'report', id, report: { phase: 'fetch', loadedBytes, totalBytes: 100 } });
      await vi.advanceTimersByTimeAsync(50_000);
    }
    expect(engine.state).toMatchObject({ status: 'loading', progress: { loadedBytes: 99 } });
    made.say({ type: 'result', id, result: facts });
    expect(await loading).toMatchObject({ modelId: 'demo' });
  });

  it('streams tokens and one done', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const reading = read(engine.generate(request));
    await settle();
    const id = worker().idOf('generate');
    worker().say({ type: 'report', id, report: null });
    worker().token(id, 'a', 1);
    worker().token(id, 'bc', 5);
    worker().say({ type: 'result', id, result: done });
    const events = await reading;
    expect(events.map((event) => (event.type === 'token' ? event.text : event.finishReason))).toEqual([
      'a',
      'bc',
      'stop',
    ]);
    expect(events.at(-1)).toMatchObject({ timings: { decodeTokensPerSecond: 100 }, ignored: [] });
    expect(engine.state.status).toBe('ready');
  });

  it('ends a stopped reply soon though llama.cpp is in the middle of a long step', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const stop = new AbortController();
    const first = read(engine.generate(request, stop.signal));
    await settle();
    const id = worker().idOf('generate');
    worker().token(id, 'a', 1);
    stop.abort();
    expect(worker().received.at(-1)).toEqual({ type: 'cancel', id });
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
    // Asked for at once; the worker begins it when the step is over (see `model-host.mocked.test.ts`).
    const next = worker().idOf('generate');
    expect(next).not.toBe(id);
    worker().say({ type: 'result', id, result: { ...done, finishReason: 'aborted' } });
    worker().say({ type: 'result', id: next, result: done });
    await settle();
    expect((await second).at(-1)).toMatchObject({ finishReason: 'stop' });
  });

  it('takes the exact end when it comes in time', async () => {
    const { engine, worker } = setUp();
    await engine.load(model);
    const stop = new AbortController();
    const reading = read(engine.generate(request, stop.signal));
    await settle();
    const id = worker().idOf('generate');
    stop.abort();
    worker().say({ type: 'result', id, result: { ...done, finishReason: 'aborted' } });
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
    const id = worker().idOf('generate');
    worker().token(id, 'a', 1);
    await settle();
    expect(await reading).toBe('a');
    expect(worker().received.at(-1)).toEqual({ type: 'cancel', id });
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
    await settle();
    worker().say({ type: 'result', id: worker().idOf('count'), result: 7 });
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
    worker().fail('memory access out of bounds');
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
    const error = { code: 'engine/prompt-too-long', message: 'x', details: { promptTokens: 9 } } as const;
    const reading = read(engine.generate(request)).catch((thrown: unknown) => thrown);
    await settle();
    worker().say({ type: 'error', id: worker().idOf('generate'), error });
    expect(await reading).toMatchObject({
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
    const id = worker().idOf('score');
    stop.abort();
    expect(worker().received.at(-1)).toEqual({ type: 'cancel', id });
    worker().say({ type: 'error', id, error: { code: 'aborted', message: '', details: {} } });
    expect(await scoring).toMatchObject({ code: 'aborted' });
    expect(engine.state.status).toBe('ready');
  });
});
