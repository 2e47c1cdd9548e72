/** Small things kept beside the chats: settings, drafts, and rows whose shape another room owns. All are parsed when read. */
import type { z } from '../lib/zod.ts';
import { AppError } from '../lib/errors.ts';
import type { ChatDatabase } from './database.ts';
import { type Store, write } from './store.ts';
import { type ThrottledText, throttleText } from './write-queue.ts';

/** @returns `fallback` when it was never set or no longer fits its schema. */
export async function getSetting<T>(
  store: Store,
  key: string,
  schema: z.ZodType<T>,
  fallback: T,
): Promise<T> {
  const row = await store.db.settings.get(key);
  if (!row) return fallback;
  const parsed = schema.safeParse(row.value);
  return parsed.success ? parsed.data : fallback;
}

/** @throws AppError `storage/full` */
export async function putSetting(store: Store, key: string, value: unknown): Promise<void> {
  await write(store, () => store.db.settings.put({ key, value }));
}

/** A table of rows with ids, typed by whoever owns their shape. */
export interface RecordTable<T extends { readonly id: string }> {
  /** @throws AppError `storage/failed` when the stored row no longer fits its schema. */
  get(id: string): Promise<T | undefined>;
  /** `damaged`: ids of rows that do not fit the schema. */
  list(): Promise<{ readonly rows: T[]; readonly damaged: string[] }>;
  put(row: T): Promise<void>;
  delete(id: string): Promise<void>;
}

/** `db` alone is needed, so that a worker with a connection of its own can use it, too. */
export function recordTable<T extends { readonly id: string }>(
  store: Store,
  name: 'models' | 'journals',
  schema: z.ZodType<T>,
): RecordTable<T> {
  const table: ChatDatabase['models'] = store.db[name];
  return {
    async get(id) {
      const row = await table.get(id);
      if (!row) return undefined;
      const parsed = schema.safeParse(row.value);
      if (!parsed.success) {
        throw new AppError(
          'storage/failed',
          `The stored ${name} row ${id} is damaged: ${parsed.error.message}`,
          { id },
        );
      }
      return parsed.data;
    },
    async list() {
      const rows: T[] = [];
      const damaged: string[] = [];
      for (const row of await table.toArray()) {
        const parsed = schema.safeParse(row.value);
        if (parsed.success) rows.push(parsed.data);
        else damaged.push(row.id);
      }
      return { rows, damaged };
    },
    async put(row) {
      await write(store, () => table.put({ id: row.id, value: row }));
    },
    async delete(id) {
      await write(store, () => table.delete(id));
    },
  };
}

/** What the composer of a chat held, '' when nothing. `key`: the conversation's id or `NEW_CHAT_DRAFT`. */
export async function getDraft(store: Store, key: string): Promise<string> {
  return (await store.db.drafts.get(key))?.text ?? '';
}

/** Saves a composer's text while it is typed. Cancel it when the text was sent; `appendQuestion` takes the stored draft away. */
export function draftWriter(store: Store, key: string): ThrottledText {
  return throttleText(store.queue, `draft:${key}`, (text) =>
    text === '' ? store.db.drafts.delete(key) : store.db.drafts.put({ conversationId: key, text }),
  );
}
