import type { Store } from '../data/store.ts';

export interface StoredCounts {
  readonly chats: number;
  readonly messages: number;
}

/** How much there is, deleted rows whose Undo is still open not counted as chats. */
export async function countStored(store: Store): Promise<StoredCounts> {
  const { db } = store;
  const [chats, messages] = await Promise.all([shown(store).count(), db.messages.count()]);
  return { chats, messages };
}

/** `order` is null while a chat is hidden, and null is in no index. */
function shown({ db }: Store): ReturnType<Store['db']['conversations']['toCollection']> {
  return db.conversations.where('[order+byUpdated]').between([0, -Infinity], [1, Infinity]);
}
