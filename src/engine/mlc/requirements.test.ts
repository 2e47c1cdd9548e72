import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adapterInfo,
  describeRequirement,
  mlcRequirements,
  preferredQuantization,
  requireAdapter,
  type AdapterInfo,
} from './requirements.ts';

const GIB = 1024 ** 3;
const good: AdapterInfo = {
  features: ['shader-f16', 'subgroups'],
  limits: {
    maxBufferSize: 4 * GIB,
    maxStorageBufferBindingSize: 2 * GIB,
    maxComputeWorkgroupStorageSize: 32768,
    maxStorageBuffersPerShaderStage: 10,
  },
};

describe('mlcRequirements', () => {
  it('accepts an ordinary adapter for both quantisations', () => {
    expect(mlcRequirements(good, 'q4f16_1')).toEqual({ ok: true });
    expect(mlcRequirements(good, 'q4f32_1')).toEqual({ ok: true });
  });

  it('wants shader-f16 for q4f16_1 only', () => {
    const noF16 = { ...good, features: [] };
    expect(mlcRequirements(noF16, 'q4f16_1')).toEqual({ ok: false, reasons: [{ name: 'shader-f16' }] });
    expect(mlcRequirements(noF16, 'q4f32_1')).toEqual({ ok: true });
    expect(preferredQuantization(noF16)).toBe('q4f32_1');
    expect(preferredQuantization(good)).toBe('q4f16_1');
  });

  it.each([
    ['maxBufferSize', 256 * 1024 * 1024],
    ['maxStorageBufferBindingSize', 128 * 1024 * 1024],
    ['maxComputeWorkgroupStorageSize', 32 * 1024],
    ['maxStorageBuffersPerShaderStage', 10],
  ] as const)('accepts %s at its floor and names it one below', (name, floor) => {
    const at = (value: number): AdapterInfo => ({ ...good, limits: { ...good.limits, [name]: value } });
    expect(mlcRequirements(at(floor), 'q4f16_1')).toEqual({ ok: true });
    expect(mlcRequirements(at(floor - 1), 'q4f16_1')).toEqual({
      ok: false,
      reasons: [{ name, need: floor, have: floor - 1 }],
    });
  });

  it('is monotonic: raising a limit never makes an adapter worse', () => {
    const limit = fc.integer({ min: 0, max: 2 * GIB });
    const limits = fc.record({
      maxBufferSize: limit,
      maxStorageBufferBindingSize: limit,
      maxComputeWorkgroupStorageSize: fc.integer({ min: 0, max: 65536 }),
      maxStorageBuffersPerShaderStage: fc.integer({ min: 0, max: 16 }),
    });
    fc.assert(
      fc.property(limits, (low) => {
        const count = (info: AdapterInfo): number => {
          const verdict = mlcRequirements(info, 'q4f32_1');
          return verdict.ok ? 0 : verdict.reasons.length;
        };
        const more = { ...low, maxBufferSize: low.maxBufferSize + GIB };
        expect(count({ features: [], limits: more })).toBeLessThanOrEqual(
          count({ features: [], limits: low }),
        );
      }),
    );
  });
});

describe('requireAdapter', () => {
  it('names everything that is missing', () => {
    const poor = { features: [], limits: { ...good.limits, maxComputeWorkgroupStorageSize: 16384 } };
    expect(() => requireAdapter(poor, 'q4f16_1')).toThrow(
      expect.objectContaining({
        code: 'engine/unsupported-adapter',
        message: expect.stringContaining(
          'shader-f16 is missing; maxComputeWorkgroupStorageSize is 16384, 32768 needed',
        ) as string,
      }),
    );
    expect(() => requireAdapter(good, 'q4f16_1')).not.toThrow();
  });

  it('reads a live adapter, whose limits are getters', () => {
    const live = {
      features: new Set(['shader-f16']),
      limits: Object.create(good.limits) as AdapterInfo['limits'],
    };
    expect(adapterInfo(live)).toEqual({ features: ['shader-f16'], limits: good.limits });
    expect(describeRequirement({ name: 'shader-f16' })).toBe('shader-f16 is missing');
  });
});
