/** Rows of a backup back into the database: what is here stays as it is, what is missing comes in. */
import { z } from '../../lib/zod.ts';
import { write, type Store } from '../../conversations/data/store.ts';
import type { RestoredExams } from '../../transcripts/import/read-result.ts';
import type { ExamRows } from '../../transcripts/format/document.ts';
import { itemSchema } from '../items/item.ts';
import { answerSchema, cardSchema, sessionSchema } from '../practice/records.ts';
import { replyRatingSchema } from '../runs/reply-rating.ts';
import { runSchema, storedResultSchema } from '../runs/result.ts';
import { setRecordSchema } from './set-record.ts';

const text = z.string().max(300);
const number = z.number().int().min(0);

/** Each table's rows, as this version writes them; files are of unknown origin. */
const ROWS = {
  examSets: z.object({ id: text, value: setRecordSchema }),
  // A row that passes has the item's own rules, and its place.
  examItems: z.intersection(itemSchema, z.object({ setId: text, n: number })),
  examRuns: z.object({ id: text, value: runSchema }),
  examResults: storedResultSchema,
  examPrompts: z.object({ runId: text, n: number, prefixKey: z.string(), prompt: z.string() }),
  examCards: z.object({ setId: text, itemId: text, value: cardSchema }),
  examSessions: z.object({ id: text, setId: text, value: sessionSchema }),
  examAnswers: z.object({ id: answerSchema.shape.id, setId: text, value: answerSchema }),
  examRatings: z.object({ runId: text, n: number, value: replyRatingSchema }),
} as const satisfies Record<ExamRows['table'], z.ZodType>;

/**
 * One part of a backup. A set that is here keeps its own items: those of the file are taken only for sets that came with it.
 * @param fresh ids of sets that came in with this file, filled as they come.
 * @throws AppError `storage/*`
 */
export async function restoreExams(
  store: Store,
  { table, rows }: ExamRows,
  fresh: Set<string>,
): Promise<RestoredExams> {
  const schema: z.ZodType<Record<string, unknown>> = ROWS[table];
  const good: Record<string, unknown>[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse(row);
    if (parsed.success) good.push(parsed.data);
  }
  const target = store.db.table<Record<string, unknown>>(table);
  let added = 0;
  await write(store, () =>
    store.db.transaction('rw', [target], async () => {
      const keyPath = target.schema.primKey.keyPath ?? 'id';
      const part = (value: unknown): string | number => (typeof value === 'number' ? value : String(value));
      const keyOf = (row: Record<string, unknown>): string | (string | number)[] =>
        typeof keyPath === 'string' ? String(row[keyPath]) : keyPath.map((name) => part(row[name]));
      const wanted = good.filter((row) => table !== 'examItems' || fresh.has(String(row.setId)));
      const here: unknown[] = await target.bulkGet(wanted.map(keyOf));
      const missing = wanted.filter((_, at) => here[at] === undefined);
      await target.bulkAdd(missing);
      added = missing.length;
      if (table === 'examSets') for (const row of missing) fresh.add(String(row.id));
    }),
  );
  return {
    sets: table === 'examSets' ? added : 0,
    runs: table === 'examRuns' ? added : 0,
    refused: rows.length - good.length,
  };
}
