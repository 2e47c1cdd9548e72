import { describe, expect, test } from 'vitest';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import { EngineTurns } from '../../engine/tab/turns.ts';
import { testItem, testItems, testPlan, testSet, workThrough } from '../runs/testing.ts';
import { keepBuiltInSets } from './built-in-sets.ts';
import {
  countResults,
  createRun,
  deleteRun,
  getRun,
  readResults,
  readWholeResults,
  runStore,
} from './run-repository.ts';
import {
  deleteSet,
  getSet,
  listSets,
  readItems,
  readItemsById,
  readItemsPage,
  saveSet,
  updateItem,
} from './sets.ts';

const ITEMS = testItems(40);
const SET = testSet(ITEMS);

async function withRun() {
  const universe = createUniverse();
  const store = await openTestStore(universe);
  const set = await saveSet(store, SET);
  const plan = testPlan({ setId: set.id, itemIds: ITEMS.map(({ id }) => id) });
  const run = await createRun(store, plan, 40, {
    appVersion: '0',
    noticeVersion: '1',
    noticeAcknowledgedAt: 1,
  });
  return { universe, store, set, run };
}

describe('a run in the database', () => {
  test('a page that is killed at 25 moments resumes: no item lost or doubled', async () => {
    const { universe, store, run } = await withRun();
    const turns = new EngineTurns();
    for (let kill = 0; kill < 25; kill += 1) {
      // The database closes under the runner, as when the page goes: whatever was on its way is cut off.
      const page = await openTestStore(universe, `tab-${kill}`);
      const dies = (kill * 7) % 5;
      let seen = 0;
      await workThrough((await getRun(page, run.id)) ?? run, runStore(page), {
        turns,
        onResult: () => {
          seen += 1;
          if (seen > dies) page.db.close();
        },
      }).catch(() => undefined);
      page.db.close();
    }
    const whole = await openTestStore(universe, 'last');
    await workThrough((await getRun(whole, run.id)) ?? run, runStore(whole));
    const results = await readResults(store, run.id);
    expect(results.map(({ n }) => n)).toEqual(ITEMS.map((_, n) => n));
    expect(new Set(results.map(({ itemId }) => itemId)).size).toBe(40);
    expect(await getRun(store, run.id)).toMatchObject({ state: 'done', model: { modelId: 'demo' } });
    const prompts: string[] = [];
    for await (const result of readWholeResults(store, run.id)) prompts.push(result.prompt);
    expect(prompts).toHaveLength(40);
    expect(prompts.every((prompt) => prompt.endsWith('Answer:'))).toBe(true);
  });

  test('deleting leaves nothing behind', async () => {
    const { store, set, run } = await withRun();
    await workThrough(run, runStore(store));
    expect(await countResults(store, run.id)).toBe(40);
    await deleteRun(store, run.id);
    await deleteSet(store, set.id, []);
    for (const table of store.db.tables.filter(({ name }) => name.startsWith('exam'))) {
      expect([table.name, await table.count()]).toEqual([table.name, 0]);
    }
  });
});

describe('sets', () => {
  test('pages, edits, the hash that follows', async () => {
    const store = await openTestStore();
    const set = await saveSet(store, SET);
    expect((await readItemsPage(store, set.id, 10, 5)).map(({ id }) => id)).toEqual([
      'i10',
      'i11',
      'i12',
      'i13',
      'i14',
    ]);
    await updateItem(store, set.id, testItem(3, { answer: [], subject: 'new' }));
    expect((await readItems(store, set.id))[3]).toMatchObject({ id: 'i3', answer: [], subject: 'new' });
    expect(await getSet(store, set.id)).toMatchObject({ withKey: 39 });
    expect((await getSet(store, set.id))?.sha256).not.toBe(SET.sha256);
  });

  test('20,000 items are stored and counted', async () => {
    const store = await openTestStore();
    const items = testItems(20_000);
    const set = await saveSet(store, { ...SET, items });
    expect(set.items).toBe(20_000);
    expect(await readItemsPage(store, set.id, 19_990, 50)).toHaveLength(10);
  });

  test('built-in sets come once, stay away when taken away, and come back when asked', async () => {
    const store = await openTestStore();
    await keepBuiltInSets(store, { anew: false });
    await keepBuiltInSets(store, { anew: false });
    const titles = async () =>
      (await listSets(store)).filter(({ hidden }) => !hidden).map(({ title }) => title);
    expect((await titles()).sort()).toEqual(['About this app', 'Reading studies']);
    await deleteSet(store, 'about-this-app', []);
    await keepBuiltInSets(store, { anew: false });
    expect(await titles()).toEqual(['Reading studies']);
    await keepBuiltInSets(store, { anew: true });
    expect((await titles()).sort()).toEqual(['About this app', 'Reading studies']);
    expect(await readItems(store, 'about-this-app')).toHaveLength(52);
  });
});

test('a set that is read in parts comes whole and in order, also where a row is missing', async () => {
  const store = await openTestStore(createUniverse());
  const many = testItems(1501);
  const { id } = await saveSet(store, { ...SET, items: many });
  expect(await readItems(store, id)).toEqual(many);
  await store.db.examItems.delete([id, 7]);
  expect(await readItems(store, id)).toEqual(many.filter((_, n) => n !== 7));
  const some = await readItemsById(store, id, [many[9]?.id ?? '', many[7]?.id ?? '', 'nobody']);
  expect(some).toEqual([many[9]]);
});
