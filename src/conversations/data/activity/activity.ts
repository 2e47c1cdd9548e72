/**
 * A log for the person at this machine: what was exported, deleted, sent to a server, and which weights and library ran. No word
 * of a chat, no title and no file's name is in it; it leaves the machine only as a file a person saves.
 */
import type { Activity } from './activity-log.ts';
import { conversationStore, type Store } from '../store.ts';

/** Older lines go. */
const MOST_LINES = 5000;
/** They go this many at a time. */
const SLACK = 200;

/** Never rejects and holds nothing up: the log is about the work, and must not be the work's failure. */
export function noteActivity(store: Store, value: Activity): void {
  const { activity: lines } = store.db;
  store.db
    .transaction('rw', [lines], async () => {
      const seq = await lines.add({ at: store.now(), value });
      if (seq % SLACK === 0)
        await lines
          .where(':id')
          .belowOrEqual(seq - MOST_LINES)
          .delete();
    })
    .catch(() => undefined);
}

/** For what has no store at hand. */
export function noteActivityHere(value: Activity): void {
  conversationStore().then(
    (store) => {
      noteActivity(store, value);
    },
    // Without a store there is no log.
    () => undefined,
  );
}

export async function eraseActivity(store: Store): Promise<void> {
  await store.db.activity.clear();
}
