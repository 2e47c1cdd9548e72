/**
 * Texts not sent yet. Each belongs to a tab and a chat: what one tab sends or types over takes nothing from another. Those whose
 * tab is gone are offered wherever their chat is opened next.
 */
import type { ChatDatabase } from '../../../database/database.ts';
import type { DraftRow } from '../../../database/schema.ts';
import { type ThrottledText, throttleText } from '../../../database/write-queue.ts';
import { tabLock } from './tab-session.ts';
import { type Store, write } from '../store.ts';

/** The key of the draft of the chat that does not exist yet. */
export const NEW_CHAT_DRAFT = 'new';

/** Before the key of a chat: what a person made of its text as a whole, besides what stands in its message box. */
export const TEXT_DRAFT = 'text/';

/** Between the chat and the tab; in neither's id. Rows without it are of versions that kept one draft a chat. */
const OF_TAB = '@';
/** What is typed is on the disk this soon: a kill takes no more of it. The first key after a rest is written at once. */
const DRAFT_MS = 100;

export interface Draft {
  /** For `dropDraft`. */
  readonly id: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
}

/**
 * What this tab typed last and the disk does not have yet, by draft key: whoever leaves a chat and is back before the write is
 * done, or on a full disk, must not find the text of a moment before.
 */
const typed = new WeakMap<ChatDatabase, Map<string, string>>();

function typedIn(store: Store): Map<string, string> {
  const known = typed.get(store.db) ?? new Map<string, string>();
  typed.set(store.db, known);
  return known;
}

/** The row this tab keeps a chat's draft in. `key`: the conversation's id or `NEW_CHAT_DRAFT`. */
export function draftId(store: Store, key: string): string {
  return `${key}${OF_TAB}${store.tab}`;
}

/** What the composer of a chat held in this tab, '' when nothing. */
export async function getDraft(store: Store, key: string): Promise<string> {
  return typedIn(store).get(key) ?? (await store.db.drafts.get(draftId(store, key)))?.text ?? '';
}

/**
 * Drafts of this chat whose tabs are gone, the newest first: closed, killed, or of a version that knew no tabs. Those of tabs
 * that are open are theirs.
 */
export async function abandonedDrafts(store: Store, key: string): Promise<readonly Draft[]> {
  const rows = (await rowsOf(store.db, key)).filter((row) => row.conversationId !== draftId(store, key));
  const tabs = new Map(rows.map((row) => [row, row.conversationId.split(OF_TAB)[1] ?? '']));
  const open = await store.locks.held([...tabs.values()].filter((tab) => tab !== '').map(tabLock));
  return rows
    .filter((row) => !open.has(tabLock(tabs.get(row) ?? '')))
    .map(({ conversationId: id, text, savedAt = 0 }) => ({ id, text, savedAt }))
    .sort((a, b) => b.savedAt - a.savedAt);
}

/** Forgets a draft that a person took up or does not want. @throws AppError `storage/*` */
export async function dropDraft(store: Store, id: string): Promise<void> {
  await write(store, () => store.db.drafts.delete(id));
}

/** Saves a composer's text while it is typed; `appendQuestion` takes the stored draft away. */
export function draftWriter(store: Store, key: string): Pick<ThrottledText, 'save' | 'flush'> {
  const unsaved = typedIn(store);
  const id = draftId(store, key);
  const save = async (text: string): Promise<void> => {
    await (text === ''
      ? store.db.drafts.delete(id)
      : store.db.drafts.put({ conversationId: id, text, savedAt: store.now() }));
    if (unsaved.get(key) === text) unsaved.delete(key);
  };
  const writer = throttleText(store.queue, `draft:${id}`, save, { intervalMs: DRAFT_MS, firstAtOnce: true });
  return {
    save: (text) => {
      unsaved.set(key, text);
      writer.save(text);
    },
    flush: () => writer.flush(),
  };
}

/** Forgets what this tab typed and has not stored: the chats were deleted. */
export function forgetTyped(store: Store): void {
  typedIn(store).clear();
}

/** The drafts of a chat that goes for good. Runs in the caller's transaction. */
export async function deleteDraftsOf(db: ChatDatabase, key: string): Promise<void> {
  const rows = [...(await rowsOf(db, key)), ...(await rowsOf(db, TEXT_DRAFT + key))];
  await db.drafts.bulkDelete(rows.map((row) => row.conversationId));
}

async function rowsOf(db: ChatDatabase, key: string): Promise<DraftRow[]> {
  return db.drafts
    .where('conversationId')
    .equals(key)
    .or('conversationId')
    .startsWith(`${key}${OF_TAB}`)
    .toArray();
}
