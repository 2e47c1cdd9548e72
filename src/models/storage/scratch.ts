/**
 * A file of the origin's own, on which bytes lie on their way into a cache. Out of memory, `Cache.put` takes a copy for the
 * response, one for the browser's process and one for what it stores, each in fresh memory; out of a file the browser's
 * process copies from disk to disk, which took a tenth of the time.
 */
import { MODEL_FILES, isSyncAccessFile } from './gguf-store.ts';

const PREFIX = 'scratch-';

export class Scratch {
  readonly #name = `${PREFIX}${crypto.randomUUID()}`;

  /**
   * Dedicated workers only. What was held before is gone.
   * @returns the file, or null where the browser has none: then memory has to do.
   */
  async hold(bytes: Uint8Array<ArrayBuffer>): Promise<File | null> {
    try {
      const file = await (await openFolder()).getFileHandle(this.#name, { create: true });
      if (!isSyncAccessFile(file)) return null;
      const handle = await file.createSyncAccessHandle();
      try {
        handle.truncate(bytes.length);
        if (handle.write(bytes, { at: 0 }) !== bytes.length) return null;
      } finally {
        handle.close();
      }
      return await file.getFile();
    } catch (thrown) {
      // No private file system, or no room in it; whoever stores the bytes themselves hears of a full disk.
      if (thrown instanceof DOMException || thrown instanceof TypeError) return null;
      throw thrown;
    }
  }
}

/** Frees what is left of every `Scratch`, also of one that a crash left: call it where no other tab stores. */
export async function clearScratch(): Promise<void> {
  try {
    const folder = await openFolder();
    for await (const name of folder.keys()) if (name.startsWith(PREFIX)) await folder.removeEntry(name);
  } catch (thrown) {
    // What can't be freed now is freed next time.
    if (!(thrown instanceof DOMException || thrown instanceof TypeError)) throw thrown;
  }
}

/** @throws DOMException where there is none: on plain http, in old browsers, outside of a browser. */
async function openFolder(): Promise<FileSystemDirectoryHandle> {
  const { storage } = (globalThis as { readonly navigator?: Partial<Navigator> }).navigator ?? {};
  if (storage === undefined) throw new DOMException('no storage', 'NotSupportedError');
  const root = await storage.getDirectory();
  return root.getDirectoryHandle(MODEL_FILES, { create: true });
}
