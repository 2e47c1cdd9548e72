import { expect, it, vi } from 'vitest';
import { AppError, type ErrorCode } from '../../../../errors/app-error.ts';
import { loadModel } from './load-model.ts';

let onGpu: ErrorCode = 'engine/worker-crashed';

vi.mock('./read-model.ts', () => ({
  MeteredFile: vi.fn(),
  readModel: () => Promise.resolve({ files: [], header: { metadata: new Map() }, sha256: '' }),
}));

vi.mock('../wllama-model.ts', () => ({
  WllamaModel: {
    load: (
      _: string,
      __: unknown,
      { backend, contextLength }: { backend: string; contextLength: number },
    ) => {
      if (backend === 'webgpu') return Promise.reject(new AppError(onGpu, 'no'));
      if (contextLength > 768) return Promise.reject(new AppError('engine/out-of-memory', 'no'));
      return Promise.resolve({ facts: { contextLength, vocabSize: 10, threads: 1, offload: null } });
    },
  },
}));

const gpu = {
  requestAdapter: () =>
    Promise.resolve({
      features: new Set(['shader-f16']),
      info: { description: 'A', vendor: '', architecture: '', device: '' },
    }),
};

it.each([
  ['engine/worker-crashed', 'On the CPU: llama.cpp could not use the GPU.'],
  ['engine/out-of-memory', 'On the CPU: the model did not fit into GPU memory.'],
] as const)(
  '%s on the GPU is told as what it was, whatever the CPU had no room for',
  async (code, reason) => {
    onGpu = code;
    const { facts } = await loadModel(
      { files: [], contextLength: 2048, backend: 'auto', cacheType: 'f16' } as never,
      {
        wasmUrl: '',
        engineVersion: '',
        surroundings: { gpu, hasPromiseIntegration: true },
        isolated: false,
        hardwareConcurrency: 2,
        requireAbilities: () => Promise.resolve(),
      } as never,
      () => undefined,
      () => undefined,
    );
    expect([facts.backendReason, facts.contextLength]).toEqual([reason, 768]);
  },
);
