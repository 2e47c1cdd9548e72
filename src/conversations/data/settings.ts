/** Small things kept beside the chats. */
import { type Store, write } from './store.ts';

/** @param parse null for a value it does not know. @returns null, too, when the setting was never made. */
export async function getSetting<T>(
  store: Store,
  key: string,
  parse: (value: unknown) => T | null,
): Promise<T | null> {
  const row = await store.db.settings.get(key);
  return row ? parse(row.value) : null;
}

/** @throws AppError `storage/full` */
export async function putSetting(store: Store, key: string, value: unknown): Promise<void> {
  await write(store, () => store.db.settings.put({ key, value }));
}
