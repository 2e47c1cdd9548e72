/** Small things kept beside the chats: settings of the panel, and drafts. */
import { type Store, write } from './store.ts';
import { type ThrottledText, throttleText } from '../../database/write-queue.ts';

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

/**
 * What this tab typed last and the disk does not have yet, by draft key: whoever leaves a chat and is back before the write is
 * done, or on a full disk, must not find the text of a moment before.
 */
const typed = new WeakMap<Store, Map<string, string>>();

function typedIn(store: Store): Map<string, string> {
  const known = typed.get(store) ?? new Map<string, string>();
  typed.set(store, known);
  return known;
}

/** What the composer of a chat held, '' when nothing. `key`: the conversation's id or `NEW_CHAT_DRAFT`. */
export async function getDraft(store: Store, key: string): Promise<string> {
  return typedIn(store).get(key) ?? (await store.db.drafts.get(key))?.text ?? '';
}

/** Saves a composer's text while it is typed; `appendQuestion` takes the stored draft away. */
export function draftWriter(store: Store, key: string): Pick<ThrottledText, 'save' | 'flush'> {
  const unsaved = typedIn(store);
  const writer = throttleText(store.queue, `draft:${key}`, async (text) => {
    await (text === '' ? store.db.drafts.delete(key) : store.db.drafts.put({ conversationId: key, text }));
    if (unsaved.get(key) === text) unsaved.delete(key);
  });
  return {
    save: (text) => {
      unsaved.set(key, text);
      writer.save(text);
    },
    flush: () => writer.flush(),
  };
}
