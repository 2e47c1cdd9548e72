/** The llama.cpp engine: wllama in a worker of its own, behind the `Engine` port. */
import { AppError } from '../../errors/app-error.ts';
import type { WorkerLike } from '../../lib/worker/worker-rpc.ts';
import type { LoadedModel, ModelToLoad } from '../port.ts';
import { WorkerEngine } from '../worker-engine.ts';
import type { LoadedFacts, LoadOrder } from './calls.ts';
import { isLlamaCppModel, type LlamaCppModel, type ModelFile } from './model.ts';

/** Without a byte for this long a download is dead; a disk never pauses like that. */
const FETCH_SILENCE_MS = 60_000;
/** Between two reads llama.cpp unpacks a tensor or, at the end, builds its graphs; a software GPU compiles for minutes. */
const PREPARE_SILENCE_MS = 5 * 60_000;

export interface LlamaCppEngineOptions {
  readonly createWorker?: () => WorkerLike;
  /** What relative file URLs are relative to; the page's address unless given. */
  readonly baseUrl?: string;
}

export class LlamaCppEngine extends WorkerEngine<LoadOrder, LoadedFacts> {
  readonly #baseUrl: string | undefined;

  constructor({ createWorker = newWorker, baseUrl }: LlamaCppEngineOptions = {}) {
    super({
      createWorker,
      loadSilenceMs: (report) =>
        // Once all is fetched the silence is llama.cpp's.
        report === null || (report.phase === 'fetch' && report.loadedBytes < report.totalBytes)
          ? FETCH_SILENCE_MS
          : PREPARE_SILENCE_MS,
      // llama.cpp can be stopped only between two steps, and a step of a large model on a CPU takes seconds.
      slowStop: { ms: 200, ends: 'reply' },
      // Ending the worker frees its memory, wllama's worker and the GPU device, also in the middle of a step.
      unloadMs: 0,
    });
    this.#baseUrl = baseUrl;
  }

  protected async loadWith(
    model: ModelToLoad,
    attempt: (order: LoadOrder) => Promise<LoadedFacts>,
  ): Promise<LoadedModel> {
    if (!isLlamaCppModel(model)) {
      throw new AppError('engine/unsupported-option', 'the llama.cpp engine loads GGUF files only', {
        engine: model.engine,
      });
    }
    const { modelId, displayName, quantization, files } = model;
    const facts = await attempt(this.#order(model));
    return {
      engine: model.engine,
      modelId,
      displayName,
      quantization,
      source: files.map((file) => (file.from === 'url' ? file.url : file.name)).join(' '),
      librarySha256: '',
      ...facts,
    };
  }

  #order({ files, contextLength, backend, cacheType = 'f16' }: LlamaCppModel): LoadOrder {
    const base = this.#baseUrl ?? document.baseURI;
    const absolute = (file: ModelFile): ModelFile =>
      file.from === 'url' ? { ...file, url: new URL(file.url, base).href } : file;
    return { files: files.map(absolute), contextLength, backend, cacheType };
  }
}

function newWorker(): WorkerLike {
  return new Worker(new URL('./worker/llamacpp.worker.ts', import.meta.url), {
    type: 'module',
    name: 'llamacpp-engine',
  });
}
