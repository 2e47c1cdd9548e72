import { describe, expect, test } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import { writeJson } from '../../transcripts/export/export-json.ts';
import { sourceFromStore } from '../../transcripts/export/store-source.ts';
import type { ExamRows } from '../../transcripts/format/document.ts';
import { readInPieces } from '../../transcripts/import/files/read-in-pieces.ts';
import { testItem, testItems, testPlan, testSet, workThrough } from '../runs/testing.ts';
import { beginSession, keepAnswer } from './practice-repository.ts';
import { createRun, runStore } from './run-repository.ts';
import { restoreExams } from './restore.ts';
import { saveSet } from './sets.ts';

const ITEMS = testItems(1200);

async function filled(): Promise<Store> {
  const store = await openTestStore();
  const set = await saveSet(store, testSet(ITEMS));
  const session = await beginSession(store, set.id, 'in-order', ['i0', 'i1'], null);
  await keepAnswer(store, session, testItem(0), { chosen: 0, elapsedMs: 1, model: null });
  const plan = testPlan({ setId: set.id, itemIds: ['i0', 'i1', 'i2'] });
  const run = await createRun(store, plan, 3, {
    appVersion: '0',
    noticeVersion: '1',
    noticeAcknowledgedAt: 1,
  });
  await workThrough(run, runStore(store));
  return store;
}

async function backup(store: Store): Promise<Blob> {
  const pieces: string[] = [];
  for await (const piece of writeJson(await sourceFromStore(store, 'all', '1', 1))) pieces.push(piece);
  return new Blob(pieces);
}

async function restore(store: Store, file: Blob, streamFrom: number) {
  const parts = readInPieces(file, { streamFrom });
  const fresh = new Set<string>();
  let [sets, runs, refused] = [0, 0, 0];
  for (;;) {
    const next = await parts.next();
    if (next.done) return { sets, runs, refused, integrity: next.value.integrity.state };
    for (const rows of next.value.exams ?? []) {
      const one = await restoreExams(store, rows, fresh);
      sets += one.sets;
      runs += one.runs;
      refused += one.refused;
    }
  }
}

async function everything(store: Store): Promise<Record<string, unknown[]>> {
  const tables = store.db.tables.filter(({ name }) => name.startsWith('exam'));
  return Object.fromEntries(
    await Promise.all(tables.map(async (table) => [table.name, await table.toArray()] as const)),
  );
}

describe.each([
  ['at once', Number.POSITIVE_INFINITY],
  ['line by line', 0],
])('a backup read %s', (_, streamFrom) => {
  test('brings back every set, answer, card, run and result, and twice changes nothing', async () => {
    const from = await filled();
    const file = await backup(from);
    const to = await openTestStore();
    expect(await restore(to, file, streamFrom)).toEqual({
      sets: 1,
      runs: 1,
      refused: 0,
      integrity: 'consistent',
    });
    const kept = await everything(to);
    expect(kept).toEqual(await everything(from));
    expect(await restore(to, file, streamFrom)).toMatchObject({ sets: 0, runs: 0 });
    expect(await everything(to)).toEqual(kept);
  });
});

test('what is here stays as it is, and rows that are none of ours are refused', async () => {
  const from = await filled();
  const file = await backup(from);
  const to = await openTestStore();
  await restore(to, file, 0);
  const [item] = await to.db.examItems.toArray();
  if (!item) throw new Error('no item');
  await to.db.examItems.put({ ...item, question: 'Edited here?' });
  await restore(to, file, 0);
  expect((await to.db.examItems.get([item.setId, item.n]))?.question).toBe('Edited here?');
  const hostile: ExamRows = {
    table: 'examResults',
    rows: [{ runId: 'r', n: -1 }, { runId: 'r', n: 0, order: 'x' }, {}],
  };
  expect(await restoreExams(to, hostile, new Set())).toEqual({ sets: 0, runs: 0, refused: 3 });
});
