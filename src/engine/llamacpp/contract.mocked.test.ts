import { describe, it, vi } from 'vitest';
import { WorkerHere } from '../../lib/worker/worker-here.ts';
import { ENGINE_CONTRACT } from '../contract/contract.ts';
import { ALL_ABILITIES, hosted, loadedFixture } from '../contract/hosted.ts';
import type { LoadedFacts } from './calls.ts';
import { LlamaCppEngine } from './llamacpp-engine.ts';
import type { LlamaCppModel } from './model.ts';
import { FakeLlama } from './worker/fake-llama.ts';
import type * as LoadModel from './worker/load/load-model.ts';
import { hostModel } from './worker/model-host.ts';
import { PromptText } from './worker/tokens/prompt-text.ts';

const { engine: _engine, modelId: _id, displayName: _name, ...facts } = loadedFixture();

vi.mock('./worker/load/load-model.ts', () => ({
  loadModel: (): ReturnType<typeof LoadModel.loadModel> => {
    const model = new FakeLlama();
    const { contextLength } = model.facts;
    const running = { model, text: new PromptText(model.tokenizer, contextLength), deviceLost: null };
    const found: LoadedFacts = { ...facts, contextLength, abilities: ALL_ABILITIES };
    return Promise.resolve({ running: running as unknown as LoadModel.RunningModel, facts: found });
  },
}));

const model: LlamaCppModel = {
  engine: 'llamacpp',
  modelId: 'demo',
  displayName: 'Demo model',
  quantization: 'Q4_0',
  files: [{ from: 'url', url: 'models/demo.gguf', bytes: 4 }],
  contextLength: 512,
  backend: 'auto',
};

describe('the engine contract', () => {
  for (const { name, run } of ENGINE_CONTRACT) {
    it(name, async () => {
      const workers: WorkerHere[] = [];
      const createWorker = (): WorkerHere => {
        const worker = new WorkerHere((scope) => hostModel(scope, {} as LoadModel.LoadEnvironment));
        workers.push(worker);
        return worker;
      };
      const engine = new LlamaCppEngine({ createWorker, baseUrl: 'https://app.example/' });
      await run({
        tab: hosted('llamacpp', engine),
        model,
        prompt: 'what does it say?',
        longPrompt: 'x'.repeat(600),
        options: [' yes', ' no'],
        countsExactly: true,
        lose: { now: () => workers.at(-1)?.fail('out of memory'), code: 'engine/worker-crashed' },
      });
    });
  }
});
