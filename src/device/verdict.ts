/** Will this model run here, on what, how fast roughly, and if not, why. Pure. */
import { MLC_QUANTIZATIONS, type MlcQuantization } from '../formats/mlc-package/quantization.ts';
import type { Lack } from '../engine/engine-entry.ts';
import { cpuThreads } from '../engine/llamacpp/worker/load/backend.ts';
import { ENGINES, type EngineKind } from '../engine/registry.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import type { DeviceProbe } from './probe.ts';
import { predictCpuSpeed, predictSpeed, type Architecture, type SpeedPrediction } from './speed.ts';

/** What a verdict needs to know of a model: a catalogue entry has it all. */
export type ModelNeeds =
  | {
      readonly kind: 'built-in' | 'fetched';
      readonly id: string;
      readonly name: string;
      readonly architecture: Architecture;
      readonly recommended: { readonly engine: EngineKind; readonly source: string };
      readonly sources: readonly { readonly id: string; readonly bytes: number }[];
      readonly mlc: {
        readonly contextLength: number;
        readonly quantizations: { readonly [form in MlcQuantization]?: MlcNeeds | undefined };
      } | null;
      readonly llamacpp: {
        readonly contextLength: number;
        readonly cpuContextLength: number;
        readonly gpuBytes: number;
        readonly cpuBytes: number;
      } | null;
    }
  | {
      readonly kind: 'unavailable';
      readonly id: string;
      readonly name: string;
      readonly why: string;
    };

interface MlcNeeds {
  /** null: no compiled model library is published, so this way is open only to those who import one. */
  readonly library: string | null;
  readonly gpuBytes: number;
}

type RunnableNeeds = Extract<ModelNeeds, { kind: 'built-in' | 'fetched' }>;

export type Way =
  | { readonly on: 'gpu'; readonly engine: 'mlc'; readonly quantization: MlcQuantization }
  | { readonly on: 'gpu'; readonly engine: 'llamacpp' }
  | { readonly on: 'cpu'; readonly engine: 'llamacpp' };

export interface Verdict {
  readonly modelId: string;
  readonly modelName: string;
  /** The best way this model runs here; null: it does not. */
  readonly way: Way | null;
  /** Tokens of the window that way; 0 when it does not run. */
  readonly contextLength: number;
  /** It runs, but nobody would wait for its replies. */
  readonly slow: boolean;
  /** e.g. “Runs on the GPU in 16-bit floats”. */
  readonly headline: string;
  /** Why this way and no better one, and what it needs: whole sentences. */
  readonly reasons: readonly string[];
  /** Where what the machine reports makes it doubtful: whole sentences. */
  readonly doubts: readonly string[];
  /** null: not known (no measurement) or not predictable (a software adapter). */
  readonly speed: SpeedPrediction | null;
}

const GIB = 2 ** 30;
/** Tokens a second: below it a reply of a few sentences takes minutes. */
const SLOW = 1;
/** Parameters above which a software adapter takes seconds a token. */
const LARGE = 1e9;

/** @param gpuBytesPerSecond measured bandwidth of the GPU's memory (`bandwidth.ts`); null while unknown. */
export function verdict(probe: DeviceProbe, model: ModelNeeds, gpuBytesPerSecond: number | null): Verdict {
  const { id: modelId, name: modelName } = model;
  const nowhere = { modelId, modelName, way: null, contextLength: 0, slow: false, doubts: [], speed: null };
  if (model.kind === 'unavailable') {
    return { ...nowhere, headline: 'No browser runs this model', reasons: [model.why] };
  }
  // Best way first. A model meant for llama.cpp prefers its CPU to the other engine.
  const ways = model.recommended.engine === 'mlc' ? [mlc, llamaCppOnGpu, onCpu] : [llamaCppOnGpu, onCpu, mlc];
  const refused = new Set<string>();
  for (const way of ways) {
    const outcome = way(probe, model, gpuBytesPerSecond);
    if (outcome.runs) {
      const { way, contextLength, headline, reasons, doubts, speed } = outcome;
      const slow =
        speed === null ? isSoftware(probe) && way?.on === 'gpu' && isLarge(model) : speed.atStart < SLOW;
      return {
        modelId,
        modelName,
        way,
        contextLength,
        slow,
        headline: slow ? `${headline}, too slowly to chat with` : headline,
        reasons: [...refused, ...reasons],
        doubts: [...doubts, ...storageDoubts(probe, model)],
        speed,
      };
    }
    for (const reason of outcome.refused) refused.add(reason);
  }
  return { ...nowhere, headline: 'Does not run here', reasons: [...refused] };
}

type Outcome =
  | ({ readonly runs: true } & Omit<Verdict, 'modelId' | 'modelName' | 'slow'>)
  | { readonly runs: false; readonly refused: readonly string[] };

function mlc(probe: DeviceProbe, model: RunnableNeeds, bandwidth: number | null): Outcome {
  if (model.mlc === null) return { runs: false, refused: [] };
  const { contextLength, quantizations } = model.mlc;
  const ways = new Map(ENGINES.mlc.fits(probe).map(({ form, lack }) => [form, lack]));
  let refused: string | null = null;
  for (const quantization of MLC_QUANTIZATIONS) {
    const needs = quantizations[quantization];
    const lack = ways.get(quantization) ?? null;
    // Without a GPU that is the reason, whatever else is not published.
    if (!needs?.library && lack?.of !== 'gpu') continue;
    if (lack !== null || !needs) {
      refused = lack && lackText(lack, probe);
      continue;
    }
    const half = quantization === 'q4f16_1';
    return {
      runs: true,
      way: { on: 'gpu', engine: 'mlc', quantization },
      contextLength,
      headline: `Runs on the GPU in ${half ? '16' : '32'}-bit floats`,
      reasons: [
        half
          ? 'The adapter computes in 16-bit floats (shader-f16), the fastest way.'
          : 'The adapter lacks shader-f16, so the model computes in 32-bit floats: slower, and it needs more memory.',
        gpuMemoryNeed(needs.gpuBytes),
      ],
      doubts: [...memoryDoubts(probe, needs.gpuBytes), ...softwareDoubts(probe)],
      speed: gpuSpeed(probe, model, quantization, contextLength, bandwidth),
    };
  }
  return { runs: false, refused: refused === null ? [] : [refused] };
}

function llamaCppOnGpu(probe: DeviceProbe, model: RunnableNeeds, bandwidth: number | null): Outcome {
  if (model.llamacpp === null) return { runs: false, refused: [] };
  const lack = llamaCppLack(probe, 'gpu');
  if (lack !== null) return { runs: false, refused: [lack] };
  const { contextLength, gpuBytes } = model.llamacpp;
  return {
    runs: true,
    way: { on: 'gpu', engine: 'llamacpp' },
    contextLength,
    headline: 'Runs on the GPU',
    reasons: [gpuMemoryNeed(gpuBytes)],
    doubts: [...memoryDoubts(probe, gpuBytes), ...softwareDoubts(probe)],
    speed: gpuSpeed(probe, model, 'q4_0', contextLength, bandwidth),
  };
}

function onCpu(probe: DeviceProbe, model: RunnableNeeds): Outcome {
  if (model.llamacpp === null) return { runs: false, refused: [] };
  const lack = llamaCppLack(probe, 'cpu');
  if (lack !== null) return { runs: false, refused: [lack] };
  const { contextLength, cpuContextLength, cpuBytes } = model.llamacpp;
  const threads = cpuThreads(probe.crossOriginIsolated, probe.logicalCores);
  const speed = predictCpuSpeed(model.architecture, cpuContextLength, threads);
  const shorter = `Its window is ${formatCount(cpuContextLength)} tokens there instead of ${formatCount(contextLength)}, to fit the memory a page may use.`;
  return {
    runs: true,
    way: { on: 'cpu', engine: 'llamacpp' },
    contextLength: cpuContextLength,
    headline: 'Runs on the CPU',
    reasons: [
      `It uses ${threads === 1 ? 'one thread' : `${String(threads)} threads`} and about ${formatBytes(cpuBytes)} of memory.`,
      ...(cpuContextLength < contextLength ? [shorter] : []),
    ],
    doubts: memoryDoubts(probe, cpuBytes),
    speed,
  };
}

function llamaCppLack(probe: DeviceProbe, on: 'gpu' | 'cpu'): string | null {
  const lack = ENGINES.llamacpp.fits(probe).find((way) => way.on === on)?.lack ?? null;
  return lack && lackText(lack, probe);
}

/** Why an engine can't run here in some way, as a sentence. */
function lackText(lack: Lack, probe: DeviceProbe): string {
  switch (lack.of) {
    case 'gpu':
      return gpuMissing(probe);
    case 'wasm':
      return `llama.cpp needs parts of WebAssembly this browser lacks: ${lack.features.join(', ')}.`;
    case 'shader-f16':
      return 'The graphics adapter lacks shader-f16.';
    case 'jspi':
      return 'The browser lacks JavaScript Promise Integration for WebAssembly.';
    case 'adapter':
      return `The graphics adapter falls short: ${lack.unmet.join('; ')}.`;
  }
}

/** Why there is no GPU to use. Call with a probe that has none. */
export function gpuMissing({ gpu }: DeviceProbe): string {
  if (gpu.status === 'failed') return `The graphics adapter could not be opened (${gpu.message}).`;
  if (gpu.status === 'available') return '';
  switch (gpu.because) {
    case 'insecure':
      return 'Browsers offer WebGPU on secure pages only, and this page was opened over plain http.';
    case 'no-api':
      return 'This browser has no WebGPU.';
    case 'no-adapter':
      return 'This browser has WebGPU but found no graphics adapter it may use.';
  }
}

function gpuMemoryNeed(bytes: number): string {
  return `It needs about ${formatBytes(bytes)} of graphics memory; browsers do not tell how much there is.`;
}

function memoryDoubts({ memoryGib }: DeviceProbe, bytes: number): readonly string[] {
  if (memoryGib === null || memoryGib * GIB >= bytes) return [];
  return [
    `The browser reports about ${String(memoryGib)} GB of memory in this machine, so the model may not fit.`,
  ];
}

function isSoftware({ gpu }: DeviceProbe): boolean {
  return gpu.status === 'available' && gpu.software;
}

function isLarge(model: RunnableNeeds): boolean {
  return model.architecture.parameters > LARGE;
}

function softwareDoubts(probe: DeviceProbe): readonly string[] {
  return isSoftware(probe)
    ? ['The adapter is a software one: it computes on the CPU, many times slower than a real GPU.']
    : [];
}

function storageDoubts({ storage }: DeviceProbe, model: RunnableNeeds): readonly string[] {
  if (storage === null || model.kind === 'built-in') return [];
  const bytes = model.sources.find(({ id }) => id === model.recommended.source)?.bytes ?? 0;
  const free = Math.max(0, storage.quotaBytes - storage.usedBytes);
  return free >= bytes
    ? []
    : [`Its files take ${formatBytes(bytes)}; the browser offers ${formatBytes(free)} of storage.`];
}

function gpuSpeed(
  probe: DeviceProbe,
  model: RunnableNeeds,
  quantization: MlcQuantization | 'q4_0',
  contextLength: number,
  bandwidth: number | null,
): SpeedPrediction | null {
  // A software adapter is bound by computing, which its bandwidth says nothing about.
  if (bandwidth === null || isSoftware(probe)) return null;
  return predictSpeed(model.architecture, quantization, contextLength, bandwidth);
}
