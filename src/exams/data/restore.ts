/** Rows of a backup back into the database: what is here stays as it is, what is missing comes in. */
import Dexie from 'dexie';
import { z } from '../../lib/zod.ts';
import { write, type Store } from '../../conversations/data/store.ts';
import type { ExamPromptRow, ExamResultRow } from '../../database/schema.ts';
import type { ExamsRestore } from '../../transcripts/import/exam-rows.ts';
import type { RestoredExams } from '../../transcripts/import/read-result.ts';
import type { ExamRows } from '../../transcripts/format/document.ts';
import { itemSchema } from '../items/item.ts';
import { answerSchema, cardSchema, sessionSchema } from '../practice/records.ts';
import { replyRatingSchema } from '../runs/reply-rating.ts';
import { runSchema, storedResultSchema, type Run } from '../runs/result.ts';
import { KnownRun } from './known-run.ts';
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

type Row = Record<string, unknown>;
/** Tables of sets and of runs, head first: the rows of the others belong to it by the column. */
const PARTS = {
  examItems: { head: 'examSets', by: 'setId' },
  examResults: { head: 'examRuns', by: 'runId' },
  examPrompts: { head: 'examRuns', by: 'runId' },
} as const;
type Head = 'examSets' | 'examRuns';
const HEADS: readonly Head[] = ['examSets', 'examRuns'];

function headOf(table: ExamRows['table']): Head | null {
  if (table === 'examSets' || table === 'examRuns') return table;
  return table in PARTS ? PARTS[table as keyof typeof PARTS].head : null;
}

export function beginExamsRestore(store: Store): ExamsRestore {
  return new Restore(store);
}

/**
 * A set or run comes in whole or not at all: it is seen when its last row is in. What an earlier restore left that was cut off goes
 * first. One that is here keeps its own rows.
 */
class Restore implements ExamsRestore {
  readonly #store: Store;
  /** Heads of those that come in with this file; taken from here when they are in. */
  readonly #coming = { examSets: new Map<string, Row>(), examRuns: new Map<string, Row>() };
  readonly #came = { examSets: new Set<string>(), examRuns: new Set<string>() };
  readonly #known = new Map<string, KnownRun>();
  readonly #kept: string[] = [];
  #completed = 0;
  #refused = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async take({ table, rows }: ExamRows): Promise<void> {
    for (const head of HEADS) if (headOf(table) !== head) await this.#finish(head);
    const schema: z.ZodType<Row> = ROWS[table];
    const good = rows.flatMap((row) => {
      const parsed = schema.safeParse(row);
      return parsed.success ? [parsed.data] : [];
    });
    this.#refused += rows.length - good.length;
    if (table === 'examSets' || table === 'examRuns') await this.#takeHeads(table, good);
    else if (table === 'examResults' || table === 'examPrompts') await this.#takeRunRows(table, good);
    else
      await this.#addMissing(
        table,
        good.filter((row) => this.#belongs(table, row)),
      );
  }

  async end(): Promise<RestoredExams> {
    for (const head of HEADS) await this.#finish(head);
    return {
      sets: this.#came.examSets.size,
      runs: this.#came.examRuns.size,
      refused: this.#refused,
      completed: this.#completed,
      kept: this.#kept,
    };
  }

  async drop(): Promise<void> {
    for (const head of HEADS) {
      for (const id of this.#coming[head].keys()) await this.#clear(head, id);
      this.#coming[head].clear();
    }
  }

  async #takeHeads(table: Head, rows: readonly Row[]): Promise<void> {
    const here: (Row | undefined)[] = await this.#store.db
      .table<Row>(table)
      .bulkGet(rows.map(({ id }) => String(id)));
    for (const [at, row] of rows.entries()) {
      const id = String(row.id);
      const ours = here[at];
      if (this.#comesIn(table, id)) continue;
      if (ours === undefined) {
        await this.#clear(table, id);
        this.#coming[table].set(id, row);
      } else if (table === 'examRuns') {
        const run = runSchema.safeParse(ours.value);
        // What is here and can't be read is another version's: it stays.
        if (run.success) this.#known.set(id, new KnownRun(row.value as Run, run.data));
      }
    }
  }

  async #takeRunRows(table: 'examResults' | 'examPrompts', rows: readonly Row[]): Promise<void> {
    const { db } = this.#store;
    const fresh = rows.filter((row) => this.#belongs(table, row));
    await this.#addMissing(table, fresh);
    const known = rows.filter(({ runId }) => this.#known.has(String(runId)));
    const keys = known.map(({ runId, n }): [string, number] => [String(runId), Number(n)]);
    if (table === 'examResults') {
      const here = await db.examResults.bulkGet(keys);
      for (const [at, row] of (known as unknown as readonly ExamResultRow[]).entries())
        this.#known.get(row.runId)?.addResult(row, here[at]);
    } else {
      const here = await db.examPrompts.bulkGet(keys);
      for (const [at, row] of (known as unknown as readonly ExamPromptRow[]).entries())
        this.#known.get(row.runId)?.addPrompt(row, here[at]);
    }
  }

  /** Ratings are of a run's rows: those of a run that is another here are of other rows. */
  #belongs(table: ExamRows['table'], row: Row): boolean {
    const head = table in PARTS ? PARTS[table as keyof typeof PARTS] : null;
    if (head) return this.#comesIn(head.head, String(row[head.by]));
    if (table !== 'examRatings') return true;
    const runId = String(row.runId);
    return this.#comesIn('examRuns', runId) || this.#known.get(runId)?.differs === false;
  }

  #comesIn(head: Head, id: string): boolean {
    return this.#coming[head].has(id) || this.#came[head].has(id);
  }

  async #addMissing(table: ExamRows['table'], rows: readonly Row[]): Promise<void> {
    if (rows.length === 0) return;
    const target = this.#store.db.table<Row>(table);
    await write(this.#store, () =>
      this.#store.db.transaction('rw', [target], async () => {
        const keyPath = target.schema.primKey.keyPath ?? 'id';
        const part = (value: unknown): string | number => (typeof value === 'number' ? value : String(value));
        const keyOf = (row: Row): string | (string | number)[] =>
          typeof keyPath === 'string' ? String(row[keyPath]) : keyPath.map((name) => part(row[name]));
        const here: unknown[] = await target.bulkGet(rows.map(keyOf));
        await target.bulkAdd(rows.filter((_, at) => here[at] === undefined));
      }),
    );
  }

  /** Their rows are in: they are seen from now on. */
  async #finish(head: Head): Promise<void> {
    const coming = this.#coming[head];
    if (coming.size > 0) {
      await this.#addMissing(head, [...coming.values()]);
      for (const id of coming.keys()) this.#came[head].add(id);
      coming.clear();
    }
    if (head !== 'examRuns') return;
    for (const run of this.#known.values()) {
      if (run.ended) continue;
      const end = await run.end(this.#store);
      if (end === 'differs') this.#kept.push(run.title);
      if (end === 'completed') this.#completed += 1;
    }
  }

  /** What is left of one that never came in whole. */
  async #clear(head: Head, id: string): Promise<void> {
    const { db } = this.#store;
    const tables = head === 'examSets' ? [db.examItems] : [db.examResults, db.examPrompts, db.examRatings];
    const index = head === 'examSets' ? '[setId+n]' : '[runId+n]';
    await write(this.#store, () =>
      db.transaction('rw', tables, async () => {
        for (const table of tables)
          await db.table(table.name).where(index).between([id, Dexie.minKey], [id, Dexie.maxKey]).delete();
      }),
    );
  }
}
