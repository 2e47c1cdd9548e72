import type { DeviceProbe, GpuLimits, GpuProbe } from './probe.ts';

const MIB = 2 ** 20;

export const goodLimits: GpuLimits = {
  maxBufferSize: 4096 * MIB,
  maxStorageBufferBindingSize: 2048 * MIB,
  maxComputeWorkgroupStorageSize: 32768,
  maxStorageBuffersPerShaderStage: 10,
  maxComputeInvocationsPerWorkgroup: 1024,
};

export function gpuWith(
  features: readonly string[],
  limits: Partial<GpuLimits> = {},
  software = false,
): GpuProbe {
  return {
    status: 'available',
    name: 'test adapter',
    software,
    features,
    limits: { ...goodLimits, ...limits },
  };
}

/** A current desktop browser on a machine with a good GPU. */
export function probeWith(over: Partial<DeviceProbe> = {}): DeviceProbe {
  return {
    gpu: gpuWith(['shader-f16', 'subgroups']),
    wasm: { simd: true, threads: true, memory64: true, exceptions: true, jspi: true },
    logicalCores: 8,
    memoryGib: 16,
    storage: { quotaBytes: 100e9, usedBytes: 0, persistent: true },
    crossOriginIsolated: true,
    browser: 'chromium',
    os: 'linux',
    ...over,
  };
}
