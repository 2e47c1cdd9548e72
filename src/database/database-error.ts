/** What is said of the database where it is not opened: the first load does without Dexie. */
import { AppError, toAppError } from '../errors/app-error.ts';

export const DATABASE_NAME = 'meditron';

/** Chromium's words for a disk without room (measured in version 156). None of the errors is called QuotaExceededError. */
const NO_SPACE = [
  // Of the database itself: an UnknownError.
  'FILE_ERROR_NO_SPACE',
  // Of the files beside it, which take values of more than about 64 kB: a DataError.
  'Failed to write blobs (IOError)',
  // Of a row that gets its key from the table, where what was put before it can't be written: a ConstraintError. No table counts so far.
  'Maximum key generator value reached',
];

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
