/** A load from files to a running model: read, check, choose where to run, try, fall back, warm up. */
import { AppError } from '../../../../errors/app-error.ts';
import type { LoadReport } from '../../../port.ts';
import { chooseBackend, cpuThreads, type BackendChoice, type Surroundings } from './backend.ts';
import { attemptsAfter, planLoad, type LoadAttempt } from './load-plan.ts';
import type { LoadedFacts, LoadOrder } from '../../calls.ts';
import type { CacheType } from '../../model.ts';
import { LLAMACPP_ABILITIES } from '../../abilities.ts';
import { NativeLog } from './native-log.ts';
import { PromptText } from '../tokens/prompt-text.ts';
import { MeteredFile, readModel, type ReadModel } from './read-model.ts';
import { readPromptTokenizer } from '../tokens/prompt-tokenizer.ts';
import { WllamaModel } from '../wllama-model.ts';

/** Milliseconds between progress messages. */
const PROGRESS_MS = 100;

/**
 * Run once after a load, so that the first reply does not wait for shaders. One token, part of a batch and more than a batch
 * use different ones; one after the other, since llama.cpp aborts when it waits 30 s for the GPU, compiling included.
 */
const WARM_UP_PROMPTS = ['', 'a '.repeat(20), 'a '.repeat(100)];

/** What was compiled before such an abort is kept by the browser, so the next try gets further. */
const GPU_TIMEOUT_TRIES = 3;

export interface LoadEnvironment {
  readonly wasmUrl: string;
  readonly engineVersion: string;
  readonly surroundings: Surroundings;
  /** The page is cross-origin isolated, so WebAssembly may share memory between threads. */
  readonly isolated: boolean;
  readonly hardwareConcurrency: number;
  /** @throws AppError `engine/no-wasm` or `engine/worker-blocked` when llama.cpp cannot run here at all. */
  readonly requireAbilities: () => Promise<void>;
}

export interface RunningModel {
  readonly model: WllamaModel;
  readonly text: PromptText;
  /** Set once the GPU is gone: whatever fails afterwards fails because of it. */
  readonly deviceLost: AppError | null;
}

/**
 * @param onLost called when the GPU goes away under the loaded model.
 * @throws AppError `bytes/*`, `engine/bad-model-file`, `engine/out-of-memory`, `engine/unsupported-adapter`, `engine/no-wasm`,
 *   `engine/worker-blocked`.
 */
export async function loadModel(
  order: LoadOrder,
  environment: LoadEnvironment,
  onProgress: (progress: LoadReport) => void,
  onLost: (error: AppError) => void,
): Promise<{ readonly running: RunningModel; readonly facts: LoadedFacts }> {
  await environment.requireAbilities();
  const choice = await chooseBackend(order.backend, environment.surroundings);
  const report = throttled(onProgress);
  const read = await readModel(order.files, (loadedBytes, totalBytes) =>
    report({ phase: 'fetch', loadedBytes, totalBytes }),
  );
  const log = new NativeLog();
  const { model, attempt, choice: final } = await tryInTurn(order, environment, choice, read, log, report);

  let deviceLost: AppError | null = null;
  log.onDeviceLost = (line) => {
    deviceLost ??= new AppError('engine/device-lost', line);
    onLost(deviceLost);
  };
  const { contextLength, vocabSize, threads, offload } = model.facts;
  const tokenizer = readPromptTokenizer(read.header.metadata, vocabSize);
  return {
    running: {
      model,
      text: new PromptText(tokenizer, contextLength),
      get deviceLost() {
        return deviceLost;
      },
    },
    facts: {
      engineVersion: environment.engineVersion,
      backend: attempt.backend,
      backendReason: final.reason,
      adapter: final.adapter,
      threads,
      gpuLayers: offload?.gpuLayers ?? 0,
      totalLayers: offload?.totalLayers ?? 0,
      contextLength,
      vocabSize,
      sourceSha256: read.sha256,
      // Options are cut into tokens here, before llama.cpp scores them.
      abilities: { ...LLAMACPP_ABILITIES, scoring: tokenizer !== null },
    },
  };
}

interface Loaded {
  readonly model: WllamaModel;
  readonly attempt: LoadAttempt;
  readonly choice: BackendChoice;
}

async function tryInTurn(
  order: LoadOrder,
  environment: LoadEnvironment,
  choice: BackendChoice,
  read: ReadModel,
  log: NativeLog,
  report: (progress: LoadReport) => void,
): Promise<Loaded> {
  let remaining = planLoad(choice, order.backend, order.contextLength);
  let failure: AppError | null = null;
  let onGpu: AppError | null = null;
  let timeouts = 0;
  for (let attempt = remaining[0]; attempt; attempt = remaining[0]) {
    try {
      const model = await tryOnce(attempt, order.cacheType, environment, read, log, report);
      return { model, attempt, choice: choiceAfter(choice, attempt, onGpu) };
    } catch (thrown) {
      failure = log.loadError(thrown, attempt.backend);
      if (attempt.backend === 'webgpu') onGpu = failure;
      if (failure.details.reason === 'gpu-timeout') {
        timeouts += 1;
        if (timeouts < GPU_TIMEOUT_TRIES) continue;
      }
      remaining = attemptsAfter(remaining.slice(1), attempt, failure);
    }
  }
  throw failure ?? new AppError('engine/bad-model-file', 'no way to load this model was found');
}

async function tryOnce(
  attempt: LoadAttempt,
  cacheType: CacheType,
  { wasmUrl, isolated, hardwareConcurrency }: LoadEnvironment,
  read: ReadModel,
  log: NativeLog,
  report: (progress: LoadReport) => void,
): Promise<WllamaModel> {
  const totalBytes = read.files.reduce((sum, file) => sum + file.size, 0);
  let uploaded = 0;
  const onRead = (bytes: number): void => {
    // llama.cpp reads the header twice.
    uploaded = Math.min(totalBytes, uploaded + bytes);
    report({ phase: 'upload', loadedBytes: uploaded, totalBytes });
  };
  const onGpu = attempt.backend === 'webgpu';
  // With all layers on the GPU the CPU only feeds it; more threads would spin beside it.
  const threads = onGpu ? 1 : cpuThreads(isolated, hardwareConcurrency);
  const files = read.files.map((file) => new MeteredFile(file, onRead));
  const model = await WllamaModel.load(wasmUrl, files, { ...attempt, cacheType, threads }, log);
  if (!onGpu) return model;
  try {
    // llama.cpp's own word that it uses the GPU: without it, it runs on the CPU and says nothing.
    if ((log.offload?.gpuLayers ?? 0) === 0) {
      throw new AppError('engine/unsupported-adapter', 'llama.cpp put no layer on the GPU', {
        missing: 'offload',
      });
    }
    const compiling = (): void => report({ phase: 'compile', loadedBytes: totalBytes, totalBytes });
    for (const prompt of WARM_UP_PROMPTS) {
      compiling();
      await model.stream({ prompt, max_tokens: 2, temperature: 0 }, new AbortController().signal, compiling);
    }
    return model;
  } catch (thrown) {
    await model.exit();
    throw thrown;
  }
}

/** @param onGpu what came of the last attempt there. */
function choiceAfter(choice: BackendChoice, attempt: LoadAttempt, onGpu: AppError | null): BackendChoice {
  if (choice.backend === 'cpu' || attempt.backend === 'webgpu') return choice;
  const why =
    onGpu?.code === 'engine/out-of-memory'
      ? 'the model did not fit into GPU memory'
      : 'llama.cpp could not use the GPU';
  return { backend: 'cpu', reason: `On the CPU: ${why}.`, adapter: '' };
}

/** Passes on the first report of a phase, its last (all bytes), and otherwise one every `PROGRESS_MS`. */
function throttled(onProgress: (progress: LoadReport) => void): (progress: LoadReport) => void {
  let [phase, sent] = ['', 0];
  return (progress) => {
    const now = performance.now();
    const whole = progress.loadedBytes === progress.totalBytes;
    if (progress.phase === phase && !whole && now - sent < PROGRESS_MS) return;
    [phase, sent] = [progress.phase, now];
    onProgress(progress);
  };
}
