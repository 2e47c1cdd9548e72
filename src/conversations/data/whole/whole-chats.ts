/** Whole conversations in and out: exports, backups, imports. Callers have parsed what they bring. */
import { isKnownTime } from '../../../lib/format.ts';
import type { ChatDatabase } from '../../../database/database.ts';
import { importedTitle } from './imported-title.ts';
import type { Conversation, Folder, Message } from '../../../database/records.ts';
import {
  loadTree,
  logConversation,
  logMessages,
  logTitle,
  toConversation,
  toConversationRow,
  toMessageRow,
  toPromptRow,
  toShownMessage,
  withPrompt,
} from '../rows.ts';
import type { ConversationRow, MessageRow } from '../../../database/schema.ts';
import { type Store, write } from '../store.ts';
import { asShown } from '../../messages/replies.ts';
import { buildTree, defaultLeaf, latestLeaf, type MessageTree, pathTo } from '../../messages/tree.ts';

/** A conversation with every version of every message and all provenance. */
export interface FullConversation {
  readonly conversation: Conversation;
  /** From old to new. */
  readonly messages: readonly Message[];
}

/** @returns undefined when there is none or it is deleted. */
export async function readConversation(store: Store, id: string): Promise<FullConversation | undefined> {
  const { db } = store;
  return db.transaction('r', [db.conversations, db.messages, db.prompts, db.partials], async () => {
    const conversation = await db.conversations.get(id);
    if (typeof conversation?.order !== 'number') return undefined;
    const rows = (await db.messages.where('conversationId').equals(id).toArray()).filter(
      (row) => row.deletedAt === null,
    );
    rows.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    const prompts = await db.prompts.bulkGet(rows.map((row) => row.id));
    const partials = await db.partials.where('conversationId').equals(id).toArray();
    const partial = new Map(partials.map((row) => [row.messageId, row.text]));
    const messages = rows.map((row, index): Message => {
      const shown = toShownMessage(asShown(row, partial.get(row.id)));
      return {
        ...shown,
        provenance: shown.provenance && withPrompt(shown.provenance, prompts[index]),
      };
    });
    return { conversation: toConversation(conversation), messages };
  });
}

/** Every conversation, one at a time and by id, so that an export of everything holds one in memory. */
export async function* readAllConversations(store: Store): AsyncGenerator<FullConversation, undefined> {
  for (const id of await store.db.conversations.toCollection().primaryKeys()) {
    const full = await readConversation(store, id);
    if (full) yield full;
  }
  return undefined;
}

export interface ImportOutcome {
  readonly added: number;
  /** Conversations that were here and got messages they lacked. */
  readonly merged: number;
  readonly unchanged: number;
  /** Titles of conversations that were not taken because messages of theirs are here in another conversation. */
  readonly refused: readonly string[];
}

/**
 * Puts conversations in, all or nothing. Known ids are never overwritten: a conversation that is here only gets the messages it
 * lacks or that were deleted a moment ago, so the same file twice changes nothing. Messages that were still being written come
 * in as interrupted, folders that do not exist as none, a leaf that is missing as the newest one, and a conversation without a
 * time with that of the import.
 * @throws AppError `storage/full`
 */
export async function importConversations(
  store: Store,
  incoming: readonly FullConversation[],
  folders: readonly Folder[] = [],
): Promise<ImportOutcome> {
  const { db } = store;
  const tables = [db.conversations, db.messages, db.prompts, db.folders, db.deletions, db.searchLog];
  return write(store, () =>
    db.transaction('rw', tables, async () => {
      const outcome = { added: 0, merged: 0, unchanged: 0, refused: [] as string[] };
      const importedAt = store.now();
      const knownFolders = new Set(await db.folders.toCollection().primaryKeys());
      for (const folder of folders) {
        if (knownFolders.has(folder.id)) continue;
        knownFolders.add(folder.id);
        await db.folders.add(folder);
      }
      for (const [index, { conversation, messages }] of incoming.entries()) {
        const here = await db.conversations.get(conversation.id);
        const known = await db.messages.bulkGet(messages.map((message) => message.id));
        if (known.some((row) => row && row.conversationId !== conversation.id)) {
          outcome.refused.push(importedTitle(conversation, messages).title);
          continue;
        }
        const fresh = messages.filter((_, at) => !known[at]);
        const hidden = known.flatMap((row) => (typeof row?.deletedAt === 'number' ? [row] : []));
        if (here && here.order !== null && fresh.length === 0 && hidden.length === 0) {
          outcome.unchanged++;
          continue;
        }
        await addMessages(db, conversation.id, fresh);
        if (here) {
          await bringBackMessages(db, conversation.id, hidden, fresh);
          await bringUpToDate(db, here, conversation);
          outcome.merged++;
          continue;
        }
        outcome.added++;
        const tree = buildTree(fresh);
        const { folderId, leafId, createdAt, updatedAt } = conversation;
        // The first of a file without times stands on top, as it does in the file.
        const noTime = importedAt - index;
        await db.conversations.add(
          toConversationRow({
            ...conversation,
            ...importedTitle(conversation, messages),
            createdAt: isKnownTime(createdAt) ? createdAt : noTime,
            updatedAt: isKnownTime(updatedAt) ? updatedAt : noTime,
            folderId: folderId !== null && knownFolders.has(folderId) ? folderId : null,
            leafId: leafId !== null && tree.byId.has(leafId) ? leafId : defaultLeaf(tree),
          }),
        );
        await logTitle(db, conversation.id);
      }
      return outcome;
    }),
  );
}

async function addMessages(
  db: ChatDatabase,
  conversationId: string,
  messages: readonly Message[],
): Promise<void> {
  await db.messages.bulkAdd(messages.map((message) => toMessageRow(settled(message, conversationId))));
  await db.prompts.bulkPut(
    messages.flatMap(({ id, provenance }) => (provenance ? [toPromptRow(id, provenance)] : [])),
  );
  await logMessages(
    db,
    messages.map((message) => message.id),
  );
}

/**
 * Messages that were deleted a moment ago and are imported now are wanted, and so is what is above them and above fresh ones.
 * Their deletion is over for them: neither its end nor its Undo may touch them any more.
 */
async function bringBackMessages(
  db: ChatDatabase,
  conversationId: string,
  hidden: readonly MessageRow[],
  fresh: readonly Message[],
): Promise<void> {
  const back = new Set(hidden.map(({ id }) => id));
  for (
    let below: readonly { readonly parentId: string | null }[] = [...hidden, ...fresh];
    below.length > 0;
  ) {
    const above = new Set(below.flatMap(({ parentId }) => (parentId === null ? [] : [parentId])));
    const rows = await db.messages.bulkGet([...above].filter((id) => !back.has(id)));
    below = rows.flatMap((row) => (typeof row?.deletedAt === 'number' ? [row] : []));
    for (const row of rows) if (typeof row?.deletedAt === 'number') back.add(row.id);
  }
  if (back.size === 0) return;
  await db.messages
    .where('id')
    .anyOf([...back])
    .modify({ deletedAt: null });
  await logMessages(db, back);
  for (const deletion of await db.deletions.toArray()) {
    if (deletion.kind !== 'message' || deletion.conversationId !== conversationId) continue;
    const messageIds = deletion.messageIds.filter((id) => !back.has(id));
    if (messageIds.length === 0) await db.deletions.delete(deletion.id);
    else if (messageIds.length < deletion.messageIds.length)
      await db.deletions.put({ ...deletion, messageIds });
  }
}

/** The row of a conversation that got messages. One that was deleted a moment ago and is imported now is wanted. */
async function bringUpToDate(db: ChatDatabase, here: ConversationRow, incoming: Conversation): Promise<void> {
  const tree = await loadTree(db, here.id);
  await db.conversations.put(
    toConversationRow({
      ...here,
      leafId: leafAfterMerge(tree, here.leafId, incoming.leafId),
      updatedAt: Math.max(here.updatedAt, incoming.updatedAt),
    }),
  );
  if (here.order !== null) return;
  await logConversation(db, here.id);
  await db.deletions
    .filter((deletion) => deletion.kind === 'conversation' && deletion.conversationId === here.id)
    .delete();
}

/** The path on screen stays, and goes on where it has grown. */
function leafAfterMerge(
  tree: MessageTree<MessageRow>,
  stored: string | null,
  incoming: string | null,
): string | null {
  const grown = pathTo(tree, incoming);
  const known = stored !== null && tree.byId.has(stored);
  if (grown.length > 0 && (!known || grown.some(({ id }) => id === stored))) return incoming;
  return known ? latestLeaf(tree, stored) : defaultLeaf(tree);
}

function settled(message: Message, conversationId: string): Message {
  return {
    ...message,
    conversationId,
    status: message.status === 'streaming' ? 'interrupted' : message.status,
  };
}
