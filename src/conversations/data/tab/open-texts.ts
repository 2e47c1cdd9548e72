/**
 * Texts of fields that keep nothing themselves (an editor, a dialog's box), as they were when the screen locked or the page ended:
 * offered when it opens again. They lie beside the drafts, and so are sealed, erased and aged as those are.
 */
import type { DraftRow } from '../../../database/schema.ts';
import { newId, type Store, write } from '../store.ts';
import { tabLock } from './tab-session.ts';

/** Before the row's own id; no chat's id has a colon, so that these are the drafts of none. */
const PREFIX = 'open:';
const OF_TAB = '@';

export interface OpenText {
  /** For `dropOpenText`. */
  readonly id: string;
  /** The field's name, with its dialog's. */
  readonly label: string;
  readonly text: string;
}

/**
 * Resolves when they are on the disk. Never rejects: on a full disk they wait in memory with everything else that must not be
 * lost.
 */
export async function keepOpenTexts(store: Store, texts: readonly Omit<OpenText, 'id'>[]): Promise<void> {
  const rows = texts.map(({ label, text }): DraftRow => {
    const conversationId = `${PREFIX}${newId()}${OF_TAB}${store.tab}`;
    return { conversationId, label, text, savedAt: store.now() };
  });
  const [first] = rows;
  // As one write: where the page ends there is no time for another.
  if (first) await store.queue.put(first.conversationId, () => store.db.drafts.bulkPut(rows));
}

/** Of this tab, and of tabs that are gone, the oldest first. */
export async function openTexts(store: Store): Promise<readonly OpenText[]> {
  const rows = await store.db.drafts.where('conversationId').startsWith(PREFIX).toArray();
  const tabOf = (row: DraftRow): string => row.conversationId.split(OF_TAB)[1] ?? '';
  const others = new Set(rows.map(tabOf).filter((tab) => tab !== store.tab));
  const open = await store.locks.held([...others].map(tabLock));
  return rows
    .filter((row) => tabOf(row) === store.tab || !open.has(tabLock(tabOf(row))))
    .sort((a, b) => (a.savedAt ?? 0) - (b.savedAt ?? 0))
    .map(({ conversationId: id, label = '', text }) => ({ id, label, text }));
}

/** @throws AppError `storage/*` */
export async function dropOpenText(store: Store, id: string): Promise<void> {
  await write(store, () => store.db.drafts.delete(id));
}
