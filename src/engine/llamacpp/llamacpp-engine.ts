/** The llama.cpp engine: wllama in a worker of its own, behind the `Engine` port. One worker per loaded model. */
import { AppError, isAbort } from '../../errors/app-error.ts';
import { EngineMachine } from '../engine-base.ts';
import type {
  Engine,
  EngineState,
  GenerateRequest,
  GenerationDone,
  GenerationEvent,
  LlamaCppModel,
  LoadedModel,
  LoadProgress,
  ModelFile,
  ModelToLoad,
  OptionScore,
} from '../port.ts';
import { withoutCallbacks } from '../port.ts';
import type { LoadOrder, WorkerGenerationDone } from './messages.ts';
import { TokenQueue } from './token-queue.ts';
import { WorkerLink, type Asked, type WorkerLike } from './worker-link.ts';

/** Without a byte for this long a download is dead; a disk never pauses like that. */
const FETCH_SILENCE_MS = 60_000;
/** Between two reads llama.cpp unpacks a tensor or, at the end, builds its graphs; a software GPU compiles for minutes. */
const PREPARE_SILENCE_MS = 5 * 60_000;
/** A 7B model on one CPU thread needs minutes for one batch of a prompt. */
const WORK_SILENCE_MS = 10 * 60_000;
/**
 * llama.cpp can be stopped only between two steps, and a step of a large model on a CPU takes seconds. A reader waits this
 * long for the exact end, then the reply ends here; the step ends by itself before the next request.
 */
const STOP_PATIENCE_MS = 200;

export interface LlamaCppEngineOptions {
  readonly createWorker?: () => WorkerLike;
  /** What relative file URLs are relative to; the page's address unless given. */
  readonly baseUrl?: string;
}

export class LlamaCppEngine implements Engine {
  readonly kind = 'llamacpp';
  readonly #machine = new EngineMachine();
  readonly #createWorker: () => WorkerLike;
  readonly #baseUrl: string | undefined;
  #link: WorkerLink | null = null;
  /** Settles when the last step of an abandoned reply is over. */
  #drained: Promise<unknown> = Promise.resolve();

  constructor({ createWorker = newWorker, baseUrl }: LlamaCppEngineOptions = {}) {
    this.#createWorker = createWorker;
    this.#baseUrl = baseUrl;
  }

  get state(): EngineState {
    return this.#machine.state;
  }

  subscribe(listener: (state: EngineState) => void): () => void {
    return this.#machine.subscribe(listener);
  }

  async load(model: ModelToLoad, signal?: AbortSignal): Promise<LoadedModel> {
    if (model.engine !== 'llamacpp') {
      throw new AppError('engine/unsupported-option', 'the llama.cpp engine loads GGUF files only', {
        engine: model.engine,
      });
    }
    const run = this.#machine.beginLoad(model);
    this.#close(new AppError('aborted', 'another model is loaded'));
    const onAbort = (): void => this.#close(new AppError('aborted', 'loading was cancelled'));
    try {
      if (signal?.aborted) throw new AppError('aborted', 'loading was cancelled');
      const link = this.#openLink();
      signal?.addEventListener('abort', onAbort, { once: true });
      let phase: LoadProgress['phase'] = 'fetch';
      const { answer } = link.ask(
        'loaded',
        { type: 'load', order: this.#order(model) },
        {
          onInterim: (message) => {
            if (message.type !== 'progress') return;
            const { progress } = message;
            // Once all is fetched the silence is llama.cpp's.
            phase = progress.loadedBytes === progress.totalBytes ? 'upload' : progress.phase;
            run.progress(progress);
          },
          silenceMs: () => (phase === 'fetch' ? FETCH_SILENCE_MS : PREPARE_SILENCE_MS),
          silenceCode: 'engine/load-timeout',
        },
      );
      const { facts } = await answer;
      if (!run.current) throw new AppError('aborted', 'the model was unloaded while it loaded');
      const { modelId, displayName, quantization } = model;
      const loaded: LoadedModel = {
        engine: this.kind,
        modelId,
        displayName,
        quantization,
        librarySha256: '',
        ...facts,
      };
      run.ready(loaded);
      return loaded;
    } catch (thrown) {
      const error = run.fail(thrown, 'engine/bad-model-file');
      this.#close(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
    const work = this.#machine.beginWork();
    const started = performance.now();
    const tokens = new TokenQueue(() => performance.now() - started);
    let asked: Asked<'done'> | null = null;
    let patience: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      asked?.stop();
      patience ??= setTimeout(() => tokens.close(), STOP_PATIENCE_MS);
    };
    try {
      await this.#settled(signal);
      if (signal?.aborted) {
        yield endedHere(request, tokens);
        return;
      }
      asked = this.#live().ask(
        'done',
        { type: 'generate', request: withoutCallbacks(request) },
        {
          onInterim: (message) => {
            if (message.type === 'tokens') tokens.push(message.text, message.completionTokens);
          },
          silenceMs: () => WORK_SILENCE_MS,
          silenceCode: 'engine/worker-crashed',
        },
      );
      asked.answer.then(tokens.close, tokens.close);
      signal?.addEventListener('abort', onAbort, { once: true });
      yield* tokens;
      yield asked.settled ? doneEvent((await asked.answer).done, tokens) : endedHere(request, tokens);
    } catch (thrown) {
      // Unloading ends a reply like Stop does: what was written stays.
      if (!isAbort(thrown)) throw thrown;
      yield endedHere(request, tokens);
    } finally {
      clearTimeout(patience);
      signal?.removeEventListener('abort', onAbort);
      if (asked && !asked.settled) {
        asked.stop();
        this.#drained = asked.answer.catch(() => undefined); // its outcome interests nobody any more
      }
      work.end();
    }
  }

  async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OptionScore[]> {
    const work = this.#machine.beginWork();
    let asked: Asked<'scores'> | null = null;
    const onAbort = (): void => asked?.stop();
    try {
      await this.#settled(signal);
      if (signal?.aborted) throw new AppError('aborted', 'scoring was stopped');
      asked = this.#live().ask(
        'scores',
        { type: 'score', prompt, options },
        { silenceMs: () => WORK_SILENCE_MS, silenceCode: 'engine/worker-crashed' },
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      return (await asked.answer).scores;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      work.end();
    }
  }

  async countTokens(text: string): Promise<number> {
    this.#machine.requireLoaded();
    const { answer } = this.#live().ask(
      'count',
      { type: 'count', text },
      { silenceMs: () => WORK_SILENCE_MS, silenceCode: 'engine/worker-crashed' },
    );
    return (await answer).tokens;
  }

  unload(): Promise<void> {
    this.#machine.reset();
    // Terminating the worker frees its memory, wllama's worker and the GPU device, also in the middle of a step.
    this.#close(new AppError('aborted', 'the model was unloaded'));
    return Promise.resolve();
  }

  #openLink(): WorkerLink {
    const link: WorkerLink = new WorkerLink(this.#createWorker, (error) => {
      if (this.#link !== link) return;
      this.#link = null;
      // While loading, the load fails with the same error and says so itself.
      if (this.#machine.state.status !== 'loading') this.#machine.lose(error);
    });
    this.#link = link;
    return link;
  }

  #close(error: AppError): void {
    const link = this.#link;
    this.#link = null;
    this.#drained = Promise.resolve();
    link?.end(error);
  }

  #live(): WorkerLink {
    if (!this.#link) throw new AppError('engine/not-loaded', 'the engine worker is gone');
    return this.#link;
  }

  /** Waits for the last step of an abandoned reply, or for `signal`. */
  async #settled(signal: AbortSignal | undefined): Promise<void> {
    if (!signal) {
      await this.#drained;
      return;
    }
    let onAbort = (): void => undefined;
    const aborted = new Promise<void>((resolve) => {
      onAbort = resolve;
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) resolve();
    });
    await Promise.race([this.#drained, aborted]);
    signal.removeEventListener('abort', onAbort);
  }

  #order({ files, contextLength, backend }: LlamaCppModel): LoadOrder {
    const base = this.#baseUrl ?? document.baseURI;
    const absolute = (file: ModelFile): ModelFile =>
      file.from === 'url' ? { ...file, url: new URL(file.url, base).href } : file;
    return { files: files.map(absolute), contextLength, backend };
  }
}

function doneEvent(
  { finishReason, usage, prefillMs, decodeMs, seed }: WorkerGenerationDone,
  tokens: TokenQueue,
): GenerationDone {
  const { completionTokens } = usage;
  return {
    type: 'done',
    finishReason,
    usage,
    timings: {
      timeToFirstTokenMs: tokens.firstAtMs ?? tokens.elapsedMs,
      prefillMs,
      decodeMs,
      decodeTokensPerSecond:
        completionTokens > 1 && decodeMs > 0 ? ((completionTokens - 1) * 1000) / decodeMs : 0,
    },
    seed,
    ignored: [],
  };
}

/** The end of a reply that was stopped before the worker could sum it up: counted and timed as the page saw it. */
function endedHere({ sampling }: GenerateRequest, tokens: TokenQueue): GenerationDone {
  const { firstAtMs, lastAtMs, completionTokens } = tokens;
  const decodeMs = (lastAtMs ?? 0) - (firstAtMs ?? 0);
  return {
    type: 'done',
    finishReason: 'aborted',
    usage: { promptTokens: 0, reusedTokens: 0, completionTokens },
    timings: {
      timeToFirstTokenMs: firstAtMs ?? tokens.elapsedMs,
      prefillMs: firstAtMs ?? tokens.elapsedMs,
      decodeMs,
      decodeTokensPerSecond:
        completionTokens > 1 && decodeMs > 0 ? ((completionTokens - 1) * 1000) / decodeMs : 0,
    },
    seed: sampling.seed,
    ignored: [],
  };
}

function newWorker(): WorkerLike {
  return new Worker(new URL('./worker/llamacpp.worker.ts', import.meta.url), {
    type: 'module',
    name: 'llamacpp-engine',
  });
}
