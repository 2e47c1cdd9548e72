/**
 * The one seam between the app and whatever runs a model. Both engines (`mlc/`, `llamacpp/`) implement `Engine`;
 * nothing outside this folder knows which one is at work beyond what `LoadedModel` says.
 * The app renders prompts itself and hands over plain strings, so that both engines behave alike.
 */
import type { AppError } from '../errors/app-error.ts';

export type EngineKind = 'llamacpp' | 'mlc';
export type Backend = 'webgpu' | 'cpu';

/** A single model file for the llama.cpp engine: fetched from a URL or already on this machine. */
export type ModelFile =
  | {
      readonly from: 'url';
      /** Absolute or relative to the page. */
      readonly url: string;
      /** Expected length in bytes, for progress and to notice a short answer. */
      readonly bytes: number;
      /** Lower-case hex; the bytes are refused when they differ. */
      readonly sha256?: string;
    }
  | { readonly from: 'blob'; readonly blob: Blob; readonly name: string };

export interface LlamaCppModel {
  readonly engine: 'llamacpp';
  /** Catalogue id, e.g. `demo`. */
  readonly modelId: string;
  readonly displayName: string;
  readonly quantization: string;
  /** One GGUF, or the parts of a split one in any order. */
  readonly files: readonly ModelFile[];
  /** Tokens. */
  readonly contextLength: number;
  /** `auto`: the GPU when the adapter can, else the CPU. */
  readonly backend: 'auto' | Backend;
}

export interface MlcModel {
  readonly engine: 'mlc';
  readonly modelId: string;
  readonly displayName: string;
  readonly quantization: 'q4f16_1' | 'q4f32_1';
  /** Absolute URL under which the package's files are cached or served; contains `/resolve/…/` so that web-llm appends nothing. */
  readonly baseUrl: string;
  /** Absolute URL of the compiled model library (.wasm). */
  readonly libraryUrl: string;
  /** Lower-case hex; a library that differs is refused. */
  readonly librarySha256?: string;
  readonly contextLength: number;
}

export type ModelToLoad = LlamaCppModel | MlcModel;

export interface LoadProgress {
  /** `fetch`: bytes are read; `upload`: weights go to their processor; `compile`: shaders or graphs are built. */
  readonly phase: 'fetch' | 'upload' | 'compile';
  readonly loadedBytes: number;
  /** 0 while unknown. */
  readonly totalBytes: number;
}

/** What runs, on what, and why there: shown as status and recorded in provenance. */
export interface LoadedModel {
  readonly engine: EngineKind;
  readonly engineVersion: string;
  readonly modelId: string;
  readonly displayName: string;
  readonly quantization: string;
  readonly backend: Backend;
  /** One plain sentence, e.g. "On the CPU: the graphics adapter lacks shader-f16." */
  readonly backendReason: string;
  /** The adapter as the browser names it; empty on the CPU. */
  readonly adapter: string;
  /** CPU threads in use; 0 when all layers are on the GPU and the engine does not say. */
  readonly threads: number;
  /** Layers on the GPU and in all, where the engine says. */
  readonly gpuLayers: number;
  readonly totalLayers: number;
  /** Tokens; may be smaller than asked when memory made the engine fall back. */
  readonly contextLength: number;
  readonly vocabSize: number;
  /** Lower-case hex of the model file(s) or the package's index; empty when not known. */
  readonly sourceSha256: string;
  /** Lower-case hex of the compiled model library; empty for llama.cpp. */
  readonly librarySha256: string;
}

/** Per-request sampling: changing it never reloads a model. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 is off. web-llm has no top_k: the MLC engine ignores it and says so in `GenerationDone.ignored`. */
  readonly topK: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  /** null: the engine draws one. */
  readonly seed: number | null;
  readonly maxTokens: number;
}

export interface GenerateRequest {
  /** The whole prompt, without BOS: the engine puts exactly one in front. */
  readonly prompt: string;
  readonly sampling: Sampling;
  /** Text that ends the reply; never part of the reply. */
  readonly stops: readonly string[];
}

export type FinishReason = 'stop' | 'length' | 'aborted';

export interface GenerationUsage {
  readonly promptTokens: number;
  /** Prompt tokens whose KV entries were reused from the turn before. */
  readonly reusedTokens: number;
  readonly completionTokens: number;
}

export interface GenerationTimings {
  /** Milliseconds from the request to the first token. */
  readonly timeToFirstTokenMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  /** Tokens a second after the first one; 0 when fewer than two came. */
  readonly decodeTokensPerSecond: number;
}

export type GenerationEvent =
  | {
      readonly type: 'token';
      /** Whole characters only: an incomplete UTF-8 sequence is held back. May hold more than one token's text, or none. */
      readonly text: string;
      /** Tokens generated so far. */
      readonly completionTokens: number;
      /** Milliseconds since the request. */
      readonly elapsedMs: number;
    }
  | GenerationDone;

export interface GenerationDone {
  readonly type: 'done';
  readonly finishReason: FinishReason;
  readonly usage: GenerationUsage;
  readonly timings: GenerationTimings;
  /** The seed that was used, where the engine says. */
  readonly seed: number | null;
  /** Sampling settings this engine could not honour, e.g. `topK`. */
  readonly ignored: readonly (keyof Sampling)[];
}

export interface OptionScore {
  readonly option: string;
  /** Natural logarithm of the probability of the option's tokens after the prompt. */
  readonly logProbability: number;
  readonly tokens: number;
}

export type EngineState =
  | { readonly status: 'idle' }
  | { readonly status: 'loading'; readonly model: ModelToLoad; readonly progress: LoadProgress }
  | { readonly status: 'ready'; readonly loaded: LoadedModel }
  | { readonly status: 'generating'; readonly loaded: LoadedModel }
  /** Loading or running failed; a new `load` is possible. */
  | { readonly status: 'failed'; readonly error: AppError }
  /** The worker or the GPU went away under a loaded model; a new `load` is possible. */
  | { readonly status: 'lost'; readonly error: AppError; readonly loaded: LoadedModel };

export interface Engine {
  readonly kind: EngineKind;
  readonly state: EngineState;
  /** Calls back on every change of `state`. @returns a function that ends it. */
  subscribe(listener: (state: EngineState) => void): () => void;
  /** @throws AppError `engine/*`, `bytes/*` or `aborted`. Afterwards the engine is `failed` or, when aborted, `idle`. */
  load(model: ModelToLoad, signal?: AbortSignal): Promise<LoadedModel>;
  /**
   * Streams a reply. Ends with exactly one `done`, also when `signal` aborts (finish reason `aborted`).
   * @throws AppError `engine/not-loaded`, `engine/busy`, `engine/prompt-too-long`, `engine/device-lost`, …
   */
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerationEvent>;
  /** Log-probability of each option as the continuation of `prompt`. */
  score(prompt: string, options: readonly string[], signal?: AbortSignal): Promise<readonly OptionScore[]>;
  /** Number of tokens of `text`, without BOS. */
  countTokens(text: string): Promise<number>;
  /** Frees memory and GPU. Safe in every state. */
  unload(): Promise<void>;
}
