import { describe, expect, it } from 'vitest';
import { fractionOf } from '../../../load-phases.ts';
import { LoadProgressReader } from './load-progress.ts';
import { PrefillSlices } from '../generation/prefill-slices.ts';

describe('LoadProgressReader', () => {
  it('turns web-llm’s two runs from 0 to 1 into bytes, then shaders', () => {
    const reader = new LoadProgressReader(1000);
    // "Start to fetch params", three shards, then the shaders' own count, then "Finish loading".
    const seen = [0, 0.25, 0.5, 1, 0.1, 0.9, 1, 1].map((fraction) => reader.read(fraction));
    expect(seen.map(({ phase, loadedBytes }) => `${phase} ${loadedBytes}`)).toEqual([
      'fetch 0',
      'upload 250',
      'upload 500',
      'upload 1000',
      'compile 1000',
      'compile 1000',
      'compile 1000',
      'compile 1000',
    ]);
  });

  it('tells reading from placing, and fills one bar with both', () => {
    const reader = new LoadProgressReader(1000);
    const seen = [
      reader.readMore(400),
      reader.readMore(400),
      reader.read(0.4),
      reader.readMore(200),
      reader.read(0.8),
      reader.read(1),
    ];
    expect(seen.map(({ phase, loadedBytes, readBytes }) => [phase, loadedBytes, readBytes])).toEqual([
      ['fetch', 400, undefined],
      ['fetch', 800, undefined],
      ['upload', 400, 800],
      ['upload', 400, 1000],
      ['upload', 800, 1000],
      ['upload', 1000, 1000],
    ]);
    const bar = seen.map(fractionOf);
    expect(bar).toEqual([...bar].sort((a, b) => a - b));
    expect(bar.at(-1)).toBeCloseTo(0.85);
  });

  it('survives numbers that are none', () => {
    expect(new LoadProgressReader(10).read(Number.NaN).loadedBytes).toBe(0);
  });
});

describe('PrefillSlices', () => {
  it('grows on a fast GPU up to what the library takes, and shrinks on a slow one', () => {
    const fast = new PrefillSlices();
    expect(fast.next(2000, 1024)).toBe(64);
    fast.took(64, 10);
    expect(fast.next(2000, 1024)).toBe(256);
    fast.took(256, 20);
    expect(fast.next(2000, 1024)).toBe(1024);
    const slow = new PrefillSlices();
    slow.took(64, 6400);
    expect(slow.next(2000, 1024)).toBe(16);
  });

  it('never asks for more than is left, nor for nothing', () => {
    const slices = new PrefillSlices();
    expect(slices.next(3, 1024)).toBe(3);
    expect(slices.next(100, 1)).toBe(1);
    slices.took(1, 5000);
    expect(slices.next(100, 1024)).toBe(64);
  });
});
