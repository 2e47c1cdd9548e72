/** Chooses where a model runs. wllama itself falls back to the CPU without a word, so the choice is made before. */
import { AppError } from '../../../../errors/app-error.ts';
import type { Backend } from '../../../port.ts';

export interface BackendChoice {
  readonly backend: Backend;
  /** One plain sentence. */
  readonly reason: string;
  /** The adapter as the browser names it; empty on the CPU. */
  readonly adapter: string;
}

/** What of `navigator` and `WebAssembly` the choice depends on; a worker's globals satisfy it. */
export interface Surroundings {
  readonly gpu: Pick<GPU, 'requestAdapter'> | undefined;
  /** WebAssembly may wait for a promise (JavaScript Promise Integration): llama.cpp's GPU backend is built on it. */
  readonly hasPromiseIntegration: boolean;
}

/**
 * @throws AppError `engine/unsupported-adapter` when the GPU was asked for by name and cannot serve.
 */
export async function chooseBackend(
  wish: 'auto' | Backend,
  { gpu, hasPromiseIntegration }: Surroundings,
): Promise<BackendChoice> {
  if (wish === 'cpu') return { backend: 'cpu', reason: 'On the CPU, as chosen.', adapter: '' };
  const found = await findAdapter(gpu, hasPromiseIntegration);
  if ('adapter' in found) {
    return { backend: 'webgpu', reason: `On the GPU (${found.adapter}).`, adapter: found.adapter };
  }
  if (wish === 'webgpu') {
    throw new AppError('engine/unsupported-adapter', found.lack, { missing: found.missing });
  }
  return { backend: 'cpu', reason: `On the CPU: ${found.lack}.`, adapter: '' };
}

type Found = { readonly adapter: string } | { readonly lack: string; readonly missing: string };

async function findAdapter(gpu: Surroundings['gpu'], hasPromiseIntegration: boolean): Promise<Found> {
  if (!gpu) return { lack: 'this browser offers no WebGPU here', missing: 'webgpu' };
  if (!hasPromiseIntegration) {
    return { lack: 'this browser lacks JavaScript Promise Integration for WebAssembly', missing: 'jspi' };
  }
  const adapter = await gpu.requestAdapter();
  if (!adapter) return { lack: 'the browser gave no graphics adapter', missing: 'adapter' };
  if (!adapter.features.has('shader-f16')) {
    return { lack: 'the graphics adapter lacks shader-f16', missing: 'shader-f16' };
  }
  return { adapter: adapterName(adapter.info) };
}

function adapterName({ description, vendor, architecture, device }: GPUAdapterInfo): string {
  const parts = [vendor, architecture, device].filter((part) => part !== '');
  return description || parts.join(' ') || 'unnamed adapter';
}

/**
 * CPU threads for llama.cpp: half of the logical cores. Its threads wait for each other in busy loops, so one that has to
 * share its core with the browser's own work stalls all others; and two logical cores of one real core compute no faster.
 * @param hardwareConcurrency as `navigator` tells.
 */
export function cpuThreads(isolated: boolean, hardwareConcurrency: number): number {
  if (!isolated) return 1;
  // More than 8 gains little: decoding is bound by memory bandwidth.
  return Math.min(8, Math.max(1, Math.floor(hardwareConcurrency / 2)));
}
