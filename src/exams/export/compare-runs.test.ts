import { describe, expect, test } from 'vitest';
import type { RunPlan } from '../runs/run-plan.ts';
import {
  testItem,
  testItems,
  testPlan,
  testResult,
  testRun,
  TestStore,
  workThrough,
} from '../runs/testing.ts';
import { compareRuns } from './compare-runs.ts';
import { decimal, percent, pText } from './figures.ts';

const PLAN = testPlan({ itemIds: ['i0'] });

/** A run of one question with these options, whose answer and choice are given as options. */
function side(options: readonly string[], right: number, chosen: number) {
  const item = testItem(0, { options, answer: [right] });
  const order = options.map((_, index) => index);
  const result = testResult(0, { order, right: [right], chosen });
  return { run: { plan: PLAN }, items: new Map([[item.id, item]]), results: [result] };
}

describe('runs of one set', () => {
  const items = testItems(4);
  async function made(order: RunPlan['order']) {
    const run = testRun(testPlan({ order, itemIds: items.map(({ id }) => id) }));
    const store = new TestStore(run, items);
    await workThrough(run, store);
    return {
      run,
      items: new Map(items.map((item) => [item.id, item])),
      results: [...store.results.values()],
    };
  }

  test('are paired whatever order the options stood in: rotations by the turn that moves none', async () => {
    const [given, shuffled, rotated] = [
      await made('as-given'),
      await made('shuffled'),
      await made('rotations'),
    ];
    for (const [one, other, pairs] of [
      [given, shuffled, 4],
      [given, rotated, 4],
      [rotated, shuffled, 4],
      [rotated, rotated, 16],
    ] as const)
      expect(compareRuns(one, other).pairs).toHaveLength(pairs);
    expect(compareRuns(given, rotated).agreement.share).toBe(1);
  });

  test('that ask the same question twice lose neither', () => {
    const twice = [testItem(0, { id: 'x' }), testItem(0, { id: 'y' })];
    const results = [testResult(0, { itemId: 'x' }), testResult(1, { itemId: 'y', right: [0], chosen: 1 })];
    const one = { run: { plan: PLAN }, items: new Map(twice.map((item) => [item.id, item])), results };
    expect(compareRuns(one, one)).toMatchObject({ accuracy: 0.5, agreement: { n: 2, same: 2 } });
  });
});

test('figures in words: no p is 0, and what rounds to nothing has no sign', () => {
  expect([pText(0.09228), pText(0.000_4), pText(1)]).toEqual(['p = 0.092', 'p < 0.001', 'p = 1.000']);
  expect([percent(-0.0001), percent(-0.05), percent(Number.NaN)]).toEqual(['0.0\u00A0%', '-5.0\u00A0%', '–']);
  expect([decimal(-0.0001), decimal(-0.2)]).toEqual(['0.000', '-0.200']);
});

describe('a question of two sets', () => {
  test.each([
    ['spelt with other white space', ['a', 'b'], ['a', 'b '], 1],
    ['composed otherwise', ['a', 'é'], ['a', 'e\u0301'], 1],
    ['in another order', ['a', 'b c'], ['b\u00a0c', 'a'], 0],
  ] as const)('%s: the same choice is the same', (_, options, otherOptions, other) => {
    const compared = compareRuns(side(options, 1, 1), side(otherOptions, other, other));
    expect(compared).toMatchObject({
      accuracy: 1,
      otherAccuracy: 1,
      paired: { onlyFirst: 0, onlySecond: 0 },
      agreement: { same: 1 },
      pairs: [{ choice: 1, otherChoice: 1 }],
    });
  });

  test('with two options that read the same keeps them apart', () => {
    const options = ['none', 'none ', 'all'];
    expect(compareRuns(side(options, 1, 1), side(options, 1, 1)).pairs).toMatchObject([{ otherChoice: 1 }]);
    expect(compareRuns(side(options, 1, 1), side(options, 1, 0)).pairs).toMatchObject([{ otherChoice: 0 }]);
    const twice = ['none', 'none', 'all'];
    expect(compareRuns(side(twice, 1, 1), side(twice, 1, 1)).pairs).toMatchObject([{ otherChoice: 1 }]);
  });
});
