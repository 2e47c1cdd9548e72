import { describe, expect, test } from 'vitest';
import { runFileText, readRunFile } from '../export/run-file.ts';
import { reportOf } from '../export/report.ts';
import type { Item } from '../items/item.ts';
import { firstDraft, prepareAgain, prepareRun, withPreset, type RunDraft } from './draft.ts';
import { PRESETS } from './presets.ts';
import { exampleSource } from './runner.ts';
import { testItem, testItems, testPlan, testRun } from './testing.ts';

const MMLU = PRESETS.find(({ id }) => id === 'harness-mmlu');

function draftFor(items: readonly Item[], over: Partial<RunDraft> = {}) {
  const splits = [...new Set(items.map(({ split }) => split))].map((name) => ({ name }));
  const set = { id: 's', title: 'MMLU', sha256: '0'.repeat(64), format: 'mmlu', run: null, splits };
  if (!MMLU) throw new Error('no such preset');
  const draft = { ...withPreset(firstDraft(set, 'demo'), MMLU, set, 'demo'), ...over };
  return { draft, prepared: () => prepareRun(set, items, draft) };
}

const some = (count: number, from: number, over: Partial<Item>): Item[] =>
  Array.from({ length: count }, (_, n) => testItem(from + n, { id: `q${from + n}`, ...over }));

/** No item among what its own prompt shows. */
function expectNoneShown(items: readonly Item[], { plan }: ReturnType<typeof prepareRun>): void {
  const byId = new Map(items.map((item) => [item.id, item]));
  const examples = exampleSource({ plan }, byId);
  for (const id of plan.itemIds) {
    const item = byId.get(id);
    const shown = item ? examples(item).map((example) => example.item.question) : [];
    expect(shown).toHaveLength(plan.examples.k);
    for (const asked of plan.itemIds) expect(shown).not.toContain(byId.get(asked)?.question);
  }
}

describe('the examples of each subject', () => {
  test('are not asked where a set has test questions only', () => {
    const items = some(8, 0, { subject: 'anatomy', split: 'test' });
    const { draft, prepared } = draftFor(items);
    expect(draft.examples).toMatchObject({ k: 5, split: '', pick: 'first-of-subject' });
    expect(prepared().plan.itemIds).toEqual(['q5', 'q6', 'q7']);
    expectNoneShown(items, prepared());
  });

  test('are not asked where all splits are, subject by subject', () => {
    const items = [
      ...some(9, 0, { subject: 'anatomy', split: 'test' }),
      ...some(9, 10, { subject: 'virology', split: 'test' }),
      ...some(6, 20, { subject: 'anatomy', split: 'dev' }),
      ...some(6, 30, { subject: 'virology', split: 'dev' }),
    ];
    const { draft, prepared } = draftFor(items, { splits: [] });
    expect(draft.examples.split).toBe('dev');
    expect(prepared().plan.itemIds).toHaveLength(20);
    expectNoneShown(items, prepared());
    const anatomy = draftFor(items, { splits: [], subjects: ['anatomy'] }).prepared();
    expect(anatomy.plan.itemIds).toHaveLength(10);
    // A preset's own case loses nothing.
    expect(draftFor(items).prepared().plan.itemIds).toHaveLength(18);
  });

  test('that are too few are said before the run, but not of a subject that is not asked', () => {
    const items = [
      ...some(8, 0, { subject: 'anatomy', split: 'test' }),
      ...some(3, 10, { subject: 'virology', split: 'test' }),
    ];
    const tooFew = expect.objectContaining({ code: 'exams/too-few-examples' }) as Error;
    expect(() => draftFor(items).prepared()).toThrow(tooFew);
    expect(draftFor(items, { limit: 2 }).prepared().plan.itemIds).toEqual(['q5', 'q6']);
    expect(draftFor(items, { subjects: ['anatomy'] }).prepared().plan.itemIds).toHaveLength(3);
  });

  test('are in the run’s file, so that it can be run again where it is opened', async () => {
    const items = some(8, 0, { subject: 'anatomy', split: 'test' });
    const { plan, total } = draftFor(items).prepared();
    const run = testRun(plan, { total });
    const file = await runFileText(reportOf(run, new Map(items.map((item) => [item.id, item])), []));
    const read = await readRunFile(file);
    expect(read.items).toEqual(items);
    expectNoneShown(read.items, { plan, total });
  });
});

describe('a run again', () => {
  const items = testItems(6);
  const set = { id: 'here', title: 'As it is called now', sha256: 'b'.repeat(64) };
  const plan = testPlan({ itemIds: ['i1', 'i2', 'i3'], order: 'rotations' });

  test('is of the set as it is now, and of what has a key there', () => {
    const edited = items.map((item) => (item.id === 'i2' ? { ...item, answer: [] } : item));
    expect(prepareAgain(set, items, plan)).toEqual({
      plan: { ...plan, setId: set.id, setTitle: set.title, setSha256: set.sha256 },
      total: 12,
    });
    expect(prepareAgain(set, edited, plan)).toMatchObject({ plan: { itemIds: ['i1', 'i3'] }, total: 8 });
    const none = items.map((item) => ({ ...item, answer: [] }));
    expect(() => prepareAgain(set, none, plan)).toThrow(expect.objectContaining({ code: 'exams/no-key' }));
  });

  test('of questions or examples that are gone is refused before it begins', () => {
    const gone = expect.objectContaining({ code: 'exams/not-found' }) as Error;
    expect(() => prepareAgain(set, items.slice(0, 3), plan)).toThrow(gone);
    const shot = { k: 1, seed: 1, split: '', pick: 'first' as const, ids: ['i9'] };
    expect(() => prepareAgain(set, items, { ...plan, examples: shot })).toThrow(gone);
  });

  test('asks no example of its own prompts', () => {
    const mmlu = some(8, 0, { subject: 'anatomy' });
    const bySubject = { k: 5, seed: 0, split: '', pick: 'first-of-subject' as const, ids: [] };
    const asked = mmlu.map(({ id }) => id);
    const again = prepareAgain(set, mmlu, { ...plan, itemIds: asked, examples: bySubject });
    expect(again.plan.itemIds).toEqual(['q5', 'q6', 'q7']);
  });
});
