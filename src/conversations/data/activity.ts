/**
 * A log for the person at this machine: what was exported, deleted, sent to a server, and which weights and library ran. No word
 * of a chat, no title and no file's name is in it; it leaves the machine only as a file a person saves.
 */
import { z } from '../../lib/zod.ts';
import { conversationStore, type Store } from './store.ts';

const name = z.string().max(300);
const count = z.number().int().min(0);

export const activity = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('exported'),
    what: z.enum(['everything', 'chats', 'run', 'log']),
    /** e.g. `json`, `link`, `print`. */
    form: name,
    count: count.optional(),
  }),
  z.object({
    kind: z.literal('deleted'),
    what: z.enum(['chats', 'all-chats', 'message', 'run', 'question-set']),
    count,
    /** The site's retention did it. */
    byRule: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('sent'), host: name, model: name }),
  z.object({
    kind: z.literal('ran'),
    model: name,
    engine: name,
    backend: name,
    weightsSha256: name,
    librarySha256: name,
  }),
]);

export type Activity = z.infer<typeof activity>;
export type ActivityLine = Activity & { readonly at: number };

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

/** The newest first. Lines of a version that knew other kinds are left out. */
export async function listActivity(store: Store, limit = MOST_LINES): Promise<readonly ActivityLine[]> {
  const rows = await store.db.activity.orderBy(':id').reverse().limit(limit).toArray();
  return rows.flatMap(({ at, value }) => {
    const parsed = activity.safeParse(value);
    return parsed.success ? [{ ...parsed.data, at }] : [];
  });
}

export async function eraseActivity(store: Store): Promise<void> {
  await store.db.activity.clear();
}
