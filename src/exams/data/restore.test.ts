import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import { writeJson } from '../../transcripts/export/export-json.ts';
import { sourceFromStore } from '../../transcripts/export/store-source.ts';
import type { ExamRows } from '../../transcripts/format/document.ts';
import { RestoredExamsLines } from '../../transcripts/import/restored-exams-lines.tsx';
import { NO_EXAMS } from '../../transcripts/import/read-result.ts';
import { readInPieces } from '../../transcripts/import/files/read-in-pieces.ts';
import { TestEngine, testItem, testItems, testPlan, testSet, workThrough, written } from '../runs/testing.ts';
import { beginSession, keepAnswer } from './practice-repository.ts';
import { countResults, createRun, getRun, listRuns, readWholeResults, runStore } from './run-repository.ts';
import { beginExamsRestore } from './restore.ts';
import { keepRating, readRatings } from './ratings.ts';
import { listSets, readItems, saveSet } from './sets.ts';

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

/** A backup's exams, part by part. */
async function partsOf(file: Blob): Promise<ExamRows[]> {
  const found: ExamRows[] = [];
  const parts = readInPieces(file, { streamFrom: 0 });
  for (;;) {
    const next = await parts.next();
    if (next.done) return found;
    found.push(...(next.value.exams ?? []));
  }
}

async function restore(store: Store, file: Blob, streamFrom = 0) {
  const parts = readInPieces(file, { streamFrom });
  const into = beginExamsRestore(store);
  for (;;) {
    const next = await parts.next();
    if (next.done) return { ...(await into.end()), integrity: next.value.integrity.state };
    for (const rows of next.value.exams ?? []) await into.take(rows);
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
      ...NO_EXAMS,
      sets: 1,
      runs: 1,
      integrity: 'consistent',
    });
    const kept = await everything(to);
    expect(kept).toEqual(await everything(from));
    expect(await restore(to, file, streamFrom)).toMatchObject(NO_EXAMS);
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
  const into = beginExamsRestore(to);
  await into.take(hostile);
  expect(await into.end()).toEqual({ ...NO_EXAMS, refused: 3 });
});

describe('a run that is here already', () => {
  /** A database with a run of which the first `done` of five questions are answered, by a model that answers `reply`. */
  async function begun(done: number, reply: string, from?: Blob) {
    const store = await openTestStore();
    if (from) await restore(store, from);
    const engine = new TestEngine();
    engine.reply = reply;
    let run = (await listRuns(store, null))[0];
    if (!run) {
      const set = await saveSet(store, testSet(testItems(5)));
      const itemIds = testItems(5).map(({ id }) => id);
      const plan = testPlan({ setId: set.id, itemIds, method: written() });
      run = await createRun(store, plan, 5, { appVersion: '0', noticeVersion: '1', noticeAcknowledgedAt: 1 });
    }
    const stop = new AbortController();
    let left = done;
    await workThrough(run, runStore(store), {
      engine,
      signal: stop.signal,
      onResult: () => {
        if ((left -= 1) === 0) stop.abort();
      },
    });
    return { store, id: run.id, file: await backup(store) };
  }

  async function replies(store: Store, id: string): Promise<string> {
    const all: string[] = [];
    for await (const {
      replies: [reply],
      prompt,
    } of readWholeResults(store, id))
      all.push(prompt === '' ? '?' : (reply?.text ?? '?').trim());
    return all.join('');
  }

  test('with other answers stays whole as it is here, and is named', async () => {
    const start = await begun(1, 'A');
    const [here, there] = [await begun(2, 'B', start.file), await begun(4, 'C', start.file)];
    expect(await replies(here.store, here.id)).toBe('ABB');
    await keepRating(there.store, there.id, 4, { scores: { logic: 4 }, flags: [], at: 1 });
    const before = await everything(here.store);
    for (const streamFrom of [0, Number.POSITIVE_INFINITY]) {
      const restored = await restore(here.store, await backup(there.store), streamFrom);
      expect(restored).toMatchObject({ ...NO_EXAMS, kept: [expect.stringContaining('“Set”')] });
      // Neither the answers nor the ratings that are missing here came to the others.
      expect(await everything(here.store)).toEqual(before);
    }
    const other = await restore(there.store, here.file);
    expect(other.kept).toHaveLength(1);
    expect(await replies(there.store, there.id)).toBe('ACCCC');
  });

  test('as the beginning of the file’s becomes the file’s, whole', async () => {
    const here = await begun(2, 'A');
    const there = await begun(3, 'B', here.file);
    await keepRating(there.store, there.id, 4, { scores: { logic: 4 }, flags: [], at: 1, reply: 0 });
    expect(await restore(here.store, await backup(there.store))).toMatchObject({ ...NO_EXAMS, completed: 1 });
    expect(await replies(here.store, here.id)).toBe('AABBB');
    expect(await everything(here.store)).toEqual(await everything(there.store));
    expect((await readRatings(here.store, here.id)).get(4)).toMatchObject({ reply: 0 });
  });

  test('further than in the file stays, and nothing is to be said', async () => {
    const there = await begun(2, 'A');
    const here = await begun(3, 'B', there.file);
    const before = await everything(here.store);
    expect(await restore(here.store, there.file)).toMatchObject(NO_EXAMS);
    expect(await everything(here.store)).toEqual(before);
  });

  test('opened from its file before is the same run, under whatever set', async () => {
    const here = await begun(5, 'A');
    const run = await getRun(here.store, here.id);
    if (!run) throw new Error('no run');
    await here.store.db.examRuns.put({
      id: run.id,
      value: { ...run, state: 'cancelled', openedFrom: 'a.run.json', plan: { ...run.plan, setId: 'other' } },
    });
    const before = await everything(here.store);
    expect(await restore(here.store, here.file)).toMatchObject(NO_EXAMS);
    expect(await everything(here.store)).toEqual(before);
  });

  test('of another plan or model is another run', async () => {
    const here = await begun(2, 'A');
    const there = await begun(3, 'B', here.file);
    const run = await getRun(there.store, there.id);
    if (!run?.model) throw new Error('no run');
    for (const other of [
      { ...run, plan: { ...run.plan, form: 'harness-mmlu' as const } },
      { ...run, model: { ...run.model, sourceSha256: 'other' } },
      { ...run, prefixes: { '0': 'other' } },
    ]) {
      await there.store.db.examRuns.put({ id: run.id, value: other });
      const before = await everything(here.store);
      expect((await restore(here.store, await backup(there.store))).kept).toHaveLength(1);
      expect(await everything(here.store)).toEqual(before);
    }
  });
});

test('a restore that was cut off leaves no half of a set or run to be seen, and the next one brings both whole', async () => {
  const from = await filled();
  const parts = await partsOf(await backup(from));
  for (let cut = 1; cut < parts.length; cut += 1) {
    const universe = createUniverse();
    const to = await openTestStore(universe);
    const into = beginExamsRestore(to);
    for (const rows of parts.slice(0, cut)) await into.take(rows);
    // The page dies here, or the file fails.
    if (cut % 2 === 0) await into.drop();
    for (const { id, items } of await listSets(to)) expect(await readItems(to, id)).toHaveLength(items);
    for (const { id } of await listRuns(to, null)) expect(await countResults(to, id)).toBe(3);
    const again = beginExamsRestore(to);
    for (const rows of parts) await again.take(rows);
    await again.end();
    expect(await everything(to)).toEqual(await everything(from));
  }
});

test('what a restore did to runs that were here is told in words', () => {
  const lines = (exams: Partial<typeof NO_EXAMS>): string =>
    renderToStaticMarkup(createElement(RestoredExamsLines, { exams: { ...NO_EXAMS, ...exams } }));
  expect(lines({})).toBe('');
  expect(lines({ completed: 1 })).toContain('1 run that was here in part is now as in the file');
  expect(lines({ kept: ['“Set”, 1/1/2026'] })).toMatch(
    /1 run is here with other answers .*it stays as it is.*“Set”/,
  );
});
