import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import type { OptionScore } from '../../engine/port.ts';
import { createRun, getRun, readResults, readWholeResults } from '../data/run-repository.ts';
import { saveSet } from '../data/sets.ts';
import { promptOf, type Run } from './result.ts';
import { cancelRun, pauseRun, removeRun, startRun, useRunService } from './run-service.ts';
import { TestEngine, testItems, testPlan, testSet } from './testing.ts';

const ITEMS = testItems(3);

/** Gives its first score when the gate opens, and keeps working on it until then, as an engine amid a question does. */
class GatedEngine extends TestEngine {
  open: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  override async score(
    prompt: string,
    options: readonly string[],
    signal?: AbortSignal,
  ): Promise<readonly OptionScore[]> {
    await this.#gate;
    return super.score(prompt, options, signal);
  }
}

let store: Store;
let create: () => Promise<Run>;

afterEach(() => {
  vi.unstubAllGlobals();
});

beforeEach(async () => {
  vi.stubGlobal('navigator', {});
  store = await openTestStore();
  const set = await saveSet(store, testSet(ITEMS));
  const plan = testPlan({ setId: set.id, itemIds: ITEMS.map(({ id }) => id) });
  create = () => createRun(store, plan, 3, { appVersion: '1', noticeVersion: '1', noticeAcknowledgedAt: 0 });
});

const idle = (): Promise<void> =>
  vi.waitFor(() => {
    const { active, waiting } = useRunService.getState();
    expect([active, waiting]).toEqual([null, []]);
  });
const ended = async (run: Run): Promise<void> =>
  vi.waitFor(async () => expect(await getRun(store, run.id)).toMatchObject({ state: 'done' }));

describe('a run that waits behind another', () => {
  let slow: GatedEngine;
  let first: Run;
  let second: Run;

  beforeEach(async () => {
    slow = new GatedEngine();
    [first, second] = [await create(), await create()];
    startRun(store, slow, first);
    startRun(store, new TestEngine(), second);
    await vi.waitFor(() => expect(useRunService.getState().active?.runId).toBe(first.id));
    expect(useRunService.getState().waiting).toEqual([second.id]);
    return async () => {
      slow.open();
      await ended(first);
      await idle();
    };
  });

  test('is cancelled while that one works', { timeout: 3000 }, async () => {
    await cancelRun(store, second.id);
    expect(await getRun(store, second.id)).toMatchObject({ state: 'cancelled' });
    expect(useRunService.getState()).toMatchObject({ active: { runId: first.id }, waiting: [] });
    slow.open();
    await ended(first);
    await idle();
    expect(await readResults(store, second.id)).toEqual([]);
    expect(await getRun(store, second.id)).toMatchObject({ state: 'cancelled' });
  });

  test('is deleted while that one works', { timeout: 3000 }, async () => {
    await removeRun(store, second.id);
    expect(await getRun(store, second.id)).toBeUndefined();
    slow.open();
    await ended(first);
    await idle();
    expect(useRunService.getState().errors.size).toBe(0);
  });

  test('is paused and resumed, waits again and is carried out once', { timeout: 3000 }, async () => {
    pauseRun(second.id);
    expect(useRunService.getState().waiting).toEqual([]);
    startRun(store, new TestEngine(), second);
    startRun(store, new TestEngine(), second);
    expect(useRunService.getState().waiting).toEqual([second.id]);
    slow.open();
    await ended(second);
    expect(await readResults(store, second.id)).toHaveLength(3);
  });
});

describe('a run at work', () => {
  test('that is paused and at once resumed goes on, with every prompt as it was put', async () => {
    const run = await create();
    const slow = new GatedEngine();
    startRun(store, slow, run);
    await vi.waitFor(() => expect(useRunService.getState().active?.runId).toBe(run.id));
    const fast = new TestEngine();
    const off = useRunService.subscribe(({ active }) => {
      if (active?.done !== 1) return;
      off();
      pauseRun(run.id);
      // As it was before its first question: what it has learnt since is in the database alone.
      startRun(store, fast, run);
    });
    slow.open();
    await ended(run);
    await idle();
    const now = (await getRun(store, run.id)) ?? run;
    const prompts: string[] = [];
    for await (const result of readWholeResults(store, run.id)) prompts.push(promptOf(now, result));
    expect(prompts).toHaveLength(3);
    expect(slow.asked.length).toBeLessThan(3);
    for (const prompt of prompts) expect([...slow.asked, ...fast.asked]).toContain(prompt);
  });

  test('that is deleted or cancelled meanwhile writes nothing more', async () => {
    const [run, other] = [await create(), await create()];
    for (const [each, end] of [
      [run, removeRun],
      [other, cancelRun],
    ] as const) {
      const slow = new GatedEngine();
      startRun(store, slow, each);
      await vi.waitFor(() => expect(useRunService.getState().active?.runId).toBe(each.id));
      const over = end(store, each.id);
      slow.open();
      await over;
      await idle();
    }
    expect(await getRun(store, run.id)).toBeUndefined();
    expect(await readResults(store, run.id)).toEqual([]);
    expect(await getRun(store, other.id)).toMatchObject({ state: 'cancelled' });
    expect(useRunService.getState().errors.size).toBe(0);
  });

  test('that is over is not cancelled by a late press', async () => {
    const run = await create();
    startRun(store, new TestEngine(), run);
    await ended(run);
    await cancelRun(store, run.id);
    expect(await getRun(store, run.id)).toMatchObject({ state: 'done' });
    await idle();
  });

  test('that is gone or ended when its turn comes is left so', async () => {
    const [gone, over] = [await create(), await create()];
    await removeRun(store, gone.id);
    await cancelRun(store, over.id);
    startRun(store, new TestEngine(), gone);
    startRun(store, new TestEngine(), over);
    await idle();
    expect(useRunService.getState().errors.get(gone.id)).toMatchObject({ code: 'exams/not-found' });
    expect(await getRun(store, over.id)).toMatchObject({ state: 'cancelled' });
    expect(await readResults(store, over.id)).toEqual([]);
  });
});
