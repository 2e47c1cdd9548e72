/** Hashes and stores one shard of a package. */
import { wasmHashing, type FileDigest } from '../../../transcode/run/hashing.ts';
import type { PackageStore } from '../../storage/package-store.ts';
import type { Held, Scratch } from '../../storage/scratch.ts';

/** @throws AppError `storage/*`. */
export async function storeShard(
  store: PackageStore,
  scratch: Scratch,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<FileDigest> {
  const held = await scratch.hold(bytes);
  // The browser writes while this thread hashes.
  const [stored, digest] = await Promise.allSettled([
    put(store, scratch, name, bytes, held),
    wasmHashing.digest(bytes),
  ]);
  if (stored.status === 'rejected') throw stored.reason;
  if (digest.status === 'rejected') throw digest.reason;
  return digest.value;
}

/** From a file where there can be one. What the browser refuses then is tried out of memory, which needs half the room. */
async function put(
  store: PackageStore,
  scratch: Scratch,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  held: Held | null,
): Promise<void> {
  if (held !== null) {
    const stored = await store.put(name, held.bytes).then(
      () => true,
      () => false,
    );
    held.release();
    if (stored) return;
    await scratch.free();
  }
  await store.put(name, bytes);
}
