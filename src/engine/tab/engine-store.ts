/** The tab's engine for React: a mirror of `TabEngine`, which alone says what state it is in. */
import { create, type StoreApi, type UseBoundStore } from 'zustand';
import type { ClaimForModel } from './exclusive.ts';
import type { EngineState } from '../port.ts';
import { ENGINES } from '../registry.ts';
import { TabEngine } from './tab-engine.ts';

export interface EngineStore {
  readonly state: EngineState;
}

/** @returns a hook that changes whenever the engine does. */
export function mirrorOf(engine: TabEngine): UseBoundStore<StoreApi<EngineStore>> {
  return create<EngineStore>((set) => {
    engine.subscribe((state) => set({ state }));
    return { state: engine.state };
  });
}

/** Below this a second copy does no harm: the built-in Demo model may run in every tab. */
const EXCLUSIVE_FROM_BYTES = 512 * 1024 * 1024;

const claim: ClaimForModel = async (weightBytes, how) => {
  if (weightBytes < EXCLUSIVE_FROM_BYTES) return null;
  if (how.held) return how.held;
  const { claimMachine } = await import('./exclusive.ts');
  return claimMachine(how);
};

export const tabEngine = new TabEngine(ENGINES, claim);

export const useEngine = mirrorOf(tabEngine);
