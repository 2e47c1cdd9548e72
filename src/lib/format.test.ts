import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatSpeed } from './format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999_600, '1 MB'],
    [3_790_000_000, '3.79 GB'],
    [13_500_000_000, '13.5 GB'],
    [-4, '0 B'],
  ])('%d bytes read %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0.2, '1 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [3600, '1 h'],
    [4800, '1 h 20 min'],
    [Infinity, ''],
    [NaN, ''],
  ])('%d seconds read %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

it('says nothing about a speed that is not known yet', () => {
  expect(formatSpeed(0)).toBe('');
  expect(formatSpeed(12_300_000)).toBe('12.3 MB/s');
});
