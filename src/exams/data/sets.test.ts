import { expect, test } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import { MAX_NAME_CHARACTERS } from '../items/limits.ts';
import { testItem, testSet } from '../runs/testing.ts';
import { setRecordSchema } from './set-record.ts';
import { getSet, listSets, renameSet, saveSet } from './sets.ts';

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
