/**
 * GGUF files kept for the llama.cpp engine, in the origin's private file system. Written from a worker through a
 * synchronous handle: the only way to write in place there, which is what lets a stopped transfer go on.
 */
import { AppError, toAppError } from '../../errors/app-error.ts';

/** The folder of the origin's private file system that models have. */
export const MODEL_FILES = 'models';

/** Declared here because TypeScript has it only in its worker library, which can't be combined with the DOM's. */
interface SyncAccessHandle {
  getSize(): number;
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}
interface SyncAccessFile extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>;
}

/** A file open for writing in place. One at a time: the browser locks it. */
export interface WritableGguf {
  readonly size: number;
  /** Writes all of `bytes` at `offset`. @throws AppError `storage/full`, `storage/failed`. */
  write(bytes: Uint8Array<ArrayBuffer>, offset: number): void;
  /** Reads exactly `length` bytes. @throws AppError `bytes/short-read`. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
  truncate(size: number): void;
  /** Returns when the bytes are on the disk. */
  flush(): void;
  close(): void;
}

/** Dedicated workers only. @throws AppError `storage/unavailable`, `models/busy` when another tab writes it. */
export async function openGgufForWriting(fileName: string): Promise<WritableGguf> {
  const folder = await openFolder();
  let handle: SyncAccessHandle;
  try {
    const file = await folder.getFileHandle(fileName, { create: true });
    if (!isSyncAccessFile(file)) {
      throw new AppError('storage/unavailable', 'This browser cannot write files in place here');
    }
    handle = await file.createSyncAccessHandle();
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NoModificationAllowedError') {
      throw new AppError('models/busy', `${fileName} is open elsewhere`, { fileName }, { cause: thrown });
    }
    throw toAppError(thrown, 'storage/unavailable');
  }
  return {
    get size() {
      return handle.getSize();
    },
    write(bytes, offset) {
      let written: number;
      try {
        written = handle.write(bytes, { at: offset });
      } catch (thrown) {
        throw toAppError(thrown, 'storage/failed');
      }
      // A full disk shows as a short write in some browsers and as an exception in others.
      if (written !== bytes.byteLength)
        throw new AppError('storage/full', 'The disk took only part of the bytes');
    },
    read(offset, length) {
      const bytes = new Uint8Array(length);
      const got = handle.read(bytes, { at: offset });
      if (got !== length)
        throw new AppError('bytes/short-read', `${fileName} ended early`, { offset, length, got });
      return bytes;
    },
    truncate(size) {
      try {
        handle.truncate(size);
      } catch (thrown) {
        throw toAppError(thrown, 'storage/failed');
      }
    },
    flush() {
      handle.flush();
    },
    close() {
      handle.close();
    },
  };
}

/** @returns the file, read on demand, or null when it is not there. Works on the page and in workers. */
export async function readGguf(fileName: string): Promise<File | null> {
  const folder = await openFolder();
  try {
    return await (await folder.getFileHandle(fileName)).getFile();
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null;
    throw toAppError(thrown, 'storage/failed');
  }
}

/** @returns bytes freed. */
export async function deleteGguf(fileName: string): Promise<number> {
  const file = await readGguf(fileName);
  if (!file) return 0;
  const { size } = file;
  await (await openFolder()).removeEntry(fileName);
  return size;
}

/** A name no path can hide in. */
export function ggufFileName(modelId: string, revision: string): string {
  return `${modelId.replace(/[^\w.-]/g, '_')}-${revision}.gguf`;
}

async function openFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(MODEL_FILES, { create: true });
  } catch (thrown) {
    throw new AppError(
      'storage/unavailable',
      'The private file system is not available',
      {},
      { cause: thrown },
    );
  }
}

/** Whether files can be written in place here. */
export function isSyncAccessFile(file: FileSystemFileHandle): file is SyncAccessFile {
  return 'createSyncAccessHandle' in file && typeof file.createSyncAccessHandle === 'function';
}
