/**
 * What a hub publishes about a repository's files. Format: Hugging Face's `api/models/{repo}/tree/{revision}`, which lists
 * `lfs.oid`, the SHA-256 of each large file.
 */
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { fetchWhole } from '../../network/fetch-whole.ts';
import type { AcquisitionRun } from '../acquire/ways/acquisition-run.ts';

/** A repository's list of files is a few kilobytes. */
const MAX_TREE_BYTES = 4 << 20;

const tree = z
  .array(
    z.object({
      path: z.string().max(1000),
      size: z.number().nonnegative().optional(),
      lfs: z
        .object({ oid: z.string().regex(/^[0-9a-f]{64}$/i), size: z.number().nonnegative().optional() })
        .nullish(),
    }),
  )
  .max(10_000);

export interface PublishedFile {
  readonly path: string;
  /** null where not listed. */
  readonly bytes: number | null;
  /** Lower-case hex; null for small files, which hubs keep outside their large-file store. */
  readonly sha256: string | null;
}

/** @returns null when the list can't be had: that stops nobody from fetching the files, it only leaves them uncompared. */
export async function publishedFiles(
  run: Pick<AcquisitionRun, 'fetch' | 'signal'>,
  treeUrl: string,
): Promise<readonly PublishedFile[] | null> {
  let bytes: Uint8Array | null;
  try {
    bytes = await fetchWhole(run, treeUrl, {
      expectedBytes: null,
      maxBytes: MAX_TREE_BYTES,
      reason: 'checksums',
      attempts: 2,
    });
  } catch (thrown) {
    run.signal.throwIfAborted();
    // Blocked or offline: the transfer itself will tell the person; said once, as `not-compared`, if it still works.
    if (thrown instanceof AppError && thrown.code.startsWith('bytes/')) return null;
    throw thrown;
  }
  if (bytes === null) return null;
  const text = new TextDecoder().decode(bytes);
  const parsed = tree.safeParse(parseJson(text));
  if (!parsed.success) return null;
  return parsed.data.map(({ path, size, lfs }) => ({
    path,
    bytes: lfs?.size ?? size ?? null,
    sha256: lfs?.oid.toLowerCase() ?? null,
  }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a list then, which the schema says next.
    return null;
  }
}
