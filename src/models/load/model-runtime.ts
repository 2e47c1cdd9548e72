import type { EngineState, GenerateRequest, GenerationEvent, LoadedModel } from '../../engine/port.ts';

/** The engine of this tab, as the app composes it. */
export interface ModelRuntime {
  /** Hook. */
  readonly useEngineState: () => EngineState;
  /** Loads what `modelToLoad` finds best; `takeOver` makes another tab let go of it first. @throws AppError. */
  readonly load: (modelId: string, options?: { readonly takeOver?: boolean }) => Promise<LoadedModel>;
  /** A reply of the loaded model, in its turn. */
  readonly generate: (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<GenerationEvent>;
  readonly unload: () => Promise<void>;
}
