import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../../errors/app-error.ts';
import { chooseBackend, cpuThreads } from './backend.ts';
import { attemptsAfter, planLoad } from './load-plan.ts';
import { NativeLog } from './native-log.ts';

function gpuWith(features: readonly string[], description = 'Some GPU'): Pick<GPU, 'requestAdapter'> {
  const info = { vendor: 'v', architecture: 'a', device: '', description };
  // Only what the choice looks at.
  const adapter = { features: new Set(features), info } as unknown as GPUAdapter;
  return { requestAdapter: () => Promise.resolve(adapter) };
}

describe('chooseBackend', () => {
  it('takes the GPU when it can serve, and says why not when it cannot', async () => {
    const gpu = gpuWith(['shader-f16']);
    const all = { gpu, hasPromiseIntegration: true };
    expect(await chooseBackend('auto', all)).toMatchObject({ backend: 'webgpu', adapter: 'Some GPU' });
    expect(await chooseBackend('webgpu', { ...all, gpu: gpuWith(['shader-f16'], '') })).toMatchObject({
      adapter: 'v a',
    });
    expect(await chooseBackend('cpu', all)).toEqual({
      backend: 'cpu',
      reason: 'On the CPU, as chosen.',
      adapter: '',
    });
    const lacks: readonly (readonly [
      RegExp,
      typeof all | { gpu: undefined; hasPromiseIntegration: true },
    ])[] = [
      [/no WebGPU/, { gpu: undefined, hasPromiseIntegration: true }],
      [/Promise Integration/, { gpu, hasPromiseIntegration: false }],
      [/shader-f16/, { ...all, gpu: gpuWith(['subgroups']) }],
      [/no graphics adapter/, { ...all, gpu: { requestAdapter: () => Promise.resolve(null) } }],
    ];
    for (const [reason, surroundings] of lacks) {
      expect(await chooseBackend('auto', surroundings)).toMatchObject({
        backend: 'cpu',
        reason: expect.stringMatching(reason) as string,
      });
      await expect(chooseBackend('webgpu', surroundings)).rejects.toMatchObject({
        code: 'engine/unsupported-adapter',
      });
    }
  });

  it('uses threads only in isolation, and never all cores', () => {
    expect(cpuThreads(false, 16)).toBe(1);
    expect([1, 2, 4, 8, 64].map((cores) => cpuThreads(true, cores))).toEqual([1, 1, 2, 4, 8]);
  });
});

describe('planLoad', () => {
  const failed = (code: ErrorCode): AppError => new AppError(code, '');

  it('shrinks the window before it leaves the GPU, and then on the CPU', () => {
    expect(
      planLoad({ backend: 'webgpu' }, 'auto', 2048).map((a) => `${a.backend} ${a.contextLength}`),
    ).toEqual([
      'webgpu 2048',
      'webgpu 1536',
      'webgpu 1024',
      'webgpu 768',
      'webgpu 512',
      'cpu 2048',
      'cpu 1536',
      'cpu 1024',
      'cpu 768',
      'cpu 512',
    ]);
    expect(planLoad({ backend: 'webgpu' }, 'webgpu', 512)).toEqual([
      { backend: 'webgpu', contextLength: 512 },
    ]);
    expect(planLoad({ backend: 'cpu' }, 'auto', 600)).toEqual([
      { backend: 'cpu', contextLength: 600 },
      { backend: 'cpu', contextLength: 512 },
    ]);
  });

  it('tries on only where another way may do', () => {
    const [first, ...rest] = planLoad({ backend: 'webgpu' }, 'auto', 1024);
    if (!first) throw new Error('no attempt');
    expect(attemptsAfter(rest, first, failed('engine/out-of-memory'))).toEqual(rest);
    expect(attemptsAfter(rest, first, failed('engine/worker-crashed'))[0]).toEqual({
      backend: 'cpu',
      contextLength: 1024,
    });
    expect(attemptsAfter(rest, first, failed('engine/bad-model-file'))).toEqual([]);
    const onCpu = { backend: 'cpu', contextLength: 1024 } as const;
    expect(attemptsAfter(rest, onCpu, failed('engine/worker-crashed'))).toEqual([]);
  });
});

describe('NativeLog', () => {
  it('reads how many layers went to the GPU', () => {
    const log = new NativeLog();
    expect(log.offload).toBeNull();
    log.add('debug', 'load_tensors: offloaded 33/33 layers to GPU');
    expect(log.offload).toEqual({ gpuLayers: 33, totalLayers: 33 });
    log.clear();
    expect(log.offload).toBeNull();
  });

  it('tells failures apart by what llama.cpp said', () => {
    const said = (
      level: 'error' | 'log',
      line: string,
      thrown?: unknown,
      backend: 'cpu' | 'webgpu' = 'cpu',
    ): string => {
      const log = new NativeLog();
      log.add(level, line);
      return log.loadError(thrown, backend).code;
    };
    const crash = Object.assign(new Error('(ABORT)'), { name: 'RuntimeError' });
    expect(said('error', 'llama_model_load: error loading model: unknown model architecture')).toBe(
      'engine/bad-model-file',
    );
    expect(said('error', 'alloc_tensor_range: failed to allocate CPU buffer of size 1073741824')).toBe(
      'engine/out-of-memory',
    );
    expect(said('log', 'Cannot enlarge memory, requested 4294967296', crash)).toBe('engine/out-of-memory');
    expect(
      said('log', 'ggml-webgpu.cpp:499: ggml_webgpu: Queue wait timed out after 30000 ms', crash, 'webgpu'),
    ).toBe('engine/device-lost');
    expect(said('log', '', crash, 'webgpu')).toBe('engine/worker-crashed');
    expect(said('log', '', crash)).toBe('engine/bad-model-file');
    expect(said('log', '', new Error('WebAssembly.instantiate(): unexpected section'))).toBe(
      'engine/no-wasm',
    );
    const own = new AppError('engine/unsupported-adapter', 'x');
    expect(new NativeLog().loadError(own, 'webgpu')).toBe(own);
  });

  it('tells when the GPU goes away', () => {
    const log = new NativeLog();
    const lost: string[] = [];
    log.onDeviceLost = (line) => void lost.push(line);
    log.add('error', 'ggml_webgpu: Device lost! Reason: 1, Message: gone');
    expect(lost).toHaveLength(1);
  });
});
