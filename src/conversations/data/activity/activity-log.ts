/** What a line of the activity log holds, and reading it. Apart from writing it, which every page may do at any time, without zod. */
import { z } from '../../../lib/zod.ts';
import type { Store } from '../store.ts';

const name = z.string().max(300);
const count = z.number().int().min(0);

const activity = z.discriminatedUnion('kind', [
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

/** The newest first. Lines of a version that knew other kinds are left out. */
export async function listActivity(store: Store, limit?: number): Promise<readonly ActivityLine[]> {
  const newest = store.db.activity.orderBy(':id').reverse();
  const rows = await (limit === undefined ? newest : newest.limit(limit)).toArray();
  return rows.flatMap(({ at, value }) => {
    const parsed = activity.safeParse(value);
    return parsed.success ? [{ ...parsed.data, at }] : [];
  });
}
