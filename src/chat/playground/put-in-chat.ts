/** A text of several pieces as the messages of a chat. */
import { insertMessage, listMessages, showMessage } from '../../conversations/data/repository.ts';
import type { Store } from '../../conversations/data/store.ts';
import type { ShownMessage } from '../../database/records.ts';
import { buildTree } from '../../conversations/messages/tree.ts';
import type { Segment } from './segments.ts';

/**
 * Finds the pieces among the chat's versions, from the first on, and adds what is not there as further versions: nothing that
 * was written is changed. The end of it comes on screen.
 * @returns the id of its last message. @throws AppError `conversation/not-found`, `storage/full`; TypeError without pieces.
 */
export async function putInChat(
  store: Store,
  conversationId: string,
  segments: readonly Segment[],
): Promise<string> {
  const tree = buildTree(await listMessages(store, conversationId));
  let parentId: string | null = null;
  let added = false;
  for (const { role, text } of segments) {
    const same: ShownMessage | undefined = (tree.children.get(parentId) ?? []).findLast(
      (message) => message.role === role && message.text === text && message.status !== 'streaming',
    );
    if (same && !added) {
      parentId = same.id;
      continue;
    }
    added = true;
    parentId = (
      await insertMessage(store, { conversationId, parentId, role, text, edited: role === 'assistant' })
    ).id;
  }
  if (parentId === null) throw new TypeError('a text without pieces');
  if (!added) await showMessage(store, parentId);
  return parentId;
}
