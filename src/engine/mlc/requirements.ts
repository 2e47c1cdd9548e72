/**
 * What web-llm's runtime asks of a WebGPU adapter, checked before a byte of a model is fetched. web-llm itself notices a
 * missing shader-f16 only after all weights were downloaded, and throws untyped errors for the limits.
 * Numbers are those of `detectGPUDevice` in @mlc-ai/web-llm 0.2.86.
 */
import { AppError } from '../../errors/app-error.ts';
import type { MlcQuantization } from '../../formats/mlc-package/quantization.ts';

const MIB = 1024 * 1024;

/** It asks for 1 GiB and falls back to these, WebGPU's default limits; below them it refuses to start. */
export const MIN_BUFFER_BYTES = 256 * MIB;
export const MIN_STORAGE_BINDING_BYTES = 128 * MIB;
/** The attention kernels keep their tiles here. WebGPU's default is 16 KiB. */
export const MIN_WORKGROUP_STORAGE_BYTES = 32 * 1024;
/** WebGPU's default is 8. */
export const MIN_STORAGE_BUFFERS_PER_STAGE = 10;

/** The part of a `GPUAdapter` that decides, as plain data so that it can cross workers and be recorded. */
export interface AdapterInfo {
  readonly features: readonly string[];
  readonly limits: {
    readonly maxBufferSize: number;
    readonly maxStorageBufferBindingSize: number;
    readonly maxComputeWorkgroupStorageSize: number;
    readonly maxStorageBuffersPerShaderStage: number;
  };
}

export interface UnmetRequirement {
  /** Name of the WebGPU feature or limit. */
  readonly name: 'shader-f16' | keyof AdapterInfo['limits'];
  /** Absent for features. Bytes, or a count for `maxStorageBuffersPerShaderStage`. */
  readonly need?: number;
  readonly have?: number;
}

export type RequirementVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reasons: readonly UnmetRequirement[] };

/** Can this adapter run a model of this quantisation under web-llm? Pure; all unmet requirements are listed. */
export function mlcRequirements(adapter: AdapterInfo, quantization: MlcQuantization): RequirementVerdict {
  const reasons: UnmetRequirement[] = [];
  if (quantization === 'q4f16_1' && !adapter.features.includes('shader-f16'))
    reasons.push({ name: 'shader-f16' });
  const floors: readonly (readonly [keyof AdapterInfo['limits'], number])[] = [
    ['maxBufferSize', MIN_BUFFER_BYTES],
    ['maxStorageBufferBindingSize', MIN_STORAGE_BINDING_BYTES],
    ['maxComputeWorkgroupStorageSize', MIN_WORKGROUP_STORAGE_BYTES],
    ['maxStorageBuffersPerShaderStage', MIN_STORAGE_BUFFERS_PER_STAGE],
  ];
  for (const [name, need] of floors) {
    const have = adapter.limits[name];
    if (!(have >= need)) reasons.push({ name, need, have });
  }
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}

/** q4f16_1 halves the KV cache and the activations; it needs 16-bit floats in shaders. */
export function preferredQuantization(adapter: Pick<AdapterInfo, 'features'>): MlcQuantization {
  return adapter.features.includes('shader-f16') ? 'q4f16_1' : 'q4f32_1';
}

/** One line per unmet requirement, for the device screen and error reports. */
export function describeRequirement({ name, need, have }: UnmetRequirement): string {
  if (need === undefined) return `${name} is missing`;
  return `${name} is ${have ?? 'unknown'}, ${need} needed`;
}

/** @throws AppError `engine/unsupported-adapter` with every unmet requirement in its message. */
export function requireAdapter(adapter: AdapterInfo, quantization: MlcQuantization): void {
  const verdict = mlcRequirements(adapter, quantization);
  if (verdict.ok) return;
  const unmet = verdict.reasons.map(describeRequirement).join('; ');
  throw new AppError('engine/unsupported-adapter', `The adapter cannot run ${quantization}: ${unmet}`, {
    quantization,
    unmet,
    lacksShaderF16: verdict.reasons.some(({ name }) => name === 'shader-f16'),
  });
}

/** Reads what `mlcRequirements` needs off a live adapter. */
export function adapterInfo(adapter: {
  readonly features: Iterable<string>;
  readonly limits: AdapterInfo['limits'];
}): AdapterInfo {
  const { limits } = adapter;
  return {
    features: [...adapter.features],
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    },
  };
}
