import { describe, expect, it } from 'vitest';
import { formatBytes, formatDay, formatDuration, formatMoment, formatSpeed } from './format.ts';

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

describe('formatDay', () => {
  const now = new Date(2026, 10, 28, 9, 5).getTime();
  it.each([
    [new Date(2026, 10, 28, 0, 0).getTime(), '00:00'],
    [new Date(2026, 10, 27, 23, 59).getTime(), 'Friday'],
    [new Date(2026, 10, 22, 12, 0).getTime(), 'Sunday'],
    [new Date(2026, 10, 21, 12, 0).getTime(), '21 Nov 2026'],
    [new Date(2027, 0, 1).getTime(), '1 Jan 2027'],
    [7, ''],
  ])('%s is shown as %s', (time, text) => {
    expect(formatDay(time, now)).toBe(text);
  });
});

it('a moment has its day and its time, whatever the browser speaks', () => {
  expect(formatMoment(new Date(2026, 10, 8, 9, 5).getTime())).toBe('8 Nov 2026, 09:05');
});
