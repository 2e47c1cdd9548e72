/**
 * Guards what is stored against how Chromium opens its database again. When the power is cut or the disk is full in the middle of a
 * write, the log of its LevelDB ends in half a record. The next start reads up to there and then writes on *behind* it in the same file
 * (`reuse_logs`), and the start after that finds a record whose checksum is wrong and deletes everything: “database was corrupt:
 * checksum mismatch” (seen in version 156; https://crbug.com/460568 is why ChromeOS does not reuse logs).
 *
 * Deleting any database of the origin ends in LevelDB's `CompactRange`, which writes what the log holds into a table and begins a new
 * log. So a database of no use is made and deleted, about 10 ms, before anything else is written. Other browsers make and delete a small
 * file.
 */
import { storageError } from './database-error.ts';

/** Begins as the app's own do, so that nobody takes it for a neighbour's. */
export const SCRATCH_DATABASE = 'meditron-fresh-log';

/** Where another page keeps the scratch database open, e.g. one that was frozen just then. */
const PATIENCE_MS = 3000;

/**
 * To be awaited after each opening, before the first write.
 * @throws AppError `storage/full` where there is no room for a new log: writing into the old one could cost everything. Any other
 * failure is no reason to refuse a database that opened; the log stays as it is.
 */
export async function startFreshLog(factory: IDBFactory, patienceMs = PATIENCE_MS): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((done) => {
    timer = setTimeout(done, patienceMs);
  });
  try {
    await Promise.race([makeAndDelete(factory), patience]);
  } catch (thrown) {
    const error = storageError(thrown);
    if (error.code === 'storage/full') throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function makeAndDelete(factory: IDBFactory): Promise<void> {
  const scratch = await answerOf(factory.open(SCRATCH_DATABASE));
  scratch.close();
  await answerOf(factory.deleteDatabase(SCRATCH_DATABASE));
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => {
      done(request.result);
    };
    request.onerror = () => {
      fail(request.error ?? new DOMException('The database gave no reason', 'UnknownError'));
    };
  });
}
