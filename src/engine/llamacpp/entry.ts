import type { DeviceFacts, EngineEntry, Lack } from '../engine-entry.ts';
import { LLAMACPP_ABILITIES } from './abilities.ts';
import { isLlamaCppModel } from './model.ts';

/** What wllama can't do without, whatever it computes on. */
const NEEDED_WASM = ['simd', 'exceptions', 'memory64'] as const;

export const llamaCpp: EngineEntry = {
  kind: 'llamacpp',
  name: 'llama.cpp',
  abilities: LLAMACPP_ABILITIES,
  load: async () => {
    const { LlamaCppEngine } = await import('./llamacpp-engine.ts');
    return new LlamaCppEngine();
  },
  fits: (device) => [
    { on: 'gpu', form: 'gguf', lack: lackOnGpu(device) },
    { on: 'cpu', form: 'gguf', lack: lackOfWasm(device) },
  ],
  weightBytes: (model) => {
    const files = isLlamaCppModel(model) ? model.files : [];
    const sizes = files.map((file) => (file.from === 'url' ? file.bytes : file.blob.size));
    return Promise.resolve(sizes.reduce((sum, size) => sum + size, 0));
  },
};

/** The conditions of `worker/load/backend.ts`, which decides. */
function lackOnGpu(device: DeviceFacts): Lack | null {
  const lack = lackOfWasm(device);
  if (lack) return lack;
  if (device.gpu.status !== 'available') return { of: 'gpu' };
  if (!device.gpu.features.includes('shader-f16')) return { of: 'shader-f16' };
  return device.wasm.jspi ? null : { of: 'jspi' };
}

function lackOfWasm({ wasm }: DeviceFacts): Lack | null {
  const features = NEEDED_WASM.filter((feature) => !wasm[feature]);
  return features.length > 0 ? { of: 'wasm', features } : null;
}
