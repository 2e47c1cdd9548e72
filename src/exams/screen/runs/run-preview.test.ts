import { expect, test } from 'vitest';
import { TestEngine, testItems, testPlan, testRun, TestStore, workThrough } from '../../runs/testing.ts';
import { firstPrompt } from './run-preview.tsx';

const ITEMS = testItems(4);

test.each(['as-given', 'shuffled', 'rotations'] as const)(
  'the first prompt, options %s, is the one the run asks',
  async (order) => {
    for (const seed of [1, 1234]) {
      const examples = { k: 1, seed: 1, split: '', pick: 'first', ids: ['i3'] } as const;
      const plan = testPlan({ examples: { ...examples, ids: [...examples.ids] }, order, seed });
      const engine = new TestEngine();
      const run = testRun(plan);
      await workThrough(run, new TestStore(run, ITEMS), { engine });
      const [asked = ''] = engine.asked;
      expect(asked).not.toBe('');
      expect(firstPrompt(plan, new Map(ITEMS.map((item) => [item.id, item]))).startsWith(asked)).toBe(true);
    }
  },
);
