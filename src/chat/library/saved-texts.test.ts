import { expect, it } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import { WORD_ROWS } from '../../database/protection/protect-rows.ts';
import { deleteText, listSavedTexts, saveText } from './saved-texts.ts';

it('keeps, changes and forgets texts, named by their beginning where they have no name', async () => {
  const store = await openTestStore();
  await saveText(store, null, '', 'Explain {topic}.');
  await saveText(store, null, 'A name', 'Text');
  const [first, second] = await listSavedTexts(store);
  expect([first?.name, second?.name]).toEqual(['A name', 'Explain {topic}.']);
  await saveText(store, second?.id ?? '', 'Explain', 'Explain {topic} briefly.');
  await deleteText(store, first?.id ?? '');
  expect(await listSavedTexts(store)).toMatchObject([{ name: 'Explain', text: 'Explain {topic} briefly.' }]);
  await expect(saveText(store, null, 'Empty', ' ')).rejects.toMatchObject({ code: 'prompt/empty' });
});

it('keeps what another version of the app saved in a shape unknown here', async () => {
  const store = await openTestStore();
  await saveText(store, null, 'Mine', 'Text');
  const theirs = { id: 'x', name: 'Theirs', parts: ['Text'] };
  await store.db.settings.put({
    key: WORD_ROWS.savedTexts,
    value: [...(await listSavedTexts(store)), theirs],
  });
  expect(await listSavedTexts(store)).toMatchObject([{ name: 'Mine' }]);
  await saveText(store, null, 'More', 'Text');
  expect(await listSavedTexts(store)).toMatchObject([{ name: 'Mine' }, { name: 'More' }]);
  expect((await store.db.settings.get(WORD_ROWS.savedTexts))?.value).toContainEqual(theirs);
});
