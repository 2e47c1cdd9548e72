/** Seam until `engine/engine-store.ts` is there: one engine of this tab, made when first needed. */
import { create } from 'zustand';
import type { Engine, EngineState, LoadedModel, ModelToLoad } from '../engine/port.ts';
import { AppError } from '../lib/errors.ts';

export const useEngine = create<{ readonly state: EngineState }>(() => ({ state: { status: 'idle' } }));

let engine: Engine | null = null;

export function currentEngine(): Engine {
  if (!engine) throw new AppError('engine/not-loaded', 'no engine yet');
  return engine;
}

export async function loadModel(model: ModelToLoad): Promise<LoadedModel> {
  if (!engine) {
    const { LlamaCppEngine } = await import('../engine/llamacpp/llamacpp-engine.ts');
    engine = new LlamaCppEngine();
    engine.subscribe((state) => {
      useEngine.setState({ state });
    });
  }
  return engine.load(model);
}
