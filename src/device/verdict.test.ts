import { describe, expect, it } from 'vitest';
import { findEntry } from '../models/catalogue/catalogue-lookup.ts';
import { builtInCatalogue } from '../models/catalogue/catalogue.ts';
import { advise } from './advice.ts';
import type { DeviceProbe } from './probe.ts';
import { kvBytesPerToken, predictSpeed, speedText, weightBytesPerToken } from './speed.ts';
import { gpuWith, probeWith } from './test-support.ts';
import { verdict, type ModelNeeds, type Way } from './verdict.ts';

const catalogue = builtInCatalogue();

/** Also shows the compiler that a catalogue entry is all a verdict needs. */
function model(id: string): ModelNeeds {
  const entry = findEntry(catalogue, id);
  if (entry === undefined) throw new Error(`no entry ${id}`);
  return entry;
}

const f16 = gpuWith(['shader-f16']);
const f32 = gpuWith([]);
const none = { status: 'missing', because: 'no-adapter' } as const;
const wasm = probeWith().wasm;

const mlc16: Way = { on: 'gpu', engine: 'mlc', quantization: 'q4f16_1' };
const mlc32: Way = { on: 'gpu', engine: 'mlc', quantization: 'q4f32_1' };
const llamaGpu: Way = { on: 'gpu', engine: 'llamacpp' };
const llamaCpu: Way = { on: 'cpu', engine: 'llamacpp' };

describe('verdict', () => {
  it.each<[string, Partial<DeviceProbe>, Way | null, Way | null]>([
    // device, probe, way of Meditron-7B, way of the Demo model
    ['a good GPU', {}, mlc16, llamaGpu],
    ['a GPU without shader-f16', { gpu: f32 }, mlc32, llamaCpu],
    [
      'a GPU with small limits',
      { gpu: gpuWith(['shader-f16'], { maxComputeWorkgroupStorageSize: 16384 }) },
      llamaGpu,
      llamaGpu,
    ],
    [
      'a GPU with small limits and no shader-f16',
      { gpu: gpuWith([], { maxStorageBuffersPerShaderStage: 8 }) },
      llamaCpu,
      llamaCpu,
    ],
    ['a good GPU, no JSPI', { wasm: { ...wasm, jspi: false } }, mlc16, llamaCpu],
    // No compiled library of the Demo model's size is published.
    ['a good GPU, old WebAssembly', { wasm: { ...wasm, memory64: false } }, mlc16, null],
    ['no GPU', { gpu: none }, llamaCpu, llamaCpu],
    ['a GPU that failed', { gpu: { status: 'failed', message: 'driver' } }, llamaCpu, llamaCpu],
    ['no GPU and old WebAssembly', { gpu: none, wasm: { ...wasm, simd: false } }, null, null],
  ])('%s', (_device, over, meditron, demo) => {
    const probe = probeWith(over);
    expect(verdict(probe, model('meditron-7b'), null).way).toEqual(meditron);
    expect(verdict(probe, model('demo'), null).way).toEqual(demo);
    expect(verdict(probe, model('meditron-70b'), 1e12).way).toBeNull();
  });

  it('says why nothing better serves, each reason once', () => {
    const { reasons, headline, contextLength, slow } = verdict(
      probeWith({ gpu: none, logicalCores: 16 }),
      model('meditron-7b'),
      null,
    );
    expect(headline).toBe('Runs on the CPU');
    expect(slow).toBe(false);
    expect(contextLength).toBe(768);
    expect(reasons).toEqual([
      'This browser has WebGPU but found no graphics adapter it may use.',
      'It uses 8 threads and about 4.4 GB of memory.',
      'Its window is 768 tokens there instead of 2,048, to fit the memory a page may use.',
    ]);
    const small = gpuWith([], { maxComputeWorkgroupStorageSize: 16384 });
    expect(verdict(probeWith({ gpu: small }), model('meditron-7b'), null).reasons[0]).toBe(
      'The graphics adapter falls short: maxComputeWorkgroupStorageSize is 16384, 32768 needed.',
    );
    const nothing = verdict(
      probeWith({ gpu: none, wasm: { ...wasm, exceptions: false } }),
      model('meditron-7b'),
      null,
    );
    expect(nothing.headline).toBe('Does not run here');
    expect(nothing.reasons.join(' ')).toContain('exceptions');
  });

  it('calls one thread of CPU too slow for 7B, and a software adapter too, but not for the Demo model', () => {
    const oneThread = probeWith({ gpu: none, crossOriginIsolated: false });
    expect(verdict(oneThread, model('meditron-7b'), null)).toMatchObject({
      slow: true,
      headline: 'Runs on the CPU, too slowly to chat with',
    });
    expect(verdict(oneThread, model('demo'), null).slow).toBe(false);
    const software = probeWith({ gpu: gpuWith(['shader-f16'], {}, true) });
    expect(verdict(software, model('meditron-7b'), 10e9)).toMatchObject({ slow: true, speed: null });
    expect(verdict(software, model('demo'), 10e9)).toMatchObject({ slow: false, speed: null });
  });

  it('doubts what the machine’s own figures contradict', () => {
    const small = probeWith({
      memoryGib: 4,
      storage: { quotaBytes: 3e9, usedBytes: 1e9, persistent: false },
    });
    expect(verdict(small, model('meditron-7b'), null).doubts).toEqual([
      'The browser reports about 4 GB of memory in this machine, so the model may not fit.',
      'Its files take 3.83 GB; the browser offers 2 GB of storage.',
    ]);
    expect(verdict(small, model('demo'), null).doubts).toEqual([]);
    expect(verdict(probeWith({ memoryGib: null, storage: null }), model('meditron-7b'), null).doubts).toEqual(
      [],
    );
  });

  it('predicts no GPU speed before the memory was measured', () => {
    expect(verdict(probeWith(), model('meditron-7b'), null).speed).toBeNull();
    const { speed } = verdict(probeWith(), model('meditron-7b'), 200e9);
    expect(Math.round(speed?.atStart ?? 0)).toBe(54);
    expect(Math.round(speed?.atFullWindow ?? 0)).toBe(42);
  });
});

describe('the hardware arithmetic', () => {
  const meditron = model('meditron-7b');
  if (meditron.kind === 'unavailable') throw new Error('Meditron-7B runs');
  const { architecture } = meditron;

  it('reads 3.72 GB of weights and 0.5 MiB of KV cache a token of Meditron-7B', () => {
    expect(weightBytesPerToken(architecture, 'q4f16_1') / 1e9).toBeCloseTo(3.72, 2);
    expect(kvBytesPerToken(architecture, 'q4f16_1')).toBe(2 ** 19);
    expect(kvBytesPerToken(architecture, 'q4f32_1')).toBe(2 ** 20);
  });

  it.each([
    [68e9, 18],
    [200e9, 54],
    [400e9, 108],
    [1008e9, 271],
  ])('%d bytes a second decode at most %d tokens a second', (bandwidth, tokens) => {
    expect(Math.round(predictSpeed(architecture, 'q4f16_1', 2048, bandwidth).atStart)).toBe(tokens);
  });

  it.each([
    [54.2, '54 tokens a second'],
    [0.84, '0.8 tokens a second'],
    [0.23, 'one token every 4 s'],
  ])('reads %d as %s', (speed, text) => {
    expect(speedText(speed)).toBe(text);
  });
});

describe('advise', () => {
  const texts = (over: Partial<DeviceProbe>) =>
    advise(probeWith(over)).map(({ text, address }) => address ?? text);

  it('has nothing to say where everything is there', () => {
    expect(texts({})).toEqual([]);
  });

  it.each<[string, Partial<DeviceProbe>, string]>([
    ['Chromium without an adapter', { gpu: none }, 'chrome://gpu'],
    ['Chromium on Linux without an adapter', { gpu: none }, 'chrome://flags/#enable-unsafe-webgpu'],
    ['a software adapter', { gpu: gpuWith([], {}, true) }, 'chrome://settings/system'],
    [
      'no WebGPU in Firefox',
      { gpu: { status: 'missing', because: 'no-api' }, browser: 'firefox' },
      'Chrome or Edge',
    ],
    [
      'no WebGPU in Safari',
      { gpu: { status: 'missing', because: 'no-api' }, browser: 'safari', os: 'mac' },
      'Safari 26',
    ],
    ['plain http', { gpu: { status: 'missing', because: 'insecure' } }, 'https'],
    ['no shader-f16', { gpu: f32 }, 'driver'],
    ['small limits', { gpu: gpuWith(['shader-f16'], { maxStorageBuffersPerShaderStage: 8 }) }, 'limits'],
    ['a page that is not isolated', { crossOriginIsolated: false }, 'one thread'],
    ['old WebAssembly', { wasm: { ...wasm, memory64: false } }, 'WebAssembly'],
  ])('%s', (_device, over, word) => {
    expect(texts(over).join('\n')).toContain(word);
  });

  it('names no flag on systems that need none', () => {
    expect(texts({ gpu: none, os: 'windows' }).join()).not.toContain('flags');
    expect(texts({ gpu: none, browser: 'firefox' }).join()).not.toContain('chrome://');
  });

  it('does not keep a good adapter from being called good', () => {
    expect(texts({ gpu: f16 })).toEqual([]);
  });
});
