// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteAllChats } from '../../conversations/data/lifetime/deletion.ts';
import { dropOpenText, keepOpenTexts, openTexts } from '../../conversations/data/tab/open-texts.ts';
import { abandonedDrafts, NEW_CHAT_DRAFT } from '../../conversations/data/tab/drafts.ts';
import { createUniverse, killTab, openTestStore } from '../../conversations/data/test-store.ts';
import { takeOpenFields, watchOpenFields } from './open-fields.ts';

let stop = (): void => undefined;

beforeEach(() => {
  stop = watchOpenFields();
});
afterEach(() => {
  stop();
  document.body.replaceChildren();
});

function type(selector: string, text: string): HTMLInputElement {
  const field = document.querySelector<HTMLInputElement>(selector);
  if (!field) throw new Error(`no ${selector}`);
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  return field;
}

test('what is typed is found with its name; what keeps itself, secrets and what is gone are not', () => {
  document.body.innerHTML = `
    <dialog open><h2>Edit a question</h2><label>Text <textarea id="item">as it was</textarea></label></dialog>
    <textarea id="editor" aria-label="Your question"></textarea>
    <label for="folder">Name</label><input id="folder" />
    <textarea id="composer" aria-label="Message" data-kept="true"></textarea>
    <textarea id="system" aria-label="System text" data-kept="left"></textarea>
    <input id="key" data-secret /><input id="pass" type="password" /><input id="search" type="search" />
    <input id="blank" /><input id="untouched" value="as it was" /><input id="closed" />`;
  for (const id of ['item', 'editor', 'folder', 'composer', 'key', 'pass', 'search', 'closed'])
    type(`#${id}`, `typed into ${id}`);
  type('#blank', '  ');
  type('#closed', 'of a dialog that was closed').remove();
  type('#system', 'saved when left').dispatchEvent(new Event('focusout', { bubbles: true }));
  expect(takeOpenFields()).toEqual([
    { label: 'Edit a question: Text', text: 'typed into item' },
    { label: 'Your question', text: 'typed into editor' },
    { label: 'Name', text: 'typed into folder' },
  ]);
  expect(takeOpenFields()).toEqual([]);
  type('#system', 'still in it');
  expect(takeOpenFields()).toEqual([{ label: 'System text', text: 'still in it' }]);
  type('#folder', 'a name');
  type('#editor', 'a text');
  expect(takeOpenFields('texts')).toEqual([{ label: 'Your question', text: 'a text' }]);
});

test('where every chat is deleted, no field brings its words back with the page’s end', async () => {
  document.body.innerHTML = '<textarea id="editor" aria-label="Your question"></textarea>';
  type('#editor', 'of a chat that is deleted');
  await deleteAllChats(await openTestStore());
  expect(takeOpenFields()).toEqual([]);
  type('#editor', 'typed since');
  expect(takeOpenFields()).toEqual([{ label: 'Your question', text: 'typed since' }]);
});

test('texts are there for their tab, and for others when it is gone, until they are dropped; they are no chat’s drafts', async () => {
  const universe = createUniverse();
  const [mine, other] = [await openTestStore(universe, 'mine'), await openTestStore(universe, 'other')];
  await keepOpenTexts(mine, [
    { label: 'A', text: 'one' },
    { label: 'B', text: 'two' },
  ]);
  const found = async (store: typeof mine) =>
    (await openTexts(store)).map(({ label, text }) => [label, text]);
  expect(await found(mine)).toEqual([
    ['A', 'one'],
    ['B', 'two'],
  ]);
  expect(await found(other)).toEqual([]);
  expect(await abandonedDrafts(other, NEW_CHAT_DRAFT)).toEqual([]);
  await dropOpenText(mine, (await openTexts(mine))[0]?.id ?? '');
  killTab(universe, mine);
  expect(await found(other)).toEqual([['B', 'two']]);
});
