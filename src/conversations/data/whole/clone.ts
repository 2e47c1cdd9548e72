/** A second chat like the first: with its messages and all their versions, or with its settings alone. */
import type { Conversation, ReplyFacts } from '../../../database/records.ts';
import { asShown } from '../../messages/replies.ts';
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
 * All or nothing. A reply that is being written comes in as interrupted, with what is saved of it.
 * @returns the new chat. @throws AppError `conversation/not-found`, `storage/full`
 */
export async function cloneConversation(
  store: Store,
  id: string,
  { messages }: { readonly messages: boolean },
): Promise<Conversation> {
  const { db } = store;
  const tables = [db.conversations, db.messages, db.prompts, db.partials, db.searchLog];
  return write(store, () =>
    db.transaction('rw', tables, async () => {
      const at = store.now();
      const original = toConversation(await requireConversation(db, id));
      const rows = messages
        ? (await db.messages.where('conversationId').equals(id).toArray()).filter(
            (row) => row.deletedAt === null,
          )
        : [];
      const partials = await db.partials.bulkGet(rows.map((row) => row.id));
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
        rows.map((row, index) => {
          const shown = asShown(row, partials[index]?.text);
          return {
            ...shown,
            id: moved(row.id),
            conversationId: cloneId,
            parentId: row.parentId === null ? null : moved(row.parentId),
            status: shown.status === 'streaming' ? ('interrupted' as const) : shown.status,
            provenance: row.provenance && movedFacts(row.provenance, moved),
            ...(row.comparisons && {
              comparisons: row.comparisons.map((each) => ({ ...each, other: moved(each.other) })),
            }),
          };
        }),
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

function movedFacts(facts: ReplyFacts, moved: (id: string) => string): ReplyFacts {
  const { droppedMessageIds, leftOutMessageIds, branch } = facts;
  return {
    ...facts,
    droppedMessageIds: droppedMessageIds.map(moved),
    ...(leftOutMessageIds && { leftOutMessageIds: leftOutMessageIds.map(moved) }),
    ...(branch && { branch: { ...branch, messageId: moved(branch.messageId) } }),
  };
}
