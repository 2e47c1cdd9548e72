/** What loading takes and finds out in the llama.cpp worker, which lives for one load: unloading ends it. */
import type { EngineCalls } from '../engine-calls.ts';
import type { Backend, LoadedModel } from '../port.ts';
import type { CacheType, ModelFile } from './model.ts';

export interface LoadOrder {
  /** URLs are absolute here: a worker resolves relative ones against its own script. */
  readonly files: readonly ModelFile[];
  readonly contextLength: number;
  readonly backend: 'auto' | Backend;
  readonly cacheType: CacheType;
}

/** What the worker finds out about a model; the page adds what it knows from the catalogue. */
export type LoadedFacts = Omit<
  LoadedModel,
  'engine' | 'modelId' | 'displayName' | 'quantization' | 'source' | 'librarySha256'
>;

export type LlamaCppCalls = EngineCalls<LoadOrder, LoadedFacts>;
