/** One bar over all phases of a load, and what each is called beside it. */
import type { LoadPhase, LoadReport } from './port.ts';

export const PHASE_NAMES: Readonly<Record<LoadPhase, string>> = {
  fetch: 'reading the weights',
  upload: 'placing the weights',
  compile: 'building shaders',
};

/** Where each phase begins and ends on the one bar: reading and uploading gigabytes outlast building shaders. */
const SPANS: Readonly<Record<LoadPhase, readonly [number, number]>> = {
  fetch: [0, 0.4],
  upload: [0.4, 0.85],
  compile: [0.85, 1],
};

/** @returns 0–1 of the whole load. */
export function fractionOf({ phase, loadedBytes, totalBytes, share, readBytes }: LoadReport): number {
  const [from, to] = SPANS[phase];
  // Two phases at once: each fills its own part of their common span.
  if (readBytes !== undefined && totalBytes > 0) {
    const [readFrom, readTo] = SPANS.fetch;
    const read = (readTo - readFrom) * Math.min(1, Math.max(0, readBytes / totalBytes));
    return readFrom + read + (to - from) * Math.min(1, Math.max(0, loadedBytes / totalBytes));
  }
  const part = share ?? (totalBytes > 0 ? loadedBytes / totalBytes : 0);
  return from + (to - from) * Math.min(1, Math.max(0, part));
}
