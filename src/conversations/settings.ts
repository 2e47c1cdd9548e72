/** Small things kept beside the chats: settings of the panel, and drafts. */
import { type Store, write } from './store.ts';
import { type ThrottledText, throttleText } from './write-queue.ts';

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
