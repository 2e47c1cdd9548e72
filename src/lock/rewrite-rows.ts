/**
 * Every row into or out of encryption. Rows are read as they are and written as the database's protection says, a batch a
 * transaction: killed at any moment, each row is whole in one form or the other, both are read, and it starts over.
 */
import type { ChatDatabase } from '../database/database.ts';
import { PROTECTED_TABLES, WORD_ROWS } from '../database/protection/protect-rows.ts';

/** Rows in one transaction: other writes wait for it. */
const BATCH = 200;
/** Parts of the search index have megabytes each. */
const SEGMENTS = 2;

export interface RewriteProgress {
  readonly done: number;
  readonly total: number;
}

/** @throws Dexie's errors, AppError `storage/locked` when the lock came in between; whatever was converted stays so. */
export async function rewriteRows(
  db: ChatDatabase,
  onProgress: (progress: RewriteProgress) => void = () => undefined,
): Promise<void> {
  const counts = await Promise.all(PROTECTED_TABLES.map((name) => db.table(name).count()));
  const total = counts.reduce((sum, count) => sum + count, 0);
  let done = 0;
  onProgress({ done, total });
  await rewriteWordRows(db);
  for (const name of PROTECTED_TABLES) {
    const table = db.table<object, unknown>(name);
    const limit = name === 'searchSegments' ? SEGMENTS : BATCH;
    let last: unknown;
    for (;;) {
      const keys = await db.transaction('rw', [table], async () => {
        const from = last === undefined ? table.orderBy(':id') : table.where(':id').above(last);
        const keys = await from.limit(limit).primaryKeys();
        const rows = await table.bulkGet(keys);
        await table.bulkPut(rows.filter((row) => row !== undefined));
        return keys;
      });
      last = keys.at(-1);
      done += keys.length;
      onProgress({ done: Math.min(done, total), total });
      if (keys.length < limit) break;
    }
  }
}

/**
 * The few rows of words among the settings. After each unlock, too: databases that were encrypted by a version which left these as
 * they were hold them in plain. @throws as `rewriteRows`
 */
export async function rewriteWordRows(db: ChatDatabase): Promise<void> {
  await db.transaction('rw', db.settings, async () => {
    const rows = await db.settings.bulkGet(Object.values(WORD_ROWS));
    await db.settings.bulkPut(rows.filter((row) => row !== undefined));
  });
}
