import { describe, expect, test } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import { makeSigningKey, sign } from '../../formats/signature/signature.ts';
import { reportOf } from '../export/report.ts';
import { runFileText } from '../export/run-file.ts';
import { storedResultSchema, type Result, type Run } from '../runs/result.ts';
import { testItem, testItems, testPlan, testResult, testRun, testSet } from '../runs/testing.ts';
import { openRunFile } from './open-run-file.ts';
import { getRun, listRuns, readWholeResults } from './run-repository.ts';
import { listSets, readItems, saveSet } from './sets.ts';

const ITEMS = testItems(2);
const RUN = testRun(testPlan(), { id: 'r1', state: 'paused', prefixes: { '0': '' } });
const DONE: Run = { ...RUN, state: 'done', finishedAt: 5 };

const row = (n: number, chosen: number): Result => testResult(n, { runId: 'r1', chosen });

async function file(name: string, run: Run, rows: readonly Result[], signed = false): Promise<File> {
  const key = signed ? await makeSigningKey('Ward') : null;
  const report = { ...reportOf(run, new Map(ITEMS.map((item) => [item.id, item])), []), results: rows };
  return new File([await runFileText(report, key && ((sha256) => sign(key, 'run', sha256)))], name);
}

async function shown(store: Store, runId: string) {
  const rows: Result[] = [];
  for await (const result of readWholeResults(store, runId)) rows.push(result);
  return { state: (await getRun(store, runId))?.state, rows: rows.map(({ n, chosen }) => [n, chosen]) };
}

describe('opening a run’s file', () => {
  test('whose run is here with other rows shows the file’s own, and loses neither', async () => {
    const store = await openTestStore();
    const half = await openRunFile(store, await file('half.json', RUN, [row(0, 3)]));
    expect(half).toMatchObject({ runId: 'r1', unchanged: true });
    const whole = await openRunFile(store, await file('whole.json', DONE, [row(0, 0), row(1, 1)], true));
    expect(whole).toMatchObject({ unchanged: true, signed: { name: 'Ward', fits: true } });
    expect(await shown(store, whole.runId)).toEqual({
      state: 'done',
      rows: [
        [0, 0],
        [1, 1],
      ],
    });
    expect(await shown(store, half.runId)).toEqual({ state: 'cancelled', rows: [[0, 3]] });
    expect(await getRun(store, whole.runId)).toMatchObject({ openedFrom: 'whole.json', finishedAt: 5 });
  });

  test('twice keeps one run, also of one that has a new id here', async () => {
    const store = await openTestStore();
    await openRunFile(store, await file('half.json', RUN, [row(0, 3)]));
    const whole = [row(0, 0), row(1, 1)];
    const once = await openRunFile(store, await file('whole.json', DONE, whole));
    const again = await openRunFile(store, await file('whole copy.json', DONE, whole, true));
    expect(again).toMatchObject({ runId: once.runId, signed: { fits: true } });
    const half = await openRunFile(store, await file('half.json', RUN, [row(0, 3)]));
    expect(half.runId).toBe('r1');
    const turned = await openRunFile(store, await file('turned.json', DONE, whole.toReversed()));
    expect(turned.runId).toBe(once.runId);
    expect(await listRuns(store, null)).toHaveLength(2);
  });

  test('of another plan, model, prompt or question is never vouched for by the one that is here', async () => {
    const rows = [row(0, 0), row(1, 1)];
    const others: readonly (readonly [string, Run, readonly Result[]])[] = [
      ['plan', { ...DONE, plan: { ...DONE.plan, form: 'harness-mmlu' } }, rows],
      ['app', { ...DONE, appVersion: '2' }, rows],
      ['prefix', { ...DONE, prefixes: { '0': 'Instructions' } }, rows],
      ['prompt', DONE, [row(0, 0), { ...row(1, 1), prompt: 'another' }]],
    ];
    const store = await openTestStore();
    const ids = new Set([(await openRunFile(store, await file('first.json', DONE, rows))).runId]);
    for (const [name, run, results] of others)
      ids.add((await openRunFile(store, await file(name, run, results))).runId);
    const text = await (await file('items.json', DONE, rows)).text();
    const asked = text.replace('Question 1?', 'Another question?');
    expect(asked).not.toBe(text);
    ids.add((await openRunFile(store, new File([asked], 'items.json'))).runId);
    expect(ids.size).toBe(others.length + 2);
  });

  test('shows the file’s own questions where a set here only claims to be theirs, and keeps the same ones once', async () => {
    const store = await openTestStore();
    const here = await saveSet(store, testSet([testItem(0), testItem(7)]));
    const claims: Run = { ...DONE, plan: { ...DONE.plan, setId: here.id } };
    const { runId } = await openRunFile(store, await file('a.json', claims, [row(0, 0), row(1, 1)]));
    const { setId } = (await getRun(store, runId))?.plan ?? { setId: '' };
    expect(await readItems(store, setId)).toEqual(ITEMS);
    const half = await openRunFile(store, await file('half.json', RUN, [row(0, 3)]));
    expect(await getRun(store, half.runId)).toMatchObject({ plan: { setId } });
    expect(await listSets(store)).toHaveLength(2);
  });

  test('of a run that was made here, as it is here, leads to it', async () => {
    const store = await openTestStore();
    const { runId } = await openRunFile(store, await file('a.json', DONE, [row(0, 0), row(1, 1)]));
    const here = await getRun(store, runId);
    if (!here) throw new Error('not kept');
    // As a run exported from here says it: its set has the id it has here.
    const again = await openRunFile(store, await file('b.json', here, [row(0, 0), row(1, 1)]));
    expect(again.runId).toBe(runId);
    expect(await listRuns(store, null)).toHaveLength(1);
  });
});

describe('rows that no run could have', () => {
  const good = row(0, 0);
  const reply = { text: 'A', tokens: 1, finishReason: 'stop' as const, seed: null, answer: 0 };
  const option = { continuation: ' A', logProbability: -1, tokens: 1 };
  test.each<[string, Result]>([
    ['a choice of 4 of 4 options', { ...good, chosen: 4 }],
    ['a choice that would take hours to count', { ...good, chosen: 4_000_000_000 }],
    ['a choice below none', { ...good, chosen: -1 }],
    ['a right answer that is none', { ...good, right: [4] }],
    ['a reply’s answer that is none', { ...good, replies: [{ ...reply, answer: 4 }] }],
    ['an order with one option twice', { ...good, order: [0, 1, 1, 3] }],
    ['an order with a gap', { ...good, order: [0, 1, 2, 4] }],
    ['probabilities of some options', { ...good, options: [option] }],
  ])('are refused: %s', async (_, bad) => {
    const store = await openTestStore();
    await expect(openRunFile(store, await file('bad.json', RUN, [bad]))).rejects.toMatchObject({
      code: 'exams/not-a-run',
    });
    expect(await listRuns(store, null)).toEqual([]);
    // What backups are read by.
    expect(storedResultSchema.safeParse(bad).success).toBe(false);
    expect(storedResultSchema.safeParse(good).success).toBe(true);
  });
});
