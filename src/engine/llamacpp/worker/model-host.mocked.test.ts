import type { Sampling } from '../../../lib/sampling.ts';
import { expect, it, vi } from 'vitest';
import { AppError } from '../../../errors/app-error.ts';
import { WorkerHere } from '../../../lib/worker/worker-here.ts';
import { ALL_ABILITIES, hosted } from '../../contract/hosted.ts';
import { LlamaCppEngine } from '../llamacpp-engine.ts';
import type * as LoadModel from './load/load-model.ts';
import type { LlamaCppModel } from '../model.ts';
import type { LoadedFacts } from '../calls.ts';
import { hostModel } from './model-host.ts';
import { PromptText } from './tokens/prompt-text.ts';

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

vi.mock('./load/load-model.ts', () => ({
  loadModel: () => {
    const stream = () => Promise.reject(new AppError('engine/worker-crashed', 'unreachable'));
    const model = { facts: { contextLength: 2048 }, stream };
    return Promise.resolve({ running: { model, text: new PromptText(null, 2048), deviceLost: null }, facts });
  },
}));

/** A worker of this thread. */
const workerHere = (): WorkerHere =>
  new WorkerHere((scope) => hostModel(scope, {} as LoadModel.LoadEnvironment));

it('a model that crashed is lost at once: it is not ready again for a moment, for the next question to fail on', async () => {
  const engine = hosted(
    'llamacpp',
    new LlamaCppEngine({ createWorker: workerHere, baseUrl: 'https://app.example/' }),
  );
  const seen: string[] = [];
  engine.subscribe(({ status }) => seen.push(status));
  const model: LlamaCppModel = {
    engine: 'llamacpp',
    modelId: 'demo',
    displayName: 'Demo model',
    quantization: 'Q4_0',
    files: [],
    contextLength: 2048,
    backend: 'auto',
    cacheType: 'f16',
  };
  await engine.load(model);
  const sampling: Sampling = {
    temperature: 0,
    topP: 1,
    topK: 0,
    repetitionPenalty: 1,
    seed: 1,
    maxTokens: 8,
  };
  const reading = (async () => {
    for await (const event of engine.generate({ prompt: 'p', sampling, stops: [] })) void event;
  })();
  await expect(reading).rejects.toMatchObject({ code: 'engine/worker-crashed' });
  await vi.waitFor(() => {
    expect(engine.state.status).toBe('lost');
  });
  expect(seen).toEqual(['loading', 'ready', 'generating', 'lost']);
});
