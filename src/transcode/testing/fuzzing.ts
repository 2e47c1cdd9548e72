import { env } from 'node:process';
import { expect } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { openModel } from '../source/open-model.ts';
import { planPackage } from '../plan/plan-package.ts';

/** Cases per property; `npm run fuzz` asks for many more. */
export const FUZZ_RUNS = Number(env.FUZZ_RUNS ?? 2000);

/** Milliseconds for one property of `FUZZ_RUNS` cases: only a parser that hangs needs as long. */
export const FUZZ_TIMEOUT = 60_000 + 20 * FUZZ_RUNS;

/** A file that fails in an unexpected way when asked for bytes it doesn't have: a parser must look first. */
export function strictSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) =>
      Number.isSafeInteger(offset) &&
      Number.isSafeInteger(length) &&
      offset >= 0 &&
      length >= 0 &&
      offset + length <= bytes.length
        ? Promise.resolve(bytes.slice(offset, offset + length))
        : Promise.reject(
            new RangeError(`Read of ${String(length)} bytes at ${String(offset)} of ${String(bytes.length)}`),
          ),
  };
}

/** What came of opening hostile files: true for a model with a plan, false for a refusal; anything else fails the test. */
export async function opensOrRefuses(files: readonly ByteSource[]): Promise<boolean> {
  try {
    const plan = planPackage(await openModel(files), { quantization: 'q4f16_1' });
    // A plan that reads outside its files would fail hours later.
    for (const { location } of plan.inputs) {
      const size = plan.model.sources[location.file]?.size ?? 0;
      expect(location.offset).toBeGreaterThanOrEqual(0);
      expect(location.offset + location.byteLength).toBeLessThanOrEqual(size);
    }
    return true;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    expect(thrown.code).toMatch(/^(transcode|bytes)\//);
    return false;
  }
}
