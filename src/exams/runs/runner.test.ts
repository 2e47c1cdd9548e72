import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EngineTurns } from '../../engine/tab/turns.ts';
import { chooseExamples, chooseItems, presentationsOf, type RunPlan } from './run-plan.ts';
import { resultSchema, scoredRow, whereText, type Result } from './result.ts';
import { asWritten, firstDraft, prepareRun, WRITTEN } from './draft.ts';
import {
  LOADED,
  SERVER,
  TestEngine,
  testItem,
  testItems,
  testPlan,
  testRun,
  TestStore,
  workThrough,
  written,
} from './testing.ts';

const ITEMS = testItems(12);

function planFor(over: Partial<RunPlan> = {}): RunPlan {
  return testPlan({
    itemIds: ITEMS.slice(0, 10).map((item) => item.id),
    examples: { k: 2, seed: 1, split: '', pick: 'first', ids: ['i10', 'i11'] },
    ...over,
  });
}

const start = (
  store: TestStore,
  engine: TestEngine,
  signal = new AbortController().signal,
  onResult: (result: Result) => void = () => undefined,
) => workThrough(store.run, store, { engine, signal, now: () => 5, onResult });

describe('a run', () => {
  test('answers every question once and keeps all that a report needs', async () => {
    const store = new TestStore(testRun(planFor()), ITEMS);
    const engine = new TestEngine();
    await start(store, engine);
    expect(store.run).toMatchObject({
      state: 'done',
      finishedAt: 5,
      model: { modelId: 'demo', source: 'demo.gguf' },
    });
    expect(store.written).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const result of store.results.values()) {
      expect(resultSchema.safeParse(result).success).toBe(true);
      expect(result.options).toHaveLength(4);
      expect(engine.asked).toContain((store.run.prefixes[result.prefixKey] ?? '') + result.prompt);
    }
    expect(Object.keys(store.run.prefixes)).toHaveLength(1);
  });

  test('a page killed after any number of writes resumes with no question lost or put twice into the results', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(14), { maxLength: 6 }),
        fc.constantFrom<RunPlan['order']>('as-given', 'shuffled', 'rotations'),
        async (kills, order) => {
          const plan = planFor({ order, itemIds: ['i0', 'i3', 'i5'] });
          const whole = new TestStore(testRun(plan), ITEMS);
          await start(whole, new TestEngine());
          const store = new TestStore(testRun(plan), ITEMS);
          for (const kill of kills) {
            store.dieAfter = store.written.length + kill;
            await start(store, new TestEngine()).catch(() => undefined);
          }
          store.dieAfter = Number.POSITIVE_INFINITY;
          await start(store, new TestEngine());
          expect(store.run.state).toBe('done');
          expect(new Set(store.written).size).toBe(store.written.length);
          expect([...store.results.values()].sort((a, b) => a.n - b.n)).toEqual([...whole.results.values()]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('pauses at once and goes on', async () => {
    const store = new TestStore(testRun(planFor()), ITEMS);
    const pause = new AbortController();
    await start(store, new TestEngine(), pause.signal, ({ n }) => {
      if (n === 3) pause.abort();
    });
    expect(store.run.state).toBe('paused');
    expect(store.written).toEqual([0, 1, 2, 3]);
    await start(store, new TestEngine());
    expect(store.run.state).toBe('done');
    expect(store.results.size).toBe(10);
  });

  test('is done when the pause comes after its last answer', async () => {
    const store = new TestStore(testRun(planFor()), ITEMS);
    const pause = new AbortController();
    await start(store, new TestEngine(), pause.signal, ({ n }) => {
      if (n === 9) pause.abort();
    });
    expect(store.run).toMatchObject({ state: 'done', finishedAt: 5 });
  });

  test('lets a chat go first, and asks the interrupted question again', async () => {
    const store = new TestStore(testRun(planFor({ method: written(1) })), ITEMS);
    const engine = new TestEngine();
    const turns = new EngineTurns();
    let chats = 0;
    const running = workThrough(store.run, store, { engine, turns, now: () => 5 });
    while (store.run.state === 'running' || store.results.size === 0) {
      const turn = await turns.take('person');
      chats += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      turn.end();
      if (chats > 3) break;
    }
    await running;
    expect(chats).toBeGreaterThan(3);
    expect(store.written).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('an item longer than the window is said and counted, never cut', async () => {
    const long = testItem(0, { question: 'long '.repeat(500) });
    const store = new TestStore(testRun(planFor({ itemIds: ['i0', 'i1'] })), [long, ...ITEMS.slice(1)]);
    await start(store, new TestEngine());
    expect(store.results.get(0)).toMatchObject({ status: 'too-long', chosen: null });
    const first = store.results.get(0);
    expect(first && scoredRow({ kind: 'option-letters' }, first, long)).toBeNull();
    expect(store.results.get(1)?.status).toBe('answered');
  });

  test('a clock that is set back amid a question makes no row the app would refuse', async () => {
    for (const method of [planFor().method, written(2)]) {
      const store = new TestStore(testRun(planFor({ method, itemIds: ['i0', 'i1'] })), ITEMS);
      let clock = 10_000;
      await workThrough(store.run, store, { now: () => (clock -= 400) });
      expect(store.results.size).toBe(2);
      for (const result of store.results.values()) expect(resultSchema.parse(result)).toEqual(result);
    }
  });

  test('another model is refused; without one the run waits', async () => {
    const store = new TestStore(testRun(planFor()), ITEMS);
    const engine = new TestEngine();
    engine.model = null;
    await expect(start(store, engine)).rejects.toMatchObject({ code: 'engine/not-loaded' });
    expect(store.run.state).toBe('paused');
    const pause = new AbortController();
    engine.model = LOADED;
    await start(store, engine, pause.signal, () => pause.abort());
    engine.model = { ...LOADED, sourceSha256: 'cd', displayName: 'Another' };
    await expect(start(store, engine)).rejects.toMatchObject({ code: 'exams/other-model' });
    expect(store.results.size).toBe(1);
  });

  test('names the server it ran on, and takes no other of its models', async () => {
    const ward = { ...LOADED, engine: 'remote', backend: 'server' as const, server: SERVER };
    const store = new TestStore(testRun(planFor()), ITEMS);
    const engine = new TestEngine();
    engine.model = ward;
    const pause = new AbortController();
    await start(store, engine, pause.signal, () => {
      pause.abort();
    });
    const { model } = store.run;
    expect(model && whereText(model)).toBe('on the server Ward (llm.example.org), as “meditron-70b”');
    expect(model?.server).toMatchObject({ fingerprint: 'fp-1' });
    engine.model = { ...ward, server: { ...SERVER, model: 'another' } };
    await expect(start(store, engine)).rejects.toMatchObject({ code: 'exams/other-model' });
    engine.model = ward;
    await start(store, engine);
    expect(store.run.state).toBe('done');
  });

  test('of probabilities becomes one of written answers where the model can’t score', () => {
    const set = { id: 's', title: 'S', sha256: 'a'.repeat(64), format: 'own', run: null, splits: [] };
    const draft = firstDraft(set, 'demo');
    expect(draft.method.kind).toBe('option-letters');
    const written = asWritten(draft);
    expect(written).toMatchObject({ method: WRITTEN, preset: '' });
    expect(asWritten(written)).toBe(written);
    const items = ITEMS.slice(0, 2);
    expect(prepareRun(set, items, written).plan.method).toEqual(WRITTEN);
  });

  test('self-consistency: every branch kept, the majority counts', async () => {
    const store = new TestStore(testRun(planFor({ method: written(3), itemIds: ['i1'] })), ITEMS);
    const engine = new TestEngine();
    engine.reply = 'so the answer is B';
    await start(store, engine);
    expect(store.results.get(0)).toMatchObject({
      chosen: 1,
      replies: [{ seed: 7 }, { seed: 8 }, { seed: 9 }],
    });
  });
});

describe('orders of options', () => {
  const counts = new Map(ITEMS.map((item) => [item.id, item.options.length]));

  test('every rotation puts every option at every position once', () => {
    const all = presentationsOf(planFor({ order: 'rotations', itemIds: ['i0'] }), counts);
    expect(all.map(({ order }) => order)).toEqual([
      [0, 1, 2, 3],
      [1, 2, 3, 0],
      [2, 3, 0, 1],
      [3, 0, 1, 2],
    ]);
  });

  test('a shuffle is the item’s own: it does not depend on which others are asked', () => {
    const whole = presentationsOf(planFor({ order: 'shuffled' }), counts);
    const [alone] = presentationsOf(planFor({ order: 'shuffled', itemIds: ['i4'] }), counts);
    expect(alone?.order).toEqual(whole.find(({ itemId }) => itemId === 'i4')?.order);
    expect(new Set(whole.map(({ order }) => order.join())).size).toBeGreaterThan(3);
  });
});

describe('choosing', () => {
  const all = { subjects: [], splits: [], limit: 0, draw: false, seed: 1, except: new Set<string>() };

  test('a filter without keys is refused', () => {
    expect(() => chooseItems([testItem(1, { answer: [] })], all)).toThrow(
      expect.objectContaining({ code: 'exams/no-key' }),
    );
  });

  test('examples are never asked, subjects and limits hold', () => {
    const examples = chooseExamples(ITEMS, { k: 3, seed: 5, split: '', pick: 'random' });
    expect(examples).toHaveLength(3);
    const asked = chooseItems(ITEMS, {
      ...all,
      subjects: ['odd'],
      limit: 3,
      except: new Set(examples.map(({ id }) => id)),
    });
    expect(asked.every((item) => item.subject === 'odd' && !examples.includes(item))).toBe(true);
    expect(asked).toHaveLength(3);
    expect(chooseItems(ITEMS, { ...all, limit: 4, draw: true })).toHaveLength(4);
  });

  test('too few examples are said', () => {
    expect(() => chooseExamples(ITEMS, { k: 30, seed: 5, split: '', pick: 'first' })).toThrow(
      expect.objectContaining({ code: 'exams/too-few-examples' }),
    );
  });
});
