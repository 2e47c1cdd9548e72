/** The site's rule on how long chats are kept. */
import { usePolicy } from '../../../preferences/site-policy.ts';
import { noteActivity } from '../activity/activity.ts';
import { removeConversation } from './deletion.ts';
import { type Store, write } from '../store.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Removes chats not changed for longer than the site keeps them, pinned ones included, and texts not sent for as long.
 * @returns how many chats went.
 */
export async function removeExpired(
  store: Store,
  now: number = Date.now(),
  days: number | null = usePolicy.getState().retentionDays,
): Promise<number> {
  if (days === null) return 0;
  const before = now - days * DAY_MS;
  const { db } = store;
  const old = await db.conversations.filter((row) => row.updatedAt < before).primaryKeys();
  for (const id of old) await removeConversation(store, id);
  if (old.length > 0)
    noteActivity(store, { kind: 'deleted', what: 'chats', count: old.length, byRule: true });
  await write(store, () => db.drafts.filter(({ savedAt = 0 }) => savedAt < before).delete());
  return old.length;
}
