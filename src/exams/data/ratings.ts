/** Ratings people gave to written answers, in the database. */
import Dexie from 'dexie';
import { write, type Store } from '../../conversations/data/store.ts';
import { replyRatingSchema, type ReplyRating } from '../runs/reply-rating.ts';

export async function keepRating(store: Store, runId: string, n: number, value: ReplyRating): Promise<void> {
  await write(store, () => store.db.examRatings.put({ runId, n, value }));
}

/** By the question's number in the run. */
export async function readRatings(store: Store, runId: string): Promise<Map<number, ReplyRating>> {
  const rows = await store.db.examRatings
    .where('[runId+n]')
    .between([runId, Dexie.minKey], [runId, Dexie.maxKey])
    .toArray();
  return new Map(
    rows.flatMap(({ n, value }) => {
      const parsed = replyRatingSchema.safeParse(value);
      return parsed.success ? [[n, parsed.data] as const] : [];
    }),
  );
}
