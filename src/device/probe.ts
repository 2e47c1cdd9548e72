/** What this browser and its graphics adapter offer. Facts only: what they mean for a model is `verdict.ts`. */
import { wasmFeatures, type WasmFeatures } from './wasm-features.ts';

/** The limits that decide whether an engine can run; see `engine/mlc/requirements.ts`. */
export interface GpuLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
}

export type GpuProbe =
  | {
      readonly status: 'available';
      /** As the browser names it; browsers mask what would identify a machine. */
      readonly name: string;
      /** Computed on the CPU: right results, but no speed. */
      readonly software: boolean;
      readonly features: readonly string[];
      readonly limits: GpuLimits;
    }
  | {
      readonly status: 'missing';
      /** `insecure`: the page is on plain http, where browsers offer no WebGPU. `no-adapter`: WebGPU is there, a usable GPU is not. */
      readonly because: 'insecure' | 'no-api' | 'no-adapter';
    }
  | { readonly status: 'failed'; readonly message: string };

export interface StorageProbe {
  /** Bytes the browser would let this app use in all, as it estimates. */
  readonly quotaBytes: number;
  readonly usedBytes: number;
  /** The browser promises not to delete it to make room. */
  readonly persistent: boolean;
}

export interface DeviceProbe {
  readonly gpu: GpuProbe;
  readonly wasm: WasmFeatures;
  readonly logicalCores: number;
  /** GiB, rounded and capped by the browser against fingerprinting; null where it does not tell. */
  readonly memoryGib: number | null;
  /** null where the browser keeps it to itself. */
  readonly storage: StorageProbe | null;
  /** With it, WebAssembly may use threads. */
  readonly crossOriginIsolated: boolean;
  readonly browser: BrowserFamily;
  readonly os: OsFamily;
}

export type BrowserFamily = 'chromium' | 'firefox' | 'safari' | 'other';
export type OsFamily = 'windows' | 'mac' | 'linux' | 'android' | 'ios' | 'other';

/** The page's globals, as far as a probe needs them. */
export interface DeviceEnvironment {
  readonly navigator: {
    readonly gpu?: Pick<GPU, 'requestAdapter'> | undefined;
    readonly hardwareConcurrency: number;
    readonly deviceMemory?: number | undefined;
    readonly userAgent: string;
    readonly storage?: Pick<StorageManager, 'estimate' | 'persisted'> | undefined;
  };
  readonly isSecureContext: boolean;
  readonly crossOriginIsolated: boolean;
}

/** A driver that is still starting answers within a second or two; a broken one never does. */
const ADAPTER_TIMEOUT_MS = 15_000;

/** Never throws: what can't be found out is part of the answer. Allocates nothing on the GPU. */
export async function probeDevice(env: DeviceEnvironment): Promise<DeviceProbe> {
  const { navigator } = env;
  const [gpu, storage, wasm] = await Promise.all([
    probeGpu(env),
    probeStorage(navigator.storage),
    wasmFeatures(),
  ]);
  return {
    gpu,
    storage,
    wasm,
    logicalCores: navigator.hardwareConcurrency,
    memoryGib: navigator.deviceMemory ?? null,
    crossOriginIsolated: env.crossOriginIsolated,
    browser: browserFamily(navigator.userAgent),
    os: osFamily(navigator.userAgent),
  };
}

async function probeGpu({ navigator, isSecureContext }: DeviceEnvironment): Promise<GpuProbe> {
  if (!navigator.gpu) return { status: 'missing', because: isSecureContext ? 'no-api' : 'insecure' };
  try {
    // The same wish as the engines', or another adapter might be judged than the one that runs.
    const adapter = await withTimeout(navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }));
    if (!adapter) return { status: 'missing', because: 'no-adapter' };
    const { info, limits } = adapter;
    return {
      status: 'available',
      name: adapterName(info),
      software: isSoftware(info),
      features: [...adapter.features].sort(),
      limits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      },
    };
  } catch (error) {
    return { status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

type AdapterInfo = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'> & {
  /** Newer than some browsers. */
  readonly isFallbackAdapter?: boolean;
};

function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
}

function isSoftware(info: AdapterInfo): boolean {
  const names = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render|warp/i.test(names);
}

async function probeStorage(
  storage: DeviceEnvironment['navigator']['storage'],
): Promise<StorageProbe | null> {
  if (!storage) return null;
  try {
    const [{ quota, usage }, persistent] = await Promise.all([storage.estimate(), storage.persisted()]);
    return quota === undefined ? null : { quotaBytes: quota, usedBytes: usage ?? 0, persistent };
  } catch {
    return null; // Private windows may refuse; the Models screen asks again before it needs room.
  }
}

async function withTimeout<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('the graphics driver did not answer'));
    }, ADAPTER_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Only to name the right settings page in an advice; nothing is decided by it. */
export function browserFamily(userAgent: string): BrowserFamily {
  if (/Firefox|FxiOS/.test(userAgent)) return 'firefox';
  if (/Chrome|Chromium|Edg\//.test(userAgent)) return 'chromium';
  return userAgent.includes('Safari') ? 'safari' : 'other';
}

function osFamily(userAgent: string): OsFamily {
  if (/iPhone|iPad/.test(userAgent)) return 'ios';
  if (userAgent.includes('Android')) return 'android';
  if (userAgent.includes('Windows')) return 'windows';
  if (userAgent.includes('Mac OS')) return 'mac';
  return userAgent.includes('Linux') || userAgent.includes('CrOS') ? 'linux' : 'other';
}
