import { describe, expect, test } from 'vitest';
import { runPlanSchema } from '../runs/run-plan.ts';
import type { Result } from '../runs/result.ts';
import { testItem } from '../runs/testing.ts';
import { compareRuns } from './compare-runs.ts';

const PLAN = runPlanSchema.parse({
  setId: 's',
  setTitle: 'Set',
  setSha256: 'a'.repeat(64),
  filter: { subjects: [], splits: [] },
  itemIds: ['i0'],
  preset: '',
  method: { kind: 'option-letters' },
  form: 'harness-medqa',
  system: '',
  closing: '',
  chatFormat: '',
  examples: { k: 0, seed: 1, split: '', pick: 'random', ids: [] },
  order: 'as-given',
  seed: 1,
});

/** A run of one question with these options, whose answer and choice are given as options. */
function side(options: readonly string[], right: number, chosen: number) {
  const item = testItem(0, { options, answer: [right] });
  const result: Result = {
    runId: 'r',
    n: 0,
    itemId: item.id,
    order: options.map((_, index) => index),
    right: [right],
    status: 'answered',
    prefixKey: '0',
    prompt: '',
    promptTokens: 1,
    options: [],
    replies: [],
    chosen,
    at: 0,
    elapsedMs: 1,
  };
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
