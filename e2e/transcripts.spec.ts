import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test, type Browser, type Page } from '@playwright/test';
import type { FiledChat, TranscriptDocument } from '../src/transcripts/document.ts';
import { bundlePageScript } from '../src/cli/page-script.ts';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { pdfPages } from './support/pdf-text.ts';
import {
  fileOf,
  importText,
  openWithoutModel,
  QUESTION,
  sampleChat,
  sourceOf,
} from './support/transcript-fixture.ts';

/** The sample, imported and on screen. */
async function openSample(page: Page): Promise<void> {
  await openWithoutModel(page);
  await importText(page, 'sample.json', await fileOf(sourceOf(sampleChat())));
  await page.goto('/#/c/sample');
  await expect(page.getByRole('article', { name: 'You' })).toContainText(QUESTION);
}

async function exportAs(page: Page, format: string): Promise<{ name: string; text: string }> {
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: format, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Imports into a profile that has seen nothing, and exports from there what came in. */
async function throughCleanProfile(browser: Browser, file: { name: string; text: string }, title: string) {
  const context = await browser.newContext({ ...base(), serviceWorkers: 'block' });
  const page = await context.newPage();
  await openWithoutModel(page);
  const words = await importText(page, file.name, file.text);
  await page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: title }).click();
  await expect(page.getByRole('article', { name: 'You' }).first()).toContainText(title);
  const again = await exportAs(page, 'JSON');
  await context.close();
  return { words, again };
}

function base(): { readonly baseURL?: string } {
  const { baseURL } = test.info().project.use;
  return baseURL ? { baseURL } : {};
}

function conversationsIn(json: string): readonly FiledChat[] {
  return (JSON.parse(json) as TranscriptDocument).conversations;
}

/** A chat with what a transcript must not lose: a model's reply, an edited version beside it, a text put in by hand. */
async function studiedChat(page: Page, question: string): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  await ask(page, question);
  const reply = page.getByRole('article', { name: 'Model' });
  await reply.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Reply text' }).fill('Changed by hand: $E = mc^2$ and 漢字 🫀.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(reply).toContainText('edited');
  await reply.getByRole('button', { name: 'Insert after' }).click();
  await page.getByRole('textbox', { name: 'Text to insert' }).fill('Put in by hand.');
  await page.getByRole('button', { name: 'Insert', exact: true }).click();
  const inserted = page.getByRole('article', { name: 'You' }).last();
  await expect(inserted).toContainText('Put in by hand.');
  await expect(inserted).toContainText('edited');
}

test('JSON, Markdown and HTML each bring the whole chat into a clean profile, unchanged; JSONL its texts', async ({
  page,
  browser,
}) => {
  test.setTimeout(300_000);
  const question = 'What is this app?';
  await studiedChat(page, question);
  const json = await exportAs(page, 'JSON');
  expect(json.text.startsWith('{"notice":')).toBe(true);
  expect(json.text).toContain('While Meditron is designed');
  expect(json.text).toMatch(/"sha256":"[0-9a-f]{64}"\}\n$/);
  const [chat] = conversationsIn(json.text);
  expect(chat?.messages).toHaveLength(4);
  for (const format of ['JSON', 'Markdown', 'HTML']) {
    const file = format === 'JSON' ? json : await exportAs(page, format);
    const { words, again } = await throughCleanProfile(browser, file, question);
    expect(words, format).toContain('Unchanged since export');
    expect(conversationsIn(again.text), format).toEqual(conversationsIn(json.text));
  }
  const lines = await exportAs(page, 'Messages (JSONL)');
  const { words, again } = await throughCleanProfile(browser, lines, question);
  expect(words).toContain('Unchanged since export');
  const told = conversationsIn(again.text)[0]?.messages.map(({ role, text, edited }) => ({
    role,
    text,
    edited,
  }));
  expect(told).toEqual([
    { role: 'user', text: question, edited: false },
    { role: 'assistant', text: 'Changed by hand: $E = mc^2$ and 漢字 🫀.', edited: true },
    { role: 'user', text: 'Put in by hand.', edited: true },
  ]);
});

test('a word changed in a file is named when it comes in, and the same file twice changes nothing', async ({
  page,
}) => {
  await openSample(page);
  const { name, text } = await exportAs(page, 'JSON');
  const changed = text.replace(`"text":"${QUESTION}"`, '"text":"What is that app?"');
  expect(changed).not.toBe(text);
  const words = await importText(page, name, changed);
  expect(words).toContain('Changed since export');
  expect(words).toContain('a question, now “What is that app?”');
  // The same ids are here already: nothing is overwritten, nothing doubled.
  expect(words).toContain('1 chat were here already');
  expect(conversationsIn((await exportAs(page, 'JSON')).text)).toEqual(conversationsIn(text));
});

test('a share link opens read-only behind the notice, and is stored only when kept', async ({
  page,
  browser,
}) => {
  await openSample(page);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Share link' }).click();
  const url = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(url).toContain('#/shared/');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  const context = await browser.newContext({ ...base(), serviceWorkers: 'block' });
  const viewer = await context.newPage();
  await viewer.route('**/models/demo/**', (request) => request.abort());
  await viewer.goto(url);
  await expect(viewer.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
  await expect(viewer.getByRole('article', { name: 'You' })).toHaveCount(0);
  await acceptNotice(viewer);
  await expect(viewer.getByRole('article', { name: 'You' })).toContainText(QUESTION);
  await expect(viewer.getByText('Unchanged since export.')).toBeVisible();
  const chats = viewer.getByRole('navigation', { name: 'Conversations' });
  await expect(chats.getByRole('link', { name: QUESTION })).toHaveCount(0);
  expect(await storedRows(viewer)).toEqual({
    conversations: 0,
    messages: 0,
    prompts: 0,
    folders: 0,
    drafts: 0,
    searchLog: 0,
  });
  await viewer.getByRole('button', { name: 'Keep' }).click();
  await expect(chats.getByRole('link', { name: QUESTION })).toBeVisible();
  expect(await storedRows(viewer)).toMatchObject({ conversations: 1, messages: 3, prompts: 2 });
  const [kept, sent] = [await exportAs(viewer, 'JSON'), await exportAs(page, 'JSON')];
  expect(conversationsIn(kept.text)).toEqual(conversationsIn(sent.text));
  await context.close();
});

test('a chat too long for a link is offered as a file instead', async ({ page }) => {
  await openWithoutModel(page);
  await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible();
  await page.evaluate(await bundlePageScript(resolve(import.meta.dirname, 'harness/conversations.ts')));
  const id = await page.evaluate(() => {
    // Random letters: a text that does not deflate.
    const letters = Array.from(crypto.getRandomValues(new Uint8Array(40_000)), (byte) =>
      String.fromCharCode(97 + (byte % 26)),
    );
    return window.chats.make([{ question: 'A long one', answer: letters.join('') }], 'Long');
  });
  await page.goto(`/#/c/${id}`);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Share link' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share link' });
  await expect(dialog).toContainText('more than 16,000');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save the file instead' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^long-.*\.html$/);
});

test('the PDF has the notice on page one, before anything said, and ends with the hash', async ({ page }) => {
  await page.addInitScript(() => {
    // A headless browser has no print dialog that would hold the view: it is put back as it stood.
    window.print = () => {
      const view = document.querySelector('#print')?.cloneNode(true);
      queueMicrotask(() => {
        if (view) document.body.append(view);
        document.documentElement.classList.add('printing');
        document.body.dataset.printed = 'yes';
      });
    };
  });
  await openSample(page);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Print or PDF' }).click();
  await expect(page.locator('body[data-printed]')).toBeAttached();
  // Spaces between runs of glyphs are positions, not characters.
  const pages = pdfPages(await page.pdf({ format: 'A4' })).map((text) => text.replace(/\s/g, ''));
  const first = pages[0] ?? '';
  expect(first.startsWith('Advisorynotice')).toBe(true);
  expect(first).toContain('WhileMeditronisdesigned');
  expect(first.indexOf('WhileMeditronisdesigned')).toBeLessThan(first.indexOf(QUESTION.replace(/\s/g, '')));
  const whole = pages.join('');
  expect(whole).toContain('Changedbyhand');
  expect(whole).toContain('edited');
  expect(whole).toMatch(/SHA-256ofthetranscriptasJSON:[0-9a-f]{64}$/);
  expect(whole).not.toContain('Newchat');
});

test('a damaged link says so and stores nothing', async ({ page }) => {
  await openWithoutModel(page, '#/shared/AAAAnonsense');
  await expect(page.getByRole('alert')).toContainText('damaged');
});

/** Rows in the app's database, counted past the app. */
async function storedRows(page: Page): Promise<Record<string, number>> {
  return page.evaluate(
    () =>
      new Promise<Record<string, number>>((done, fail) => {
        const opening = indexedDB.open('meditron');
        opening.onerror = () => {
          fail(new Error('the database did not open'));
        };
        opening.onsuccess = () => {
          const db = opening.result;
          const names = ['conversations', 'messages', 'prompts', 'folders', 'drafts', 'searchLog'];
          const transaction = db.transaction(names);
          const counts: Record<string, number> = {};
          for (const name of names) {
            const request = transaction.objectStore(name).count();
            request.onsuccess = () => {
              counts[name] = request.result;
            };
          }
          transaction.oncomplete = () => {
            db.close();
            done(counts);
          };
        };
      }),
  );
}
