import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { measureBandwidth } from './bandwidth.ts';

const MIB = 2 ** 20;

interface FakeGpu {
  readonly bytesPerSecond: number;
  /** Fixed time of a submission. */
  readonly submitMs?: number;
  readonly maxBinding?: number;
  readonly errors?: Partial<Record<GPUErrorFilter, string>>;
  readonly loses?: boolean;
}

/** A GPU that takes as long as its bandwidth says, on a fake clock. */
function fakeGpu({
  bytesPerSecond,
  submitMs = 0.5,
  maxBinding = 2048 * MIB,
  errors = {},
  loses = false,
}: FakeGpu) {
  const buffers: number[] = [];
  const destroy = vi.fn();
  const scopes: GPUErrorFilter[] = [];
  let dispatches = 0;
  const device = {
    lost: loses ? Promise.resolve({ reason: 'unknown', message: 'gone' }) : new Promise(() => undefined),
    destroy,
    createShaderModule: () => ({}),
    createComputePipelineAsync: () => Promise.resolve({ getBindGroupLayout: () => ({}) }),
    createBuffer: ({ size }: { size: number }) => void buffers.push(size),
    createBindGroup: () => ({}),
    pushErrorScope: (filter: GPUErrorFilter) => void scopes.push(filter),
    popErrorScope: () => {
      const message = errors[scopes.pop() ?? 'internal'];
      return Promise.resolve(message === undefined ? null : { message });
    },
    createCommandEncoder: () => ({
      beginComputePass: () => ({
        setPipeline: () => undefined,
        setBindGroup: () => undefined,
        dispatchWorkgroups: () => void (dispatches += 1),
        end: () => undefined,
      }),
      finish: () => ({}),
    }),
    queue: {
      submit: () => undefined,
      onSubmittedWorkDone: () => {
        if (loses) return new Promise(() => undefined);
        const data = Math.max(...buffers);
        vi.advanceTimersByTime(submitMs + (1000 * data * dispatches) / bytesPerSecond);
        dispatches = 0;
        return Promise.resolve();
      },
    },
  };
  const adapter = {
    limits: { maxBufferSize: 4096 * MIB, maxStorageBufferBindingSize: maxBinding },
    requestDevice: () => Promise.resolve(device),
  };
  const gpu = { requestAdapter: () => Promise.resolve(adapter as unknown as GPUAdapter) };
  return { gpu, buffers, destroy };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('GPUBufferUsage', { STORAGE: 0x80 });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('measureBandwidth', () => {
  it.each([30e9, 200e9, 1000e9])(
    'finds %d bytes a second, whatever a submission costs',
    async (bytesPerSecond) => {
      const { gpu, destroy, buffers } = fakeGpu({ bytesPerSecond, submitMs: 2 });
      const started = performance.now();
      const result = await measureBandwidth(gpu);
      expect(result?.bufferBytes).toBe(512 * MIB);
      expect(Math.max(...buffers)).toBe(512 * MIB);
      expect((result?.bytesPerSecond ?? 0) / bytesPerSecond).toBeCloseTo(1, 1);
      expect(performance.now() - started).toBeLessThan(900);
      expect(destroy).toHaveBeenCalled();
    },
  );

  it('spares a slow adapter the large buffer and its owner the wait', async () => {
    const { gpu } = fakeGpu({ bytesPerSecond: 1e9 });
    const started = performance.now();
    expect(await measureBandwidth(gpu)).toMatchObject({ bufferBytes: 64 * MIB });
    expect(performance.now() - started).toBeLessThan(1200);
  });

  it('stays within the adapter’s limits', async () => {
    const { gpu, buffers } = fakeGpu({ bytesPerSecond: 200e9, maxBinding: 128 * MIB });
    expect(await measureBandwidth(gpu)).toMatchObject({ bufferBytes: 128 * MIB });
    expect(Math.max(...buffers)).toBe(128 * MIB);
  });

  it('answers null without an adapter', async () => {
    expect(await measureBandwidth({ requestAdapter: () => Promise.resolve(null) })).toBeNull();
  });

  it.each<[string, FakeGpu, string]>([
    ['refused commands', { bytesPerSecond: 1e9, errors: { validation: 'no' } }, 'engine/unsupported-adapter'],
    ['a full memory', { bytesPerSecond: 1e9, errors: { 'out-of-memory': 'full' } }, 'engine/out-of-memory'],
    ['a lost device', { bytesPerSecond: 1e9, loses: true }, 'engine/device-lost'],
  ])('does not take %s for a result, and frees the device', async (_what, setup, code) => {
    const { gpu, destroy } = fakeGpu(setup);
    await expect(measureBandwidth(gpu)).rejects.toMatchObject({ code });
    expect(destroy).toHaveBeenCalled();
  });

  it('stops when asked', async () => {
    const { gpu } = fakeGpu({ bytesPerSecond: 1e9 });
    await expect(measureBandwidth(gpu, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
