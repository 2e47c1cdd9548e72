/** What is said of the database where it is not opened: the first load does without Dexie. */
import { AppError, toAppError } from '../errors/app-error.ts';

export const DATABASE_NAME = 'meditron';

/**
 * Chromium's words for a disk without room: of its database, in an error that is called UnknownError; and of the files beside it that
 * take values of more than about 64 kB, in a DataError, which names no other cause than that the file could not be written.
 */
const NO_SPACE = ['FILE_ERROR_NO_SPACE', 'Failed to write blobs (IOError)'];

/** Any failure of the database, typed: a full disk stays `storage/full` however deep Dexie wrapped it. */
export function storageError(
  thrown: unknown,
  fallback: 'storage/failed' | 'storage/unavailable' = 'storage/failed',
): AppError {
  let inner: unknown = thrown;
  for (let depth = 0; depth < 5 && inner !== null && typeof inner === 'object'; depth++) {
    if (inner instanceof AppError) return inner;
    const message = messageOf(inner);
    if (
      ('name' in inner && inner.name === 'QuotaExceededError') ||
      NO_SPACE.some((words) => message.includes(words))
    )
      return new AppError('storage/full', message, {}, { cause: thrown });
    inner = 'inner' in inner ? inner.inner : 'cause' in inner ? inner.cause : null;
  }
  const error = toAppError(thrown, fallback);
  // An aborted transaction is a failed write, not something the person stopped.
  return error.code === 'aborted' ? new AppError(fallback, error.message, {}, { cause: thrown }) : error;
}

function messageOf(thrown: object): string {
  return 'message' in thrown && typeof thrown.message === 'string'
    ? thrown.message
    : 'The storage quota is exceeded';
}
