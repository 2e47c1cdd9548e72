/**
 * What the page and the llama.cpp worker say to each other: one discriminated union each way. Every request carries an `id`
 * that its answers repeat; errors cross as `WireError`. The worker lives for one load: unloading terminates it.
 */
import type { WireError } from '../../errors/app-error.ts';
import type {
  Backend,
  FinishReason,
  GenerateRequest,
  GenerationUsage,
  LoadedModel,
  LoadProgress,
  ModelFile,
  OptionScore,
} from '../port.ts';

export interface LoadOrder {
  /** URLs are absolute here: a worker resolves relative ones against its own script. */
  readonly files: readonly ModelFile[];
  readonly contextLength: number;
  readonly backend: 'auto' | Backend;
}

/** What the worker finds out about a model; the page adds what it knows from the catalogue. */
export type LoadedFacts = Omit<
  LoadedModel,
  'engine' | 'modelId' | 'displayName' | 'quantization' | 'librarySha256'
>;

export type ToWorker =
  | { readonly type: 'load'; readonly id: number; readonly order: LoadOrder }
  | { readonly type: 'generate'; readonly id: number; readonly request: GenerateRequest }
  | {
      readonly type: 'score';
      readonly id: number;
      readonly prompt: string;
      readonly options: readonly string[];
    }
  | { readonly type: 'count'; readonly id: number; readonly text: string }
  /** Ends the generation or scoring of that id at the next token or prefill batch. */
  | { readonly type: 'stop'; readonly id: number };

export interface WorkerGenerationDone {
  readonly finishReason: FinishReason;
  readonly usage: GenerationUsage;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly seed: number;
}

export type FromWorker =
  /** The script runs. Before this, silence means that the worker was blocked. */
  | { readonly type: 'started' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: LoadProgress }
  | { readonly type: 'loaded'; readonly id: number; readonly facts: LoadedFacts }
  /** A batch of the prompt was processed: a sign of life while no token comes. */
  | { readonly type: 'prefill'; readonly id: number }
  /** Sent at most about 60 times a second. `text` may be empty while a possible stop string is held back. */
  | { readonly type: 'tokens'; readonly id: number; readonly text: string; readonly completionTokens: number }
  | { readonly type: 'done'; readonly id: number; readonly done: WorkerGenerationDone }
  | { readonly type: 'scores'; readonly id: number; readonly scores: readonly OptionScore[] }
  | { readonly type: 'count'; readonly id: number; readonly tokens: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError }
  /** The model is gone: llama.cpp aborted or its GPU device was lost. */
  | { readonly type: 'lost'; readonly error: WireError };
