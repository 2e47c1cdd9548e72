/** How long each load took, for whoever reports it: of the loaded model, not of the engine's state. */
import type { LoadedModel } from './port.ts';

const took = new WeakMap<LoadedModel, number>();

export function setLoadMs(loaded: LoadedModel, ms: number): void {
  took.set(loaded, ms);
}

/** Milliseconds from the call to ready; null for a model that this page's engine did not load. */
export function loadMsOf(loaded: LoadedModel): number | null {
  return took.get(loaded) ?? null;
}
