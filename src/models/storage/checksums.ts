/** The checksums of what lies on this machine, by which Verify finds the bad part among gigabytes. */
import { z } from '../../lib/zod.ts';
import { partsId } from '../catalogue/ids.ts';
import type { InstallStore } from './install-store.ts';

const part = z.object({
  /** A package's file, or the segment number of a GGUF. */
  name: z.string().max(255),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const partList = z.array(part).max(20_000);

export type Part = Readonly<z.infer<typeof part>>;

/** @returns an empty list when none is known. */
export async function readInPieces(store: InstallStore, installId: string): Promise<readonly Part[]> {
  const parsed = partList.safeParse(await store.readJournal(partsId(installId)));
  return parsed.success ? parsed.data : [];
}

export async function writeParts(
  store: InstallStore,
  installId: string,
  parts: readonly Part[],
): Promise<void> {
  await store.writeJournal(partsId(installId), parts);
}

export async function deleteParts(store: InstallStore, installId: string): Promise<void> {
  await store.deleteJournal(partsId(installId));
}
