import { expect, test } from 'vitest';
import { EngineTurns } from '../../../engine/tab/turns.ts';
import { runSchema } from '../../runs/result.ts';
import { runPlanSchema } from '../../runs/run-plan.ts';
import { carryOut } from '../../runs/runner.ts';
import { TestEngine, testItem, TestStore } from '../../runs/testing.ts';
import { firstPrompt } from './run-preview.tsx';

const ITEMS = Array.from({ length: 4 }, (_, n) => testItem(n));

test.each(['as-given', 'shuffled', 'rotations'] as const)(
  'the first prompt, options %s, is the one the run asks',
  async (order) => {
    for (const seed of [1, 1234]) {
      const plan = runPlanSchema.parse({
        setId: 's',
        setTitle: 'A set',
        setSha256: 'a'.repeat(64),
        filter: { subjects: [], splits: [] },
        itemIds: ['i0', 'i1'],
        preset: '',
        method: { kind: 'option-letters' },
        form: 'harness-medqa',
        system: '',
        closing: '',
        chatFormat: 'authors-zero-shot',
        examples: { k: 1, seed: 1, split: '', pick: 'first', ids: ['i3'] },
        order,
        seed,
      });
      const run = runSchema.parse({
        id: 'r',
        createdAt: 1,
        finishedAt: null,
        state: 'waiting',
        plan,
        total: order === 'rotations' ? 8 : 2,
        model: null,
        appVersion: '0',
        noticeVersion: '1',
        noticeAcknowledgedAt: 1,
        prefixes: {},
        openedFrom: '',
      });
      const engine = new TestEngine();
      const store = new TestStore(run, ITEMS);
      const turns = new EngineTurns();
      const takeTurn = (stop: AbortSignal) => turns.take('background', stop);
      await carryOut(
        run,
        { store, engine, takeTurn, now: () => 5 },
        new AbortController().signal,
        () => undefined,
      );
      const [asked = ''] = engine.asked;
      expect(asked).not.toBe('');
      expect(firstPrompt(plan, new Map(ITEMS.map((item) => [item.id, item]))).startsWith(asked)).toBe(true);
    }
  },
);
