import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';

/** A file on disk. `close` it when done. */
export interface NodeByteSource extends ByteSource {
  close(): Promise<void>;
}

/**
 * Opens a file for random access.
 * @throws AppError `bytes/not-found`, `bytes/forbidden`; reading: `bytes/short-read`, `aborted`
 */
export async function openNodeSource(path: string, name = path): Promise<NodeByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (thrown) {
    throw fileError(thrown, name);
  }
  const { size, mtimeMs } = await handle.stat().catch(async (thrown: unknown) => {
    await handle.close();
    throw fileError(thrown, name);
  });
  const readInto = async (offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> => {
    for (let filled = 0; filled < target.length;) {
      if (signal?.aborted === true) throw new AppError('aborted', 'Stopped');
      const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled);
      if (bytesRead === 0) {
        throw new AppError('bytes/short-read', 'The file ended too early', { file: name, offset, size });
      }
      filled += bytesRead;
    }
  };
  return {
    name,
    size,
    origin: { kind: 'file', etag: null, lastModified: String(mtimeMs) },
    readInto,
    async read(offset, length, signal) {
      if (offset + length > size) {
        throw new AppError('bytes/short-read', 'A read goes beyond the end of the file', {
          file: name,
          offset,
          size,
        });
      }
      const bytes = new Uint8Array(length);
      await readInto(offset, bytes, signal);
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Gives a file system error the app's name for it. */
export function fileError(thrown: unknown, file: string): AppError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const options = { cause: thrown };
  if (code === 'ENOENT') return new AppError('bytes/not-found', 'No such file', { file }, options);
  if (code === 'EACCES' || code === 'EPERM')
    return new AppError('bytes/forbidden', 'No access', { file }, options);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new AppError('storage/full', 'The disk is full', { file }, options);
  return new AppError(
    'storage/failed',
    thrown instanceof Error ? thrown.message : String(thrown),
    { file },
    options,
  );
}

/** For opening what must not be a link. Windows has no such flag, and links there need rights of their own. */
export function noFollow(): number {
  return process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
}
