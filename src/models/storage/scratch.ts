/**
 * Files of the origin's own, on which bytes lie on their way into a cache. Out of memory, `Cache.put` takes a copy for the
 * response, one for the browser's process and one for what it stores, each in fresh memory; out of a file the browser's
 * process copies from disk to disk, which took a tenth of the time.
 */
import { MODEL_FILES, isSyncAccessFile } from './gguf-store.ts';

const PREFIX = 'scratch-';

/** Of one write: larger ones took the system up to eight times as long (docs/measurements.md). */
const SLICE_BYTES = 512 * 1024;

/** Bytes on a file that nobody else writes before `release`: a cache reads it while it stores, not before. */
export interface Held {
  readonly bytes: Blob;
  release(): void;
}

export class Scratch {
  /** Files that hold nothing anyone needs: used again, as long as they are, for writing where something was is much faster. */
  readonly #free: string[] = [];

  /**
   * Dedicated workers only.
   * @returns null where the browser has no such files, or no room: then memory has to do.
   */
  async hold(bytes: Uint8Array<ArrayBuffer>): Promise<Held | null> {
    const name = this.#free.pop() ?? `${PREFIX}${crypto.randomUUID()}`;
    try {
      const file = await (await openFolder()).getFileHandle(name, { create: true });
      if (!isSyncAccessFile(file)) return null;
      const handle = await file.createSyncAccessHandle();
      try {
        for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
          const slice = bytes.subarray(at, at + SLICE_BYTES);
          if (handle.write(slice, { at }) !== slice.length)
            throw new DOMException('only a part was written', 'QuotaExceededError');
        }
      } finally {
        handle.close();
      }
      const release = (): void => {
        this.#free.push(name);
      };
      return { bytes: (await file.getFile()).slice(0, bytes.length), release };
    } catch (thrown) {
      // No private file system, or no room in it; whoever stores the bytes themselves hears of a full disk.
      if (!isRefusal(thrown)) throw thrown;
      await removeEntry(name);
      return null;
    }
  }

  /** Gives back the room of files that hold nothing anyone needs. */
  async free(): Promise<void> {
    for (const name of this.#free.splice(0)) await removeEntry(name);
  }
}

/** Frees what is left of every `Scratch`, also of one that a crash left: call it where no other tab stores. */
export async function clearScratch(): Promise<void> {
  try {
    const folder = await openFolder();
    for await (const name of folder.keys()) if (name.startsWith(PREFIX)) await removeEntry(name);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
}

/** What can't be freed now is freed by the next `clearScratch`. */
async function removeEntry(name: string): Promise<void> {
  try {
    await (await openFolder()).removeEntry(name);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
}

/** Browsers say no by a DOMException, old ones by having no such function. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof DOMException || thrown instanceof TypeError;
}

/** @throws DOMException where there is none: on plain http, in old browsers, outside of a browser. */
async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const { storage } = (globalThis as { readonly navigator?: Partial<Navigator> }).navigator ?? {};
  if (storage === undefined) throw new DOMException('no storage', 'NotSupportedError');
  const root = await storage.getDirectory();
  return root.getDirectoryHandle(MODEL_FILES, { create: true });
}
