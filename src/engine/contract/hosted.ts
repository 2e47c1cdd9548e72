/** For tests: one engine behind the tab's state, and facts of a loaded model that no test cares about. */
import type { Engine, EngineAbilities, LoadedModel } from '../port.ts';
import { TabEngine } from '../tab/tab-engine.ts';

export function hosted(kind: string, engine: Engine): TabEngine {
  const entry = { load: () => Promise.resolve(engine), weightBytes: () => Promise.resolve(0) };
  return new TabEngine({ [kind]: entry }, () => Promise.resolve(null));
}

export const ALL_ABILITIES: EngineAbilities = {
  scoring: true,
  alternatives: 20,
  bannedTokens: true,
  seeds: true,
};

export function loadedFixture(overrides: Partial<LoadedModel> = {}): LoadedModel {
  return {
    engine: 'llamacpp',
    engineVersion: '0',
    modelId: 'demo',
    displayName: 'Demo model',
    quantization: 'Q4_0',
    backend: 'cpu',
    backendReason: 'In a test.',
    adapter: '',
    threads: 1,
    gpuLayers: 0,
    totalLayers: 0,
    contextLength: 2048,
    vocabSize: 4096,
    source: '',
    sourceSha256: '',
    librarySha256: '',
    abilities: ALL_ABILITIES,
    ...overrides,
  };
}
