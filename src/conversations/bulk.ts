/** Whole conversations in and out: exports, backups, imports. Callers have parsed what they bring. */
import type { ChatDatabase } from './database.ts';
import type { Conversation, Folder, Message } from './records.ts';
import {
  logMessages,
  logTitle,
  toConversation,
  toConversationRow,
  toMessageRow,
  toShownMessage,
} from './rows.ts';
import type { ConversationRow } from './schema.ts';
import { type Store, write } from './store.ts';
import { buildTree, defaultLeaf } from './tree.ts';

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
      const shown = toShownMessage(row);
      return {
        ...shown,
        text: row.status === 'streaming' ? (partial.get(row.id) ?? row.text) : row.text,
        provenance: shown.provenance && { ...shown.provenance, prompt: prompts[index]?.prompt ?? '' },
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
}

/**
 * Puts conversations in, all or nothing. Known ids are never overwritten: a conversation that is here only gets the messages it
 * lacks, so the same file twice changes nothing. Messages that were still being written come in as interrupted, folders that
 * do not exist as none, and a leaf that is missing as the newest one.
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
      const outcome = { added: 0, merged: 0, unchanged: 0 };
      const knownFolders = new Set(await db.folders.toCollection().primaryKeys());
      await db.folders.bulkAdd(folders.filter((folder) => !knownFolders.has(folder.id)));
      for (const folder of folders) knownFolders.add(folder.id);
      for (const { conversation, messages } of incoming) {
        const here = await db.conversations.get(conversation.id);
        const known = await db.messages.bulkGet(messages.map((message) => message.id));
        const fresh = messages.filter((_, index) => !known[index]);
        if (here?.order === null) await bringBack(db, here);
        else if (here && fresh.length === 0) {
          outcome.unchanged++;
          continue;
        }
        await db.messages.bulkAdd(fresh.map((message) => toMessageRow(settled(message, conversation.id))));
        await db.prompts.bulkPut(
          fresh.flatMap(({ id, provenance }) =>
            provenance ? [{ messageId: id, prompt: provenance.prompt }] : [],
          ),
        );
        await logMessages(
          db,
          fresh.map((message) => message.id),
        );
        if (here) {
          outcome.merged++;
          continue;
        }
        outcome.added++;
        const tree = buildTree(fresh);
        const { folderId, leafId } = conversation;
        await db.conversations.add(
          toConversationRow({
            ...conversation,
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

/** A chat that was deleted a moment ago and is imported now is wanted. */
async function bringBack(db: ChatDatabase, row: ConversationRow): Promise<void> {
  await db.conversations.put(toConversationRow(row));
  await db.deletions
    .filter((deletion) => deletion.kind === 'conversation' && deletion.conversationId === row.id)
    .delete();
}

function settled(message: Message, conversationId: string): Message {
  return {
    ...message,
    conversationId,
    status: message.status === 'streaming' ? 'interrupted' : message.status,
  };
}
