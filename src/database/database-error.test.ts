import { Dexie } from 'dexie';
import { expect, test } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { storageError } from './database-error.ts';

/** As the browsers say it. */
const FULL = {
  'Firefox, Safari, and Chromium over its quota': new DOMException('no room', 'QuotaExceededError'),
  'Chromium’s database on a full disk': new DOMException(
    'Connection is closing because of: IO error: 000003.log: FILE_ERROR_NO_SPACE',
    'UnknownError',
  ),
  'Chromium’s file beside it, for a long value, on a full disk': new DOMException(
    'Failed to write blobs (IOError)',
    'DataError',
  ),
  'Chromium’s database on a full disk, asked for the next key of a table': new DOMException(
    'Maximum key generator value reached.',
    'ConstraintError',
  ),
};

test.each(Object.entries(FULL))('%s is a full disk, however deep Dexie wrapped it', (_, thrown) => {
  const wrapped = new Dexie.AbortError('Transaction aborted', thrown);
  for (const error of [thrown, wrapped, new Error('more', { cause: wrapped })]) {
    expect(storageError(error)).toMatchObject({ code: 'storage/full', cause: error });
  }
});

test('nothing else is taken for a full disk', () => {
  for (const thrown of [
    new DOMException('Data provided to an operation does not meet requirements', 'DataError'),
    new DOMException('Failed to write blobs (InvalidBlob)', 'DataError'),
    new DOMException('Internal error', 'UnknownError'),
    new DOMException('stopped', 'AbortError'),
    new TypeError('x is undefined'),
  ]) {
    expect(storageError(thrown).code).toBe('storage/failed');
  }
  const own = new AppError('storage/locked', 'locked');
  expect(storageError(new Error('more', { cause: own }))).toBe(own);
});
