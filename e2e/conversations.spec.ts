/** Conversations as they last: the panel, two tabs, reloads, upgrades, and storage that fails. No model is needed here. */
import { resolve } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { bundlePageScript } from '../src/tooling/bench/page-script.ts';
import { acceptNotice, withoutModel } from './support/app.ts';
import { expectAccessibleInBoth } from './support/axe.ts';

let script = '';
test.beforeAll(async () => {
  script = await bundlePageScript(resolve(import.meta.dirname, 'harness/conversations.ts'));
});

const panel = (page: Page): Locator => page.getByRole('navigation', { name: 'Conversations' });
const chat = (page: Page, title: string): Locator =>
  panel(page).getByRole('link', { name: title, exact: true });

async function open(page: Page, route = ''): Promise<void> {
  await page.goto(`./${route}`);
  await acceptNotice(page);
  await expect(panel(page)).toBeVisible();
  // Only a page whose own code has made the database may be joined by a second connection.
  await expect
    .poll(() => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)))
    .toContain('meditron');
  await page.evaluate(script);
}

const make = (page: Page, title: string, answer = 'An answer.'): Promise<string> =>
  page.evaluate(([name, text]) => window.chats.make([{ question: 'A question?', answer: text }], name), [
    title,
    answer,
  ] as const);

async function act(page: Page, title: string, item: string): Promise<void> {
  await chat(page, title).hover();
  await panel(page)
    .getByRole('button', { name: `Actions for ${title}` })
    .click();
  await page.getByRole('menuitem', { name: item }).click();
}

test.beforeEach(({ page }) => withoutModel(page));

test('a chat is renamed, pinned, filed, deleted and brought back, and a reload changes none of it', async ({
  page,
}) => {
  await open(page);
  await make(page, 'Older');
  await make(page, 'Newer');
  await expect(panel(page).getByRole('list', { name: 'Chats' }).getByRole('link')).toHaveText([
    'Newer',
    'Older',
  ]);
  await act(page, 'Older', 'Rename');
  await page.getByRole('textbox', { name: 'Chat title' }).fill('Statins');
  await page.keyboard.press('Enter');
  await act(page, 'Statins', 'Pin');
  await expect(panel(page).getByRole('list', { name: 'Chats' }).getByRole('link')).toHaveText([
    'Statins',
    'Newer',
  ]);
  await act(page, 'Newer', 'Move to folder');
  await page.getByRole('textbox', { name: 'Or a new folder' }).fill('Exams');
  await page.getByRole('button', { name: 'Create and move' }).click();
  await panel(page).getByRole('button', { name: 'Exams', exact: true }).click();
  await expect(panel(page).getByRole('list', { name: 'Chats' }).getByRole('link')).toHaveText(['Newer']);
  await panel(page).getByRole('button', { name: 'All chats' }).click();
  await act(page, 'Newer', 'Delete');
  await expect(chat(page, 'Newer')).toBeHidden();
  await page.reload();
  // The reload keeps the acknowledgement, and Undo.
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(panel(page).getByRole('list', { name: 'Chats' }).getByRole('link')).toHaveText([
    'Statins',
    'Newer',
  ]);
});

test('a folder has a colour, the list an order, and a reload keeps both', async ({ page }) => {
  await open(page);
  for (const title of ['Beta', 'Alpha', 'Gamma']) await make(page, title);
  const links = panel(page).getByRole('list', { name: 'Chats' }).getByRole('link');
  const options = async (item: string): Promise<void> => {
    await panel(page).getByRole('button', { name: 'List options' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await expect(links).toHaveText(['Gamma', 'Alpha', 'Beta']);
  await options('Sort by title');
  await expect(links).toHaveText(['Alpha', 'Beta', 'Gamma']);
  await options('New folder');
  await page.getByRole('textbox', { name: 'Name' }).fill('Exams');
  await page.getByText('violet', { exact: true }).click();
  await page.getByRole('button', { name: 'Create folder' }).click();
  await act(page, 'Beta', 'Move to folder');
  await page.getByRole('dialog').getByRole('button', { name: 'Exams', exact: true }).click();
  await act(page, 'Gamma', 'Pin');
  await page.reload();
  await expect(links).toHaveText(['Gamma', 'Alpha', 'Beta']);
  const folder = panel(page).getByRole('button', { name: 'Exams', exact: true });
  // The dot of the folder and of the chat in it have one colour, which is no other folder's.
  const dot = (of: Locator): Promise<string> =>
    of
      .locator('span')
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  const violet = await dot(folder);
  expect(violet).toMatch(/^(rgb|oklch|color)/);
  expect(await dot(chat(page, 'Beta'))).toBe(violet);
  await panel(page).getByRole('button', { name: 'Actions for folder Exams' }).click();
  await page.getByRole('menuitem', { name: 'Name and colour' }).click();
  await page.getByText('green', { exact: true }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect.poll(() => dot(folder)).not.toBe(violet);
});

test('every shortcut of the sheet does what it says', async ({ page }) => {
  // No model: a reply then waits, and Escape can stop it.
  await page.route('**/models/demo/*.gguf', () => undefined);
  await open(page);
  const [first, second] = [await make(page, 'First'), await make(page, 'Second')];
  await expect(chat(page, 'Second')).toBeVisible();
  await page.goto(`./#/c/${second}`);
  await expect(page.getByRole('log')).toContainText('An answer.');
  await expect(page.getByRole('button', { name: 'Export', exact: true })).toBeVisible();
  const box = page.getByRole('textbox', { name: 'Message' });

  await page.getByRole('heading', { name: 'Second' }).click();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  const offered = (await sheet.locator('dt').allInnerTexts()).sort();
  expect(offered).toEqual(
    [
      'Begin a new line',
      'Choose the model',
      'Compare versions of the reply',
      'Details of the reply',
      'Go to the message box',
      'Insert a saved text',
      'New chat',
      'Next chat',
      'Previous chat',
      'Print the transcript',
      'Run the reply again here',
      'Run the whole chat again here',
      'Search conversations',
      'Send the message',
      'Show keyboard shortcuts',
      'Show prompt and sampling',
      'Show what the model will see',
      'Stop the reply',
      'Tokens of the reply',
    ].sort(),
  );
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('ControlOrMeta+/');
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();

  const details = page.getByRole('region', { name: 'How this reply came about' });
  await page.keyboard.press('i');
  await expect(details).toBeVisible();
  await page.keyboard.press('i');
  await expect(details).toBeHidden();
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog', { name: 'Compare' })).toBeVisible();
  await page.keyboard.press('Escape');
  // Tokens and running again, which need a model’s reply: e2e/look.spec.ts and e2e/versions.spec.ts.

  await page.keyboard.press('Alt+ArrowDown');
  await expect(page).toHaveURL(new RegExp(`#/c/${first}$`));
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page).toHaveURL(new RegExp(`#/c/${second}$`));
  await page.keyboard.press('ControlOrMeta+k');
  await expect(panel(page).getByRole('searchbox', { name: 'Search conversations' })).toBeFocused();
  await page.keyboard.press('Shift+Escape');
  await expect(box).toBeFocused();
  // A character belongs to the text, not to the sheet.
  await page.keyboard.type('Why?');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('Say.');
  await expect(box).toHaveValue('Why?\nSay.');
  await page.keyboard.press('Enter');
  const reply = page.getByRole('article', { name: 'Model' }).last();
  await expect(reply).toHaveAttribute('aria-busy', 'true');
  await page.keyboard.press('Escape');
  await expect(reply).toContainText('Stopped before anything was written');
  await page.keyboard.press('ControlOrMeta+Shift+o');
  await expect(page).toHaveURL(/#\/$/);
  // Ctrl+P: e2e/transcripts.spec.ts.
});

test('a browser that has not promised to keep the chats is told of once, with a backup at hand', async ({
  page,
}) => {
  await page.addInitScript(() => {
    navigator.storage.persisted = () => Promise.resolve(false);
    navigator.storage.persist = () => Promise.resolve(false);
  });
  await open(page);
  const reminder = panel(page).getByRole('group', { name: 'Storage reminder' });
  for (const title of ['One', 'Two']) await make(page, title);
  await expect(chat(page, 'Two')).toBeVisible();
  await expect(reminder).toBeHidden();
  await make(page, 'Three');
  await expect(reminder).toContainText('may clear your chats');
  await reminder.getByRole('button', { name: 'Ask it to keep them' }).click();
  await expect(reminder).toContainText('did not agree');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel(page).getByRole('button', { name: 'Back up' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^meditron-web-backup-.*\.json$/);
  await expect(reminder).toBeHidden();
  await page.reload();
  await expect(chat(page, 'Three')).toBeVisible();
  await expect(reminder).toBeHidden();
});

test('search finds a word of any message as it is typed, and leads to it', async ({ page }) => {
  await open(page);
  const id = await make(page, 'Liver', 'Myopathy is rare.');
  await make(page, 'Heart', 'Nothing of that kind.');
  const box = panel(page).getByRole('searchbox', { name: 'Search conversations' });
  // Marks alone are in no word: nothing was searched, which is not the same as nothing found.
  await box.fill('?!');
  await expect(panel(page)).toContainText('Type a letter or a digit.');
  await box.fill('myop');
  const results = panel(page).getByRole('list', { name: 'Search results' });
  await expect(results.getByRole('link')).toHaveCount(1);
  await expect(results.locator('mark')).toHaveText('Myop');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`#/c/${id}$`));
  await expect(page.getByRole('article', { name: 'Model' })).toBeFocused();
});

test('two tabs on one chat: what either writes is in both, and two answers to one message are versions', async ({
  page,
  context,
}) => {
  await open(page);
  const id = await make(page, 'Shared');
  const other = await context.newPage();
  await open(other, `#/c/${id}`);
  await page.goto(`./#/c/${id}`);
  const [last] = (await page.evaluate((chatId) => window.chats.messages(chatId), id)).filter(
    ({ text }) => text === 'An answer.',
  );
  if (!last) throw new Error('the chat has no answer');
  await Promise.all([
    page.evaluate(([chatId, parent]) => window.chats.ask(chatId, 'from one', parent), [id, last.id] as const),
    other.evaluate(([chatId, parent]) => window.chats.ask(chatId, 'from the other', parent), [
      id,
      last.id,
    ] as const),
  ]);
  for (const tab of [page, other]) {
    await expect(tab.getByRole('log').getByRole('article', { name: 'You' })).toHaveCount(2);
    await expect(tab.getByRole('button', { name: /version$/ }).first()).toBeVisible();
  }
  const texts = (await page.evaluate((chatId) => window.chats.messages(chatId), id)).map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining(['from one', 'from the other']));
});

test('a reply whose tab is killed shows what was saved, with Continue', async ({ page, context }) => {
  await open(page);
  const id = await make(page, 'Cut off');
  await page.goto(`./#/c/${id}`);
  const writer = await context.newPage();
  await open(writer);
  const question = await writer.evaluate((chatId) => window.chats.ask(chatId, 'Go on?'), id);
  await writer.evaluate(([chatId, parent]) => window.chats.beginReply(chatId, parent, 'Half an answer'), [
    id,
    question,
  ] as const);
  const reply = page.getByRole('article', { name: 'Model' }).last();
  await expect(reply).toContainText('Half an answer');
  await expect(reply).toHaveAttribute('aria-busy', 'true');
  await writer.close();
  await expect(reply).not.toHaveAttribute('aria-busy', 'true');
  await expect(reply).toContainText('Half an answer');
  await expect(reply.getByRole('button', { name: 'Continue' })).toBeVisible();
});

/** Runs in the page. */
async function storedDrafts(): Promise<string[]> {
  const database = await new Promise<IDBDatabase>((done, fail) => {
    const request = indexedDB.open('meditron');
    request.onerror = () => fail(new Error('the database does not open'));
    request.onsuccess = () => done(request.result);
  });
  try {
    return await new Promise((done) => {
      const all = database.transaction('drafts').objectStore('drafts').getAll();
      all.onsuccess = () => done((all.result as { text: string }[]).map(({ text }) => text));
    });
  } finally {
    database.close();
  }
}

test('an upgrade held up by an old tab is told, and goes on when that tab closes', async ({
  page,
  context,
}) => {
  const old = await context.newPage();
  await old.goto('./config.json');
  await old.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('meditron', 5);
        request.onsuccess = () => {
          resolve();
        };
        request.onerror = () => {
          reject(new Error('it did not open'));
        };
      }),
  );
  await page.goto('./');
  await acceptNotice(page);
  await expect(page.getByRole('alert')).toContainText('Another tab holds an older version open');
  // What is typed meanwhile is kept, first by this tab and then on the disk.
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('Typed too early');
  await page.getByRole('link', { name: 'About', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await expect(box).toHaveValue('Typed too early');
  await old.close();
  await expect(page.getByRole('alert')).toBeHidden();
  await expect.poll(() => page.evaluate(storedDrafts)).toEqual(['Typed too early']);
  await page.reload();
  await expect(box).toHaveValue('Typed too early');
  await page.evaluate(script);
  await make(page, 'After the upgrade');
  await expect(chat(page, 'After the upgrade')).toBeVisible();
});

test('a tab lets go of the database for a newer one, and says to reload', async ({ page, context }) => {
  await open(page);
  const newer = await context.newPage();
  await newer.goto('./config.json');
  await newer.evaluate(() => {
    indexedDB.open('meditron', 9990);
  });
  await expect(page.getByRole('alert')).toContainText('A newer version of the app has been here');
  await expect(page.getByRole('alert').getByRole('button', { name: 'Reload' })).toBeVisible();
});

test('without IndexedDB the app says that nothing will be kept', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: undefined });
  });
  await page.goto('./');
  await acceptNotice(page);
  await expect(page.getByRole('alert')).toContainText('nothing will be kept');
  await expect(panel(page)).toContainText('Your chats will appear here.');
});

test('axe finds nothing in the panel and its menus, in light and dark', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await open(page);
  await page.evaluate(() => window.chats.folder('Exams'));
  await make(page, 'Statins', 'Myopathy is rare.');
  await expect(chat(page, 'Statins')).toBeVisible();
  const within = 'nav[aria-label="Conversations"]';
  await expectAccessibleInBoth(page, { within });
  await panel(page).getByRole('searchbox').fill('myop');
  await expect(panel(page).getByRole('list', { name: 'Search results' })).toBeVisible();
  await expectAccessibleInBoth(page, { within });
});
