/**
 * The one seam between the app and whatever runs a model. Every engine of `registry.ts` implements `Engine`; nothing outside
 * this folder knows which one is at work beyond what `LoadedModel` says. An engine keeps no state that anyone reads:
 * `TabEngine` calls it and is the one writer of `EngineState`.
 * The app renders prompts itself and hands over plain strings, so that all engines behave alike.
 */
import type { AppError } from '../errors/app-error.ts';
import type { Sampling } from '../lib/sampling.ts';

/** `server`: on another machine, which a person or whoever runs this site has named. */
export type Backend = 'webgpu' | 'cpu' | 'server';

/** What is to be loaded. Each engine adds what it needs in a type of its own, and knows it by `engine`. */
export interface ModelToLoad {
  /** Kind of an engine, see `registry.ts`. */
  readonly engine: string;
  /** Catalogue id, e.g. `demo`. */
  readonly modelId: string;
  readonly displayName: string;
  /** When what is stored of it was last compared with its checksums, milliseconds since the epoch; absent: not stored, or not known. */
  readonly verifiedAt?: number;
}

/** `fetch`: bytes are read; `upload`: weights go to their processor; `compile`: shaders or graphs are built. In this order. */
export type LoadPhase = 'fetch' | 'upload' | 'compile';

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

/** What an engine reports while it loads. */
export interface LoadReport {
  readonly phase: LoadPhase;
  /** Bytes of this phase; both 0 where it has none or they are unknown. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** 0–1 of this phase, where bytes do not tell it. */
  readonly share?: number;
  /** While weights are placed: bytes read so far, where the two overlap. */
  readonly readBytes?: number;
}

/** The same with what a bar shows. */
export interface LoadProgress extends LoadReport {
  /** 0–1 over all phases; never shrinks within a load. */
  readonly fraction: number;
}

/** What an engine can do beyond writing text. */
export interface EngineAbilities {
  /** `score`: exact log-probabilities of given options. */
  readonly scoring: boolean;
  /** Most alternatives to a token that `GenerateRequest.topAlternatives` can ask for; 0: tokens come without probabilities. */
  readonly alternatives: number;
  /** `GenerateRequest.bannedTokens` is honoured. */
  readonly bannedTokens: boolean;
  /** The same prompt, settings and seed give the same reply. */
  readonly seeds: boolean;
}

/** What runs, on what, and why there: shown as status and recorded in provenance. */
export interface LoadedModel {
  readonly engine: string;
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
  /** Where the weights came from, as URLs or file names; empty when unknown. */
  readonly source: string;
  /** Lower-case hex of the model file(s) or the package's index; empty when not known. */
  readonly sourceSha256: string;
  /** When its stored weights were last compared with their checksums, milliseconds since the epoch; absent: not stored, or not known. */
  readonly verifiedAt?: number;
  /** Lower-case hex of the compiled model library; empty for llama.cpp. */
  readonly librarySha256: string;
  /** At most what the registry says of the engine: a model or a server may offer less. */
  readonly abilities: EngineAbilities;
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
  /**
   * Asks for every token's log-probability and that many of the likeliest tokens in its place; 0 for the log-probability
   * alone. Engines give at most `EngineAbilities.alternatives`, and nothing where that is 0.
   */
  readonly topAlternatives?: number;
  /** Ids of tokens that are never drawn, by engines with `EngineAbilities.bannedTokens`. */
  readonly bannedTokens?: readonly number[];
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

export interface TokenChoice {
  /** Place in the vocabulary; null where the engine does not tell. */
  readonly id: number | null;
  /** What it adds to a text. Bytes that are no whole character read as U+FFFD. */
  readonly text: string;
  /** Its bytes, where `text` cannot say them. */
  readonly bytes?: readonly number[];
  /** Natural logarithm of its probability among the raw logits: before temperature, penalty, top-k, top-p and bans. NaN: not told. */
  readonly logProbability: number;
}

export interface ChosenToken extends TokenChoice {
  /** The likeliest tokens in this place, most likely first; the chosen one may be among them. */
  readonly alternatives: readonly TokenChoice[];
}

export interface TokenEvent {
  readonly type: 'token';
  /** Whole characters only: an incomplete UTF-8 sequence is held back. May hold more than one token's text, or none. */
  readonly text: string;
  /** Tokens generated so far. */
  readonly completionTokens: number;
  /** Milliseconds since the request. */
  readonly elapsedMs: number;
  /** The tokens that came since the event before, if `topAlternatives` asked for them. */
  readonly tokens?: readonly ChosenToken[];
}

export type GenerationEvent = TokenEvent | GenerationDone;

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
  /** Sampling settings this engine could not honour. */
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

/** What a load is given to be stopped by and to tell. */
export interface LoadWatch {
  readonly signal: AbortSignal;
  readonly onProgress: (report: LoadReport) => void;
  /** The worker, the GPU or the server went away under the loaded model. Never called after `unload` or a newer `load`. */
  readonly onLost: (error: AppError) => void;
}

/**
 * What runs models of one kind. Called by `TabEngine` alone, which sees to it that a model is loaded before work, that only
 * one load, generation or scoring runs at a time, and that every reply ends with exactly one `done`.
 */
export interface Engine {
  /** Frees what was loaded before. @throws AppError `engine/*`, `bytes/*` or `aborted`; nothing is held then. */
  load(model: ModelToLoad, watch: LoadWatch): Promise<LoadedModel>;
  /**
   * Streams a reply: tokens, then one `done`. When `signal` aborts or the model is unloaded it ends soon, either with `done`
   * (finish reason `aborted`) or with an `aborted` error. Leaving the loop early stops it, too.
   * @throws AppError `engine/prompt-too-long`, `engine/device-lost`, …
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerationEvent>;
  /**
   * Log-probability of each option as the continuation of `prompt`. Prefills what its prompts have in common with the
   * request before only once. @param onWaiting as in `GenerateRequest`. @throws AppError `engine/unsupported-option`, `engine/prompt-too-long`, `aborted`, …
   */
  score(
    prompt: string,
    options: readonly string[],
    signal: AbortSignal,
    onWaiting?: (waiting: GenerationWaiting) => void,
  ): Promise<readonly OptionScore[]>;
  /** Number of tokens of `text`, without BOS. Also while a reply is written. */
  countTokens(text: string): Promise<number>;
  /** Frees memory and GPU, and ends whatever is under way. Safe in every state. */
  unload(): Promise<void>;
}
