import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserFamily, probeDevice, type DeviceEnvironment } from './probe.ts';
import { goodLimits } from './test-support.ts';
import { wasmFeatures } from './wasm-features.ts';

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

function environment(
  over: Partial<DeviceEnvironment['navigator']> = {},
  page: Partial<DeviceEnvironment> = {},
): DeviceEnvironment {
  return {
    navigator: {
      hardwareConcurrency: 4,
      deviceMemory: 8,
      userAgent: CHROME,
      storage: {
        estimate: () => Promise.resolve({ quota: 1000, usage: 10 }),
        persisted: () => Promise.resolve(true),
      },
      ...over,
    },
    isSecureContext: true,
    crossOriginIsolated: true,
    ...page,
  };
}

function gpuGiving(adapter: unknown): Pick<GPU, 'requestAdapter'> {
  return { requestAdapter: () => Promise.resolve(adapter as GPUAdapter | null) };
}

const info = { vendor: 'nvidia', architecture: 'ada', device: '', description: '' };

afterEach(() => {
  vi.useRealTimers();
});

describe('probeDevice', () => {
  it('reads an adapter', async () => {
    const gpu = gpuGiving({
      info,
      features: new Set(['shader-f16', 'bgra8unorm-storage']),
      limits: goodLimits,
    });
    const probe = await probeDevice(environment({ gpu }));
    expect(probe.gpu).toEqual({
      status: 'available',
      name: 'nvidia ada',
      software: false,
      features: ['bgra8unorm-storage', 'shader-f16'],
      limits: goodLimits,
    });
    expect(probe).toMatchObject({
      logicalCores: 4,
      memoryGib: 8,
      crossOriginIsolated: true,
      storage: { quotaBytes: 1000, usedBytes: 10, persistent: true },
      browser: 'chromium',
      os: 'linux',
    });
    // Plain data: it is cached, and may be exported with a report.
    expect(JSON.parse(JSON.stringify(probe))).toEqual(probe);
  });

  it.each([
    [{ ...info, isFallbackAdapter: true }, true],
    [{ vendor: 'google', architecture: 'swiftshader', device: '', description: '' }, true],
    [{ vendor: 'mesa', architecture: '', device: '', description: 'llvmpipe (LLVM 19)' }, true],
    [{ ...info, isFallbackAdapter: false }, false],
  ])('tells a software adapter: %j', async (adapterInfo, software) => {
    const gpu = gpuGiving({ info: adapterInfo, features: new Set(), limits: goodLimits });
    const probe = await probeDevice(environment({ gpu }));
    expect(probe.gpu).toMatchObject({ status: 'available', software });
  });

  it('tells the kinds of absence apart', async () => {
    const because = async (env: DeviceEnvironment) => (await probeDevice(env)).gpu;
    expect(await because(environment())).toEqual({ status: 'missing', because: 'no-api' });
    expect(await because(environment({}, { isSecureContext: false }))).toEqual({
      status: 'missing',
      because: 'insecure',
    });
    expect(await because(environment({ gpu: gpuGiving(null) }))).toEqual({
      status: 'missing',
      because: 'no-adapter',
    });
    const failing = { requestAdapter: () => Promise.reject(new Error('lost')) };
    expect(await because(environment({ gpu: failing }))).toEqual({ status: 'failed', message: 'lost' });
  });

  it('does not wait for ever for a broken driver', async () => {
    vi.useFakeTimers();
    const gpu = { requestAdapter: () => new Promise<never>(() => undefined) };
    const probe = probeDevice(environment({ gpu }));
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await probe).gpu).toMatchObject({ status: 'failed' });
  });

  it('lives with browsers that keep storage and memory to themselves', async () => {
    const refusing = {
      estimate: () => Promise.reject(new Error('private')),
      persisted: () => Promise.resolve(false),
    };
    expect(await probeDevice(environment({ storage: refusing, deviceMemory: undefined }))).toMatchObject({
      storage: null,
      memoryGib: null,
    });
    expect((await probeDevice(environment({ storage: undefined }))).storage).toBeNull();
  });
});

describe('wasmFeatures', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('finds in node what node has', async () => {
    expect(await wasmFeatures()).toMatchObject({ simd: true, threads: true, exceptions: true });
  });

  it('asks about each feature by a module of its own', async () => {
    const asked: string[] = [];
    vi.stubGlobal('WebAssembly', {
      validate: (module: Uint8Array) => {
        asked.push([...module].join(' '));
        return false;
      },
    });
    expect(await wasmFeatures()).toEqual({
      simd: false,
      threads: false,
      memory64: false,
      exceptions: false,
      jspi: false,
    });
    expect(new Set(asked).size).toBe(4);
  });

  it('finds nothing where WebAssembly is turned off', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(Object.values(await wasmFeatures())).toEqual([false, false, false, false, false]);
  });
});

describe('browserFamily', () => {
  it.each([
    [CHROME, 'chromium'],
    [`${CHROME} Edg/156.0`, 'chromium'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
      'safari',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'firefox'],
  ])('%s', (userAgent, family) => {
    expect(browserFamily(userAgent)).toBe(family);
  });
});
