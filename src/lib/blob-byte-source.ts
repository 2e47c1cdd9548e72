import type { ByteSource } from './byte-source.ts';
import { AppError, toAppError } from './errors.ts';

/**
 * A file the user chose, read in slices: it is never in memory as a whole.
 * Reading throws `bytes/short-read` beyond the end, `bytes/changed` when the file on disk is no longer the one chosen
 * (browsers then refuse to read it), `bytes/not-found` when it is gone, `aborted`.
 */
export function blobSource(blob: Blob, name = blob instanceof File ? blob.name : 'file'): ByteSource {
  return {
    name,
    size: blob.size,
    origin: {
      kind: 'file',
      etag: null,
      lastModified: blob instanceof File ? String(blob.lastModified) : null,
    },
    async read(offset, length, signal) {
      if (signal?.aborted === true) throw new AppError('aborted', 'Stopped');
      if (offset + length > blob.size) {
        throw new AppError('bytes/short-read', 'A read goes beyond the end of the file', {
          file: name,
          offset,
          size: blob.size,
        });
      }
      let buffer: ArrayBuffer;
      try {
        buffer = await blob.slice(offset, offset + length).arrayBuffer();
      } catch (thrown) {
        const kind = thrown instanceof DOMException ? thrown.name : '';
        if (kind === 'NotFoundError')
          throw new AppError('bytes/not-found', 'The file is gone', { file: name }, { cause: thrown });
        if (kind === 'NotReadableError') {
          throw new AppError(
            'bytes/changed',
            'The file changed since it was chosen',
            { file: name },
            { cause: thrown },
          );
        }
        throw toAppError(thrown);
      }
      if (buffer.byteLength !== length) {
        throw new AppError('bytes/short-read', 'The file ended too early', { file: name, offset });
      }
      return new Uint8Array(buffer);
    },
  };
}
