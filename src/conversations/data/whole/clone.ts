/** A second chat like the first: with its messages and all their versions, or with its settings alone. */
import type { Conversation } from '../../../database/records.ts';
import {
  cleanTitle,
  logMessages,
  logTitle,
  requireConversation,
  toConversation,
  toConversationRow,
} from '../rows.ts';
import { newId, type Store, write } from '../store.ts';

/** Told in a title, in which a person finds it again. */
function titleOf(title: string): string {
  return cleanTitle(`Copy of ${title}`);
}

/**
 * All or nothing. A reply that is being written comes in as interrupted, with what the last write of its message held.
 * @returns the new chat. @throws AppError `conversation/not-found`, `storage/full`
 */
export async function cloneConversation(
  store: Store,
  id: string,
  { messages }: { readonly messages: boolean },
): Promise<Conversation> {
  const { db } = store;
  const tables = [db.conversations, db.messages, db.prompts, db.searchLog];
  return write(store, () =>
    db.transaction('rw', tables, async () => {
      const at = store.now();
      const original = toConversation(await requireConversation(db, id));
      const rows = messages
        ? (await db.messages.where('conversationId').equals(id).toArray()).filter(
            (row) => row.deletedAt === null,
          )
        : [];
      const ids = new Map(rows.map((row, index) => [row.id, newId(at + index)]));
      const moved = (old: string): string => ids.get(old) ?? old;
      const cloneId = newId(at);
      const { promptSetup } = original;
      const clone: Conversation = {
        ...original,
        id: cloneId,
        title: titleOf(original.title),
        // Without messages the first question gives the title, as in every new chat.
        titleFrom: messages ? original.titleFrom : 'auto',
        createdAt: at,
        updatedAt: at,
        pinned: false,
        leafId: original.leafId === null ? null : (ids.get(original.leafId) ?? null),
        ...(promptSetup && {
          promptSetup: {
            ...promptSetup,
            leftOut: messages ? promptSetup.leftOut.map(moved) : [],
            pinned: messages ? promptSetup.pinned.map(moved) : [],
          },
        }),
      };
      const prompts = await db.prompts.bulkGet(rows.map((row) => row.id));
      await db.messages.bulkAdd(
        rows.map((row) => ({
          ...row,
          id: moved(row.id),
          conversationId: cloneId,
          parentId: row.parentId === null ? null : moved(row.parentId),
          status: row.status === 'streaming' ? ('interrupted' as const) : row.status,
          provenance: row.provenance && {
            ...row.provenance,
            droppedMessageIds: row.provenance.droppedMessageIds.map(moved),
            ...(row.provenance.leftOutMessageIds && {
              leftOutMessageIds: row.provenance.leftOutMessageIds.map(moved),
            }),
          },
        })),
      );
      await db.prompts.bulkAdd(
        prompts.flatMap((row) => (row ? [{ ...row, messageId: moved(row.messageId) }] : [])),
      );
      await db.conversations.add(toConversationRow(clone));
      await logMessages(db, ids.values());
      await logTitle(db, cloneId);
      return clone;
    }),
  );
}
