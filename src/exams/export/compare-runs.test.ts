import { describe, expect, test } from 'vitest';
import { testItem, testPlan, testResult } from '../runs/testing.ts';
import { compareRuns } from './compare-runs.ts';

const PLAN = testPlan({ itemIds: ['i0'] });

/** A run of one question with these options, whose answer and choice are given as options. */
function side(options: readonly string[], right: number, chosen: number) {
  const item = testItem(0, { options, answer: [right] });
  const order = options.map((_, index) => index);
  const result = testResult(0, { order, right: [right], chosen });
  return { run: { plan: PLAN }, items: new Map([[item.id, item]]), results: [result] };
}

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
