/** Runs, their results and the ratings people give, in the database. */
import Dexie from 'dexie';
import { AppError } from '../../errors/app-error.ts';
import { noteActivity } from '../../conversations/data/activity/activity.ts';
import { newId, write, type Store } from '../../conversations/data/store.ts';
import type { ExamResultRow } from '../../database/schema.ts';
import type { RunPlan } from '../runs/run-plan.ts';
import { runSchema, type Result, type Run } from '../runs/result.ts';
import type { RunStore } from '../runs/runner.ts';
import { deleteRunRows, readItems } from './sets.ts';

/** A result without its prompt. */
export type StoredResult = ExamResultRow;

export interface RunCircumstances {
  readonly appVersion: string;
  readonly noticeVersion: string;
  readonly noticeAcknowledgedAt: number;
}

/** @param total questions in all. @throws AppError `storage/*` */
export async function createRun(
  store: Store,
  plan: RunPlan,
  total: number,
  circumstances: RunCircumstances,
): Promise<Run> {
  const run: Run = {
    id: newId(store.now()),
    createdAt: store.now(),
    finishedAt: null,
    state: 'waiting',
    plan,
    total,
    model: null,
    ...circumstances,
    prefixes: {},
    openedFrom: '',
  };
  await write(store, () => store.db.examRuns.put({ id: run.id, value: run }));
  return run;
}

/** The newest first. @param setId null: of all sets. */
export async function listRuns(store: Store, setId: string | null): Promise<Run[]> {
  const rows = await store.db.examRuns.toArray();
  return rows
    .flatMap(({ value }) => {
      const parsed = runSchema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    })
    .filter((run) => setId === null || run.plan.setId === setId)
    .sort((a, b) => b.createdAt - a.createdAt);
}

export async function getRun(store: Store, id: string): Promise<Run | undefined> {
  const parsed = runSchema.safeParse((await store.db.examRuns.get(id))?.value);
  return parsed.success ? parsed.data : undefined;
}

export async function deleteRun(store: Store, id: string): Promise<void> {
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', [db.examRuns, db.examResults, db.examPrompts, db.examRatings], () =>
      deleteRunRows(store, id),
    ),
  );
  noteActivity(store, { kind: 'deleted', what: 'run', count: 1 });
}

export async function countResults(store: Store, runId: string): Promise<number> {
  return rangeOf(store, runId).count();
}

/** In the run's order. */
export async function readResults(store: Store, runId: string): Promise<StoredResult[]> {
  return rangeOf(store, runId).toArray();
}

/** Results with their exact prompts, a thousand at a time. */
export async function* readWholeResults(store: Store, runId: string): AsyncGenerator<Result, undefined> {
  const PAGE = 1000;
  for (let from = 0; ; from += PAGE) {
    const results = await rangeOf(store, runId).offset(from).limit(PAGE).toArray();
    const prompts = await store.db.examPrompts.bulkGet(results.map(({ n }): [string, number] => [runId, n]));
    for (const [index, result] of results.entries()) {
      const { prefixKey = '', prompt = '' } = prompts[index] ?? {};
      yield { ...result, prefixKey, prompt };
    }
    if (results.length < PAGE) return undefined;
  }
}

function withoutPrompt(result: Result): ExamResultRow {
  const { runId, n, itemId, order, right, status, promptTokens, options, replies, chosen, at, elapsedMs } =
    result;
  return { runId, n, itemId, order, right, status, promptTokens, options, replies, chosen, at, elapsedMs };
}

function rangeOf({ db }: Store, runId: string) {
  return db.examResults.where('[runId+n]').between([runId, Dexie.minKey], [runId, Dexie.maxKey]);
}

/** The runner's view of the store: a result and its prompt are kept together or not at all. */
export function runStore(store: Store): RunStore {
  const { db } = store;
  return {
    async items(setId) {
      return new Map((await readItems(store, setId)).map((item) => [item.id, item]));
    },
    async answered(runId) {
      const keys = await rangeOf(store, runId).primaryKeys();
      return new Set(keys.map(([, n]) => n));
    },
    async keep(result, newPrefix) {
      const { prefixKey, prompt } = result;
      await write(store, () =>
        db.transaction('rw', [db.examRuns, db.examResults, db.examPrompts], async () => {
          if (newPrefix) {
            const run = await requireRun(store, result.runId);
            const prefixes = { ...run.prefixes, [newPrefix.key]: newPrefix.text };
            await db.examRuns.put({ id: run.id, value: { ...run, prefixes } });
          } else if ((await db.examRuns.where('id').equals(result.runId).count()) === 0) {
            throw new AppError('exams/not-found', 'the run was deleted', { runId: result.runId });
          }
          // `add`: a question that another tab answered meanwhile keeps its first answer.
          await db.examResults.add(withoutPrompt(result));
          await db.examPrompts.put({ runId: result.runId, n: result.n, prefixKey, prompt });
        }),
      );
    },
    async update(runId, change) {
      await write(store, () =>
        db.transaction('rw', [db.examRuns], async () => {
          const run = await requireRun(store, runId);
          await db.examRuns.put({ id: runId, value: { ...run, ...change } });
        }),
      );
    },
  };
}

async function requireRun(store: Store, id: string): Promise<Run> {
  const run = await getRun(store, id);
  if (!run) throw new AppError('exams/not-found', `no run ${id}`, { runId: id });
  return run;
}

/**
 * A run that was made elsewhere, with everything it holds.
 * @returns false: a run with this id is here, and nothing was replaced.
 */
export async function keepForeignRun(store: Store, run: Run, results: readonly Result[]): Promise<boolean> {
  const { db } = store;
  return write(store, () =>
    db.transaction('rw', [db.examRuns, db.examResults, db.examPrompts], async () => {
      if (await db.examRuns.get(run.id)) return false;
      await db.examRuns.add({ id: run.id, value: run });
      await db.examResults.bulkPut(results.map(withoutPrompt));
      await db.examPrompts.bulkPut(
        results.map(({ runId, n, prefixKey, prompt }) => ({ runId, n, prefixKey, prompt })),
      );
      return true;
    }),
  );
}
