import { expect, test } from 'vitest';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import { MAX_NAME_CHARACTERS } from '../items/limits.ts';
import { itemsSha256 } from '../items/set-hash.ts';
import { testItem, testItems, testSet } from '../runs/testing.ts';
import { setRecordSchema } from './set-record.ts';
import { getSet, listSets, readItems, renameSet, saveSet, updateItem } from './sets.ts';

const LONG = `${'x'.repeat(MAX_NAME_CHARACTERS - 1)}🩺 and more`;
const set = (title: string) => testSet([testItem(0)], { title, source: LONG });

test('a title longer than a name is cut, and the set stays in the list', async () => {
  const store = await openTestStore();
  const { id, title } = await saveSet(store, set(LONG));
  expect(title).toBe('x'.repeat(MAX_NAME_CHARACTERS - 1)); // no half of a character
  expect((await listSets(store)).map((each) => each.id)).toEqual([id]);
  await renameSet(store, id, `  ${LONG}`);
  const kept = (await store.db.examSets.get(id))?.value;
  expect(setRecordSchema.safeParse(kept).success).toBe(true);
  expect((await getSet(store, id))?.title).toBe('x'.repeat(MAX_NAME_CHARACTERS - 1));
});

test('a row kept with a longer title is read', async () => {
  const store = await openTestStore();
  const record = await saveSet(store, set('Short'));
  await store.db.examSets.put({ id: record.id, value: { ...record, title: LONG, source: LONG } });
  expect((await listSets(store)).map((each) => each.title)).toEqual(['x'.repeat(MAX_NAME_CHARACTERS - 1)]);
  await renameSet(store, record.id, 'New');
  expect((await getSet(store, record.id))?.title).toBe('New');
});

test('an edit and the hash of its set are kept together or not at all', async () => {
  const universe = createUniverse();
  const [store, tab] = [await openTestStore(universe), await openTestStore(universe, 'tab-2')];
  const record = await saveSet(store, testSet(testItems(30)));
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((n) =>
      updateItem(n % 2 === 0 ? store : tab, record.id, testItem(n, { answer: n < 4 ? [] : [0] })),
    ),
  );
  const items = await readItems(store, record.id);
  expect(await getSet(store, record.id)).toMatchObject({ withKey: 27, sha256: await itemsSha256(items) });
  // The set is gone when its record is to change.
  await store.db.examSets.delete(record.id);
  const edit = updateItem(store, record.id, testItem(7, { question: 'Edited?' }));
  await expect(edit).rejects.toMatchObject({ code: 'exams/not-found' });
  expect(await readItems(store, record.id)).toEqual(items);
});
