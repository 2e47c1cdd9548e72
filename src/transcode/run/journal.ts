import { z } from '../../lib/zod.ts';
import type { Hashing } from './hashing.ts';
import type { JournalState } from './workers/conversion-port.ts';
import { isMatrix, type PackagePlan } from '../plan/plan-package.ts';
import type { Quality } from '../weights/quantize.ts';

/**
 * Raised when a change of these rules changes the bytes of a package: a journal of older rules is then not continued.
 */
export const RULES_VERSION = 4;

const digest = z.object({ md5: z.string().length(32), sha256: z.string().length(64) });
const sums = z.object({
  squaredError: z.number(),
  energy: z.number(),
  exactGroups: z.number(),
  groups: z.number(),
});
const journalState = z.object({
  version: z.literal(1),
  fingerprint: z.string(),
  shards: z.record(z.string(), digest),
  tensors: z.record(z.string(), sums),
  hashes: z.array(
    z.object({
      position: z.number().int().nonnegative(),
      state: z.string().max(4096).nullable(),
      sha256: z.string().length(64).nullable(),
    }),
  ),
});

/** What a journal holds, if it belongs to this conversion; anything else counts as nothing. */
export function readJournal(stored: unknown, fingerprint: string): JournalState | null {
  const parsed = journalState.safeParse(stored);
  return parsed.success && parsed.data.fingerprint === fingerprint ? parsed.data : null;
}

/** Identifies a conversion: the sources' sizes and validators, every tensor's place, the options and the rules. */
export async function fingerprintOf(plan: PackagePlan, quality: Quality, hashing: Hashing): Promise<string> {
  const identity = {
    rules: RULES_VERSION,
    quantization: plan.quantization,
    quality,
    sources: plan.model.sources.map(({ size, origin }) => ({
      size,
      // A URL's Last-Modified may change with the mirror that answers; its ETag names the content.
      validator:
        origin?.kind === 'url' ? (origin.etag ?? origin.lastModified) : (origin?.lastModified ?? null),
    })),
    inputs: plan.inputs.map(({ location }) => location),
    types: plan.tensors
      .filter(isMatrix)
      .map(({ name, parts }) => [
        name,
        parts.map(({ matrix }) => (matrix.kind === 'dense' ? matrix.type : 'awq')),
      ]),
    shards: plan.shards.map(({ nbytes }) => nbytes),
  };
  const hash = await hashing.sha256();
  await hash.update(new TextEncoder().encode(JSON.stringify(identity)));
  return hash.digest();
}
