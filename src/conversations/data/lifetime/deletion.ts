/**
 * Delete, Undo and the end of Undo. A deletion hides rows and notes in one transaction how to bring them back; the rows go
 * for good only when Undo is over. A crash at any point leaves the chat either whole or hidden with its note.
 */
import type { Conversation } from '../../../database/records.ts';
import { noteActivity } from '../activity/activity.ts';
import { deleteDraftsOf, forgetTyped } from '../tab/drafts.ts';
import { requireMessage } from '../repository.ts';
import {
  loadTree,
  logConversation,
  logMessages,
  logTitle,
  requireConversation,
  titleFromQuestion,
  toConversation,
  toConversationRow,
} from '../rows.ts';
import type { ChatDatabase } from '../../../database/database.ts';
import type { DeletionRow } from '../../../database/schema.ts';
import { forgetAll } from '../../../database/write-queue.ts';
import { newId, type Store, write } from '../store.ts';
import { tabLock } from '../tab/tab-session.ts';
import { setTabLeaf } from '../../panel/tab-view.ts';
import { leafWithout, subtreeIds } from '../../messages/tree.ts';

/** How long a deletion can be undone: a toast held by the pointer, and a reload, included. */
export const UNDO_MS = 60_000;

const deletionListeners = new Set<(conversationId: string) => void>();

/** Calls back when this tab deleted a chat: what is on its way in it is in vain. */
export function onConversationDeleted(listener: (conversationId: string) => void): void {
  deletionListeners.add(listener);
}

/** Hides a chat. @returns the deletion's id for Undo. @throws AppError `conversation/not-found` */
export async function deleteConversation(store: Store, id: string): Promise<string> {
  const { db } = store;
  const deletion = await write(store, () =>
    db.transaction('rw', [db.conversations, db.deletions], async () => {
      const conversation = await requireConversation(db, id);
      await db.conversations.put(toConversationRow(conversation, true));
      return note(store, { kind: 'conversation', label: conversation.title, conversationId: id });
    }),
  );
  for (const tell of deletionListeners) tell(id);
  noteActivity(store, { kind: 'deleted', what: 'chats', count: 1 });
  return deletion.id;
}

/** Hides a message and everything under it; the version beside it, else its parent, comes on screen. @throws AppError `conversation/not-found` */
export async function deleteMessage(store: Store, messageId: string): Promise<string> {
  const { db } = store;
  const deletion = await write(store, () =>
    db.transaction('rw', [db.conversations, db.messages, db.deletions], async () => {
      const message = await requireMessage(store, messageId);
      const conversation = await requireConversation(db, message.conversationId);
      const tree = await loadTree(db, conversation.id);
      const messageIds = subtreeIds(tree, messageId);
      const leafBefore = conversation.leafId;
      const leafAfter =
        leafBefore !== null && messageIds.includes(leafBefore) ? leafWithout(tree, messageId) : leafBefore;
      const deletion = await note(store, {
        kind: 'message',
        label: titleFromQuestion(message.text),
        conversationId: conversation.id,
        messageIds,
        leafBefore,
        leafAfter,
      });
      await db.messages.where('id').anyOf(messageIds).modify({ deletedAt: deletion.at });
      await db.conversations.put({ ...conversation, leafId: leafAfter });
      return deletion;
    }),
  );
  followStored(deletion);
  const count = deletion.kind === 'message' ? deletion.messageIds.length : 1;
  noteActivity(store, { kind: 'deleted', what: 'message', count });
  return deletion.id;
}

/** Takes a folder away; its chats stay, in no folder. @returns the deletion's id, or null when there is no such folder. */
export async function deleteFolder(store: Store, folderId: string): Promise<string | null> {
  const { db } = store;
  const deletion = await write(store, () =>
    db.transaction('rw', [db.folders, db.conversations, db.deletions], async () => {
      const folder = await db.folders.get(folderId);
      if (!folder) return null;
      const rows = await inFolder(db, folderId);
      await db.conversations.bulkPut(rows.map((row) => toConversationRow({ ...row, folderId: null })));
      await db.folders.delete(folderId);
      return note(store, {
        kind: 'folder',
        label: folder.name,
        folder,
        conversationIds: rows.map((row) => row.id),
      });
    }),
  );
  return deletion?.id ?? null;
}

/** Brings back what a deletion hid. @returns false when it is too late. */
export async function undoDeletion(store: Store, deletionId: string): Promise<boolean> {
  const { db } = store;
  const tables = [db.conversations, db.messages, db.folders, db.deletions, db.searchLog];
  return write(store, () =>
    db.transaction('rw', tables, async () => {
      const deletion = await db.deletions.get(deletionId);
      if (!deletion) return false;
      await db.deletions.delete(deletionId);
      switch (deletion.kind) {
        case 'conversation':
          return restoreConversation(db, deletion.conversationId);
        case 'message':
          followStored(deletion);
          return restoreMessages(db, deletion);
        case 'folder':
          await db.folders.put(deletion.folder);
          return restoreFiling(db, deletion.folder.id, deletion.conversationIds);
      }
    }),
  );
}

/** Deletions that can still be undone, the newest last: this tab's, and those of tabs that are gone (a crash takes no Undo away). */
export async function listUndoable(store: Store): Promise<DeletionRow[]> {
  const rows = await store.db.deletions
    .where('at')
    .above(Date.now() - UNDO_MS)
    .toArray();
  const open = await store.locks.held(rows.map((row) => tabLock(row.tab)));
  return rows.filter((row) => row.tab === store.tab || !open.has(tabLock(row.tab)));
}

/** When this page made a deletion, or first saw one from the future, by the clock that nobody can set. */
const seen = new WeakMap<ChatDatabase, Map<string, number>>();

function seenIn(db: ChatDatabase): Map<string, number> {
  const known = seen.get(db) ?? new Map<string, number>();
  seen.set(db, known);
  return known;
}

export interface Clocks {
  /** Milliseconds since the epoch; may be set forth and back. */
  readonly now: number;
  /** Milliseconds since the page began. */
  readonly running: number;
}

/**
 * Removes for good what can't be undone any more. @returns milliseconds until there is more to do; null when nothing waits.
 * Chats go one transaction each, so that a long list does not hold up a person's writes.
 */
export async function purgeDeleted(
  store: Store,
  { now, running }: Clocks = { now: Date.now(), running: performance.now() },
): Promise<number | null> {
  const { db } = store;
  const rows = await db.deletions.orderBy('at').toArray();
  const since = seenIn(db);
  let wait: number | null = null;
  for (const row of rows) {
    // A clock that was set must neither end an Undo that is still offered nor keep deleted text for ever.
    if (!since.has(row.id) && row.at > now) since.set(row.id, running);
    const start = since.get(row.id);
    const age = start === undefined ? now - row.at : running - start;
    if (age < UNDO_MS) wait = Math.min(wait ?? UNDO_MS, UNDO_MS - age);
    else {
      await write(store, () => purge(store, row));
      since.delete(row.id);
    }
  }
  return wait;
}

/**
 * Removes every chat for good, at once: messages, prompts, drafts of all tabs, folders, deletions still to be undone, and the
 * search index. Replies on their way are given up. @throws AppError `storage/*`: nothing was removed.
 */
export async function deleteAllChats(store: Store): Promise<void> {
  const { db } = store;
  const ids = await db.conversations.toCollection().primaryKeys();
  const { conversations, messages, prompts, partials, drafts, folders, deletions } = db;
  const { searchLog, searchSegments } = db;
  const tables = [conversations, messages, prompts, partials, drafts, folders, deletions];
  await write(store, () =>
    db.transaction('rw', [...tables, searchLog, searchSegments], async () => {
      for (const table of tables) await table.clear();
      await searchLog.clear();
      await searchSegments.clear();
    }),
  );
  // Not before: where nothing could be removed, nothing is forgotten.
  forgetUnsaved(store);
  // What a reply wrote meanwhile looks at its message, which is gone; a draft does not.
  await write(store, () => drafts.clear());
  noteActivity(store, { kind: 'deleted', what: 'all-chats', count: ids.length });
  for (const id of ids) for (const tell of deletionListeners) tell(id);
  forgetUnsaved(store);
  // A private session's chats are its own.
  if (!store.persistent) return;
  const channel = new BroadcastChannel(ALL_DELETED);
  channel.postMessage(store.tab);
  channel.close();
}

const ALL_DELETED = 'meditron-all-deleted';

/**
 * Calls back when another tab removed every chat; what this one still meant to save is forgotten by then. A private session, whose
 * chats no other tab has, hears nothing.
 */
export function onAllDeleted(store: Store, listener: () => void): () => void {
  if (!store.persistent) return () => undefined;
  const channel = new BroadcastChannel(ALL_DELETED);
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    // A channel hears every other of its name, those of its own page too.
    if (data === store.tab) return;
    forgetUnsaved(store);
    listener();
  });
  return () => {
    channel.close();
  };
}

/** What this tab remembers of words and has not stored: they are to go, and must not come back with the page's end. */
export function forgetUnsaved(store: Store): void {
  forgetAll();
  forgetTyped(store);
  store.queue.clear();
}

/** Ends every Undo now, e.g. before everything is handed out or counted. */
export async function purgeAllDeleted(store: Store): Promise<void> {
  await purgeDeleted(store, { now: Number.MAX_SAFE_INTEGER, running: Number.MAX_SAFE_INTEGER });
}

function purge(store: Store, deletion: DeletionRow): PromiseLike<void> {
  const { db } = store;
  const { conversations, messages, prompts, partials, drafts, deletions, searchLog } = db;
  const tables = [conversations, messages, prompts, partials, drafts, deletions, searchLog];
  return db.transaction('rw', tables, async () => {
    // Undone in another tab meanwhile: nothing to purge.
    if (!(await deletions.get(deletion.id))) return;
    await deletions.delete(deletion.id);
    if (deletion.kind === 'folder') return;
    if (deletion.kind === 'message') {
      const rows = await messages.bulkGet([...deletion.messageIds]);
      const hidden = rows.flatMap((row) => (row?.deletedAt === deletion.at ? [row.id] : []));
      await removeMessages(db, hidden);
      return;
    }
    const row = await conversations.get(deletion.conversationId);
    if (row?.order === null) await removeRows(db, row.id);
  });
}

/** Removes a chat for good, without Undo. Tells what is on its way in it. @throws AppError `storage/*` */
export async function removeConversation(store: Store, id: string): Promise<void> {
  const { db } = store;
  const tables = [db.conversations, db.messages, db.prompts, db.partials, db.drafts, db.searchLog];
  await write(store, () => db.transaction('rw', tables, () => removeRows(db, id)));
  for (const tell of deletionListeners) tell(id);
}

async function removeRows(db: ChatDatabase, id: string): Promise<void> {
  await removeMessages(db, await db.messages.where('conversationId').equals(id).primaryKeys());
  await deleteDraftsOf(db, id);
  await db.conversations.delete(id);
  await logTitle(db, id);
}

async function removeMessages(db: ChatDatabase, ids: string[]): Promise<void> {
  await db.prompts.bulkDelete(ids);
  await db.partials.bulkDelete(ids);
  await db.messages.bulkDelete(ids);
  // So that the index lets go of their words, too.
  await logMessages(db, ids);
}

type Noted<T> = T extends unknown ? Omit<T, 'id' | 'at' | 'tab'> : never;

async function note(store: Store, deletion: Noted<DeletionRow>): Promise<DeletionRow> {
  const at = store.now();
  const row: DeletionRow = { ...deletion, id: newId(at), at, tab: store.tab };
  await store.db.deletions.add(row);
  seenIn(store.db).set(row.id, performance.now());
  return row;
}

async function restoreConversation(db: ChatDatabase, id: string): Promise<boolean> {
  const row = await db.conversations.get(id);
  if (!row) return false;
  const folder = row.folderId === null ? undefined : await db.folders.get(row.folderId);
  await db.conversations.put(toConversationRow({ ...row, folderId: folder?.id ?? null }));
  await logConversation(db, id);
  return true;
}

/** The path the deletion or its Undo stored is the one to show. */
function followStored(deletion: DeletionRow): void {
  if (deletion.kind === 'message') setTabLeaf(deletion.conversationId, null);
}

async function restoreMessages(
  db: ChatDatabase,
  deletion: Extract<DeletionRow, { kind: 'message' }>,
): Promise<boolean> {
  const conversation = await db.conversations.get(deletion.conversationId);
  if (!conversation) return false;
  // Only what this deletion hid: parts deleted before it stay deleted.
  const restored = await db.messages
    .where('id')
    .anyOf([...deletion.messageIds])
    .and((row) => row.deletedAt === deletion.at)
    .modify({ deletedAt: null });
  // While they were hidden, the index may have passed over them.
  await logMessages(db, deletion.messageIds);
  if (conversation.leafId === deletion.leafAfter) {
    await db.conversations.put({ ...conversation, leafId: deletion.leafBefore });
  }
  await restoreAbove(db, deletion);
  return restored > 0;
}

/** What was deleted above these messages later comes back, too: they can't be shown without it. */
async function restoreAbove(
  db: ChatDatabase,
  deletion: Extract<DeletionRow, { kind: 'message' }>,
): Promise<void> {
  const topId = deletion.messageIds[0];
  const top = topId === undefined ? undefined : await db.messages.get(topId);
  const parent = top?.parentId ? await db.messages.get(top.parentId) : undefined;
  if (typeof parent?.deletedAt !== 'number') return;
  const later = await db.deletions.where('at').equals(parent.deletedAt).toArray();
  for (const above of later) {
    if (above.kind !== 'message' || !above.messageIds.includes(parent.id)) continue;
    await db.deletions.delete(above.id);
    await restoreMessages(db, above);
  }
}

async function restoreFiling(db: ChatDatabase, folderId: string, ids: readonly string[]): Promise<boolean> {
  const rows = await db.conversations.bulkGet([...ids]);
  const unfiled = rows.flatMap((row) =>
    row?.folderId === null ? [toConversationRow({ ...row, folderId }, row.order === null)] : [],
  );
  await db.conversations.bulkPut(unfiled);
  return true;
}

async function inFolder(db: ChatDatabase, folderId: string): Promise<Conversation[]> {
  const rows = await db.conversations
    .where('[shelf+order+byUpdated]')
    .between([folderId], [folderId, []])
    .toArray();
  return rows.map(toConversation);
}
