/**
 * The one seam between the app and whatever runs a model. Both engines (`mlc/`, `llamacpp/`) implement `Engine`;
 * nothing outside this folder knows which one is at work beyond what `LoadedModel` says.
 * The app renders prompts itself and hands over plain strings, so that both engines behave alike.
 */
import type { AppError } from '../errors/app-error.ts';
import type { Sampling } from '../lib/sampling.ts';

export type EngineKind = 'llamacpp' | 'mlc' | 'remote';
/** `server`: on another machine, which a person or whoever runs this site has named. */
export type Backend = 'webgpu' | 'cpu' | 'server';

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

/** A model on a server. Functions are asked anew each time, so that neither key nor consent lies in a state. */
export interface RemoteModel {
  readonly engine: 'remote';
  /** `server:` and the server's id. */
  readonly modelId: string;
  readonly displayName: string;
  /** Until the server says more. */
  readonly quantization: string;
  readonly server: {
    readonly id: string;
    readonly name: string;
    /** Absolute, ends with a slash; the API is at `v1/` below it. */
    readonly root: string;
    /** The model's name there; null takes the only one. */
    readonly model: string | null;
  };
  /** Catalogue id of the model it is, for how to prompt it; '' when it is none of them. */
  readonly promptAs: string;
  /** Tokens of the window where the server does not say; null: not known. */
  readonly knownContext: number | null;
  readonly key: () => string | null;
  /** Whether a person agreed, in this session, that words go to this server. */
  readonly agreed: () => boolean;
}

export type ModelToLoad = LlamaCppModel | MlcModel | RemoteModel;

/** The server a loaded model is on: what people are told, and what is recorded with each reply. */
export interface ServerInUse {
  readonly id: string;
  /** What it is called on screen. */
  readonly name: string;
  readonly host: string;
  /** The model's name there. */
  readonly model: string;
  /** It answers at the app's own address, through a proxy. */
  readonly sameOrigin: boolean;
  /** As it names its build or set-up; empty when it does not. */
  readonly fingerprint: string;
  /** Why options can't be scored there, in words; empty when they can. */
  readonly scoringProblem: string;
}

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
  /** Where it runs, if that is not this machine. */
  readonly server?: ServerInUse;
  /** Catalogue id by which it is prompted, where that is not `modelId`. */
  readonly promptAs?: string;
}

export interface GenerateRequest {
  /** The whole prompt, without BOS: the engine puts exactly one in front. */
  readonly prompt: string;
  /** Of this request alone: changing it never reloads a model. An engine without a setting says so in `GenerationDone.ignored`. */
  readonly sampling: Sampling;
  /** Text that ends the reply; never part of the reply. */
  readonly stops: readonly string[];
  /** Told why no text comes yet, by engines that wait for others. The next token says that the waiting is over. */
  readonly onWaiting?: (waiting: GenerationWaiting) => void;
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

/** A server has not begun, or has paused: it is full, its model loads, or it is silent but alive. */
export interface GenerationWaiting {
  readonly because: 'full' | 'loading' | 'silent';
  /** Requests that come before, where it tells. */
  readonly ahead: number | null;
  /** Milliseconds until it is asked again; or for how long it has been silent. */
  readonly ms: number;
}

export interface GenerationDone {
  readonly type: 'done';
  readonly finishReason: FinishReason;
  readonly usage: GenerationUsage;
  readonly timings: GenerationTimings;
  /** The seed that was used, where the engine says. */
  readonly seed: number | null;
  /** Sampling settings this engine could not honour, e.g. `topK`. */
  readonly ignored: readonly (keyof Sampling)[];
  /** What a server calls the build and set-up that wrote the reply. */
  readonly fingerprint?: string;
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
