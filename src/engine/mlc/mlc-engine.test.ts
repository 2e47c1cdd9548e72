import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError, toWire } from '../../errors/app-error.ts';
import { ENGINE_CONTRACT } from '../contract/contract.ts';
import { hosted, loadedFixture } from '../contract/hosted.ts';
import type { EngineState, GenerateRequest, GenerationEvent, LoadedModel, LoadProgress } from '../port.ts';
import type { TabEngine } from '../tab/tab-engine.ts';
import { FakePipeline, type FakePipelineOptions } from './worker/generation/fake-pipeline.ts';
import { MlcEngine } from './mlc-engine.ts';
import { fixtureModel } from './package-fixture.ts';
import type { LoadOrder } from './calls.ts';
import { TokenEngine } from './worker/generation/token-engine.ts';
import { WorkerHere } from '../../lib/worker/worker-here.ts';
import type { FromWorker, WorkerScope } from '../../lib/worker/worker-rpc.ts';
import type { DeviceEvents } from './worker/web-llm/device-watch.ts';
import { hostSession } from './worker/worker-host.ts';
import type { WorkerSession } from './worker/worker-session.ts';

/** What a test's worker does differently. */
type Script = Partial<Session> & { readonly pipeline?: FakePipeline };
type Session = Pick<WorkerSession, 'load' | 'loadFault' | 'generate' | 'score' | 'count' | 'unload'>;

const model = fixtureModel();
const request: GenerateRequest = {
  prompt: 'hello',
  sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: null, maxTokens: 5 },
  stops: [],
};

function loadedFrom({ contextLength }: LoadOrder): LoadedModel {
  const { modelId, displayName, quantization } = model;
  return loadedFixture({ engine: 'mlc', modelId, displayName, quantization, contextLength, vocabSize: 128 });
}

/** The worker's own code on this thread, with a session whose load can be scripted and whose model is a fake. */
class FakeWorker extends WorkerHere {
  readonly gpu: DeviceEvents;

  constructor(script: Script) {
    const tokens = {
      encode: (text: string) => Array.from(text, (character) => character.charCodeAt(0)),
      bytesOf: (id: number) => Uint8Array.of(id),
    };
    const engine = new TokenEngine(script.pipeline ?? new FakePipeline(), tokens, {
      prefixTokenIds: [1],
      stopTokenIds: [0],
    });
    const whole: Session = {
      load: async (load) => Promise.resolve(loadedFrom(load)),
      loadFault: 'engine/library-unfit',
      generate: (...args) => engine.generate(...args),
      score: (...args) => engine.score(...args),
      count: (text) => engine.countTokens(text),
      unload: () => Promise.resolve(),
      ...script,
    };
    const made: { gpu: DeviceEvents | null } = { gpu: null };
    super((scope) => {
      made.gpu = hostSession(scope, whole, { lines: ['console said so'] });
    });
    if (!made.gpu) throw new Error('the worker did not start');
    this.gpu = made.gpu;
  }
}

function running(options: FakePipelineOptions): Script {
  return { pipeline: new FakePipeline({ vocabulary: 128, ...options }) };
}

/** An engine whose n-th worker runs the n-th session; the last one serves all further workers. */
function engineWith(...sessions: Script[]): {
  engine: TabEngine;
  workers: FakeWorker[];
  states: string[];
} {
  const workers: FakeWorker[] = [];
  const driver = new MlcEngine({
    createWorker: () => {
      const worker = new FakeWorker(sessions[Math.min(workers.length, sessions.length - 1)] ?? {});
      workers.push(worker);
      return worker;
    },
  });
  const engine = hosted('mlc', driver);
  const states: string[] = [];
  engine.subscribe(({ status }: EngineState) => {
    if (states.at(-1) !== status) states.push(status);
  });
  return { engine, workers, states };
}

async function collect(events: AsyncIterable<GenerationEvent>): Promise<GenerationEvent[]> {
  const all: GenerationEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const never = new Promise<never>(() => undefined);

describe('MlcEngine', () => {
  it('loads, streams tokens and ends with exactly one done', async () => {
    const { engine, states } = engineWith(running({ next: () => 97 }));
    const loaded = await engine.load(model);
    expect(loaded.contextLength).toBe(2048);
    const events = await collect(engine.generate(request));
    expect(events.map((event) => (event.type === 'token' ? event.text : event.type))).toEqual([
      'a',
      'a',
      'a',
      'a',
      'a',
      'done',
    ]);
    expect(events.at(-1)).toMatchObject({ finishReason: 'length', usage: { completionTokens: 5 } });
    expect(states).toEqual(['loading', 'ready', 'generating', 'ready']);
  });

  it('refuses work without a model, a second piece of work, and another engine’s model', async () => {
    const { engine } = engineWith(running({}));
    await expect(engine.countTokens('x')).rejects.toMatchObject({ code: 'engine/not-loaded' });
    await expect(collect(engine.generate(request))).rejects.toMatchObject({ code: 'engine/not-loaded' });
    await engine.load(model);
    const first = engine.generate(request);
    await first.next();
    await expect(collect(engine.generate(request))).rejects.toMatchObject({ code: 'engine/busy' });
    await first.return(undefined);
    const other = { engine: 'llamacpp', modelId: 'x', displayName: 'x' };
    await expect(engine.load(other)).rejects.toMatchObject({ code: 'engine/unsupported-option' });
  });

  it('passes Stop on and ends with what was written', async () => {
    const { engine } = engineWith(running({ next: () => 97 }));
    await engine.load(model);
    const stop = new AbortController();
    const events: GenerationEvent[] = [];
    const endless = { ...request, sampling: { ...request.sampling, maxTokens: 2000 } };
    for await (const event of engine.generate(endless, stop.signal)) {
      events.push(event);
      if (events.length === 3) stop.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'done', finishReason: 'aborted' });
    expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
    expect(engine.state.status).toBe('ready');
    expect(await collect(engine.generate(request, AbortSignal.abort()))).toMatchObject([
      { type: 'done', finishReason: 'aborted' },
    ]);
  });

  it('stays usable when the reader leaves the stream', async () => {
    const { engine } = engineWith(running({ next: () => 97 }));
    await engine.load(model);
    for await (const event of engine.generate({
      ...request,
      sampling: { ...request.sampling, maxTokens: 2000 },
    })) {
      if (event.type === 'token') break;
    }
    expect(engine.state.status).toBe('ready');
    expect((await collect(engine.generate(request))).at(-1)).toMatchObject({
      type: 'done',
      finishReason: 'length',
    });
  });

  it('keeps the model after an error of one request', async () => {
    const { engine } = engineWith(running({ contextLength: 20 }));
    await engine.load(model);
    await expect(collect(engine.generate({ ...request, prompt: 'x'.repeat(30) }))).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
      details: { contextLength: 20 },
    });
    expect(engine.state.status).toBe('ready');
    await expect(engine.countTokens('four')).resolves.toBe(4);
    await expect(engine.score('a', [' b', ' c'])).resolves.toHaveLength(2);
  });

  it('tells the page of a lost GPU at once, also when idle, and loads anew in another worker', async () => {
    const { engine, workers, states } = engineWith(running({ next: () => 97 }));
    await engine.load(model);
    workers[0]?.gpu.lost(new AppError('engine/device-lost', 'gone', { reason: 'unknown' }));
    await Promise.resolve();
    expect(engine.state).toMatchObject({ status: 'lost', error: { code: 'engine/device-lost' } });
    expect(workers[0]?.terminated).toBe(true);
    await expect(collect(engine.generate(request))).rejects.toMatchObject({ code: 'engine/device-lost' });
    await engine.load(model);
    expect(workers).toHaveLength(2);
    expect((await collect(engine.generate(request))).at(-1)).toMatchObject({ type: 'done' });
    expect(states).toEqual(['loading', 'ready', 'lost', 'loading', 'ready', 'generating', 'ready']);
  });

  it('ends a stream with the loss when the GPU process dies under it', async () => {
    const { engine, workers } = engineWith(running({ next: () => 97 }));
    await engine.load(model);
    const events: GenerationEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of engine.generate({
        ...request,
        sampling: { ...request.sampling, maxTokens: 2000 },
      })) {
        events.push(event);
        if (events.length === 2) workers[0]?.gpu.lost(new AppError('engine/device-lost', 'gone'));
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'engine/device-lost' });
    expect(events.every(({ type }) => type === 'token')).toBe(true);
    expect(engine.state.status).toBe('lost');
  });

  it('gives the worker up after a C++ error, with what the console said', async () => {
    const { engine, workers } = engineWith({
      generate: () => Promise.reject(new WebAssembly.RuntimeError('unreachable')),
    });
    await engine.load(model);
    await expect(collect(engine.generate(request))).rejects.toMatchObject({
      code: 'engine/worker-crashed',
      details: { log: 'console said so' },
    });
    expect(engine.state.status).toBe('lost');
    expect(workers[0]?.terminated).toBe(true);
  });

  it('says what is missing, and loads when it is there', async () => {
    let there = false;
    const missing = new AppError('engine/library-missing', 'no library', { url: 'https://x' });
    const { engine } = engineWith({
      load: (load) => (there ? Promise.resolve(loadedFrom(load)) : Promise.reject(missing)),
    });
    await expect(engine.load(model)).rejects.toMatchObject({
      code: 'engine/library-missing',
      details: { url: 'https://x' },
    });
    expect(engine.state).toMatchObject({ status: 'failed', error: { code: 'engine/library-missing' } });
    there = true;
    await engine.load(model);
    expect(engine.state.status).toBe('ready');
  });

  it('tries once more with half the context when memory runs out, in a new worker', async () => {
    const asked: LoadOrder[] = [];
    const { engine, workers } = engineWith({
      load: (load) => {
        asked.push(load);
        return load.contextLength > 1024
          ? Promise.reject(new AppError('engine/out-of-memory', 'no room'))
          : Promise.resolve(loadedFrom(load));
      },
    });
    expect((await engine.load(model)).contextLength).toBe(1024);
    expect(asked.map(({ contextLength }) => contextLength)).toEqual([2048, 1024]);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
  });

  it('gives up when half the context does not fit either', async () => {
    const { engine, workers } = engineWith({
      load: () => Promise.reject(new AppError('engine/device-lost', 'no room')),
    });
    await expect(engine.load(model)).rejects.toMatchObject({ code: 'engine/device-lost' });
    expect(workers).toHaveLength(2);
    expect(engine.state.status).toBe('failed');
  });

  it('does without rolling back when the library failed that trial', async () => {
    const asked: boolean[] = [];
    const { engine } = engineWith({
      load: (load) => {
        asked.push(load.rollBack);
        return load.rollBack
          ? Promise.reject(new AppError('engine/worker-crashed', 'unreachable', { stage: 'roll-back trial' }))
          : Promise.resolve(loadedFrom(load));
      },
    });
    await engine.load(model);
    expect(asked).toEqual([true, false]);
  });

  it('reports progress while loading', async () => {
    const seen: LoadProgress[] = [];
    const { engine } = engineWith({
      load: (load, report) => {
        report({ phase: 'upload', loadedBytes: 5, totalBytes: 10 });
        report({ phase: 'compile', loadedBytes: 10, totalBytes: 10 });
        return Promise.resolve(loadedFrom(load));
      },
    });
    engine.subscribe((state) => {
      if (state.status === 'loading') seen.push(state.progress);
    });
    await engine.load(model);
    expect(seen.map(({ phase, loadedBytes }) => `${phase} ${loadedBytes}`)).toEqual([
      'fetch 0',
      'upload 5',
      'compile 10',
    ]);
  });
});

describe('promises that would never settle', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a load that is stopped', async () => {
    const { engine, workers } = engineWith({ load: () => never });
    const stop = new AbortController();
    const load = engine.load(model, { signal: stop.signal });
    await vi.advanceTimersByTimeAsync(0);
    stop.abort();
    await expect(load).rejects.toMatchObject({ code: 'aborted' });
    expect(engine.state.status).toBe('idle');
    expect(workers[0]?.terminated).toBe(true);
  });

  it('a load during which the model is unloaded', async () => {
    const { engine, workers } = engineWith({ load: () => never });
    const load = engine.load(model);
    const rejected = expect(load).rejects.toMatchObject({ code: 'aborted' });
    await vi.advanceTimersByTimeAsync(0);
    await engine.unload();
    await rejected;
    expect(engine.state.status).toBe('idle');
    expect(workers[0]?.terminated).toBe(true);
  });

  it('a load in silence', async () => {
    const { engine } = engineWith({ load: () => never });
    const rejected = expect(engine.load(model)).rejects.toMatchObject({ code: 'engine/load-timeout' });
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    await rejected;
    expect(engine.state.status).toBe('failed');
  });

  it('a worker that never starts, or whose script fails', async () => {
    const hostedOn = (createWorker: () => WorkerHere) => hosted('mlc', new MlcEngine({ createWorker }));
    const silent = hostedOn(() => new WorkerHere());
    const rejected = expect(silent.load(model)).rejects.toMatchObject({ code: 'engine/worker-blocked' });
    await vi.advanceTimersByTimeAsync(31_000);
    await rejected;
    let worker: WorkerHere | null = null;
    const failing = hostedOn(() => (worker = new WorkerHere()));
    const failed = expect(failing.load(model)).rejects.toMatchObject({ code: 'engine/worker-blocked' });
    await vi.advanceTimersByTimeAsync(0);
    (worker as WorkerHere | null)?.fail('blocked by policy');
    await failed;
    const throwing = hostedOn(() => {
      throw new DOMException('CSP', 'SecurityError');
    });
    await expect(throwing.load(model)).rejects.toMatchObject({ code: 'engine/worker-blocked' });
  });

  it('a generation that does not stop', async () => {
    const { engine } = engineWith({ generate: () => never });
    await engine.load(model);
    const stop = new AbortController();
    const rejected = expect(collect(engine.generate(request, stop.signal))).rejects.toMatchObject({
      code: 'engine/worker-crashed',
    });
    await vi.advanceTimersByTimeAsync(0);
    stop.abort();
    await vi.advanceTimersByTimeAsync(21_000);
    await rejected;
    expect(engine.state.status).toBe('lost');
  });

  it('an unload the worker does not answer', async () => {
    const { engine, workers } = engineWith({ unload: () => never });
    await engine.load(model);
    const unloaded = engine.unload();
    expect(engine.state.status).toBe('idle');
    await vi.advanceTimersByTimeAsync(6_000);
    await unloaded;
    expect(workers[0]?.terminated).toBe(true);
  });
});

describe('hostSession', () => {
  /** A session's host, what it says, and a way to call it. */
  function hostOf(session: Partial<Session>) {
    const messages: FromWorker[] = [];
    let call: (name: string, argument: unknown) => void = () => undefined;
    const scope: WorkerScope = {
      postMessage: (message) => messages.push(message),
      addEventListener: (_type, listener) => {
        call = (name, argument) => {
          listener({ data: { type: 'call', id: 1, name, argument } } as Parameters<typeof listener>[0]);
        };
      },
    };
    const gpu = hostSession(scope, session as Session, { lines: [] });
    return { gpu, messages, call };
  }

  it('answers every request of a broken GPU with what the GPU said first', async () => {
    const { gpu, messages, call } = hostOf({
      load: () => Promise.reject(new DOMException('mapAsync failed', 'AbortError')),
      loadFault: 'engine/bad-model-file',
    });
    const refused = new AppError('engine/out-of-memory', 'Out of memory');
    gpu.refused(refused);
    call('load', { model, contextLength: 2048, rollBack: true });
    await vi.waitFor(() => expect(messages).toHaveLength(3));
    expect(messages).toEqual([
      { type: 'started' },
      { type: 'lost', error: toWire(refused) },
      { type: 'error', id: 1, error: toWire(refused) },
    ]);
  });

  it('says nothing of the device that unload destroys', async () => {
    const { gpu, messages, call } = hostOf({ unload: () => Promise.resolve() });
    call('unload', null);
    gpu.lost(new AppError('engine/device-lost', 'destroyed'));
    await vi.waitFor(() =>
      expect(messages).toEqual([{ type: 'started' }, { type: 'result', id: 1, result: null }]),
    );
  });

  it('aborts a reply under way when its model is freed, whatever it stumbles over', async () => {
    let stumble: (error: Error) => void = () => undefined;
    const reply = new Promise<never>((_, reject) => {
      stumble = reject;
    });
    const { messages, call } = hostOf({
      generate: () => reply,
      unload: () => {
        stumble(new Error('AssertError:'));
        return Promise.resolve();
      },
    });
    call('generate', {});
    await Promise.resolve();
    call('unload', null);
    await vi.waitFor(() => expect(messages).toHaveLength(3));
    expect(messages).toContainEqual({
      type: 'error',
      id: 1,
      error: toWire(new AppError('aborted', 'the model was unloaded')),
    });
  });
});

describe('the engine contract', () => {
  for (const { name, run } of ENGINE_CONTRACT) {
    it(name, async () => {
      const workers: FakeWorker[] = [];
      const script = { load: (load: LoadOrder) => Promise.resolve(loadedFrom(load)) };
      const createWorker = (): FakeWorker => {
        // Letters only, so that a reply is text.
        const pipeline = new FakePipeline({ vocabulary: 128, contextLength: 512, likely: [97, 122] });
        const worker = new FakeWorker({ ...script, pipeline });
        workers.push(worker);
        return worker;
      };
      await run({
        tab: hosted('mlc', new MlcEngine({ createWorker })),
        model,
        prompt: 'What does it say?',
        longPrompt: 'x'.repeat(600),
        options: [' yes', ' no'],
        countsExactly: true,
        lose: {
          now: () => workers.at(-1)?.gpu.lost(new AppError('engine/device-lost', 'gone')),
          code: 'engine/device-lost',
        },
      });
    });
  }
});
