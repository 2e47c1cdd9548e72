import { readFile } from 'node:fs/promises';
import { expect, test, type Browser, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const QUESTION = 'What is this app?';

async function chatOnce(page: Page): Promise<string> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  const reply = await ask(page, QUESTION);
  return (await reply.innerText()).trim();
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
async function throughCleanProfile(browser: Browser, baseURL: string, file: { name: string; text: string }) {
  const context = await browser.newContext({ baseURL, serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.goto('/');
  await acceptNotice(page);
  await page.locator('input[type=file][accept*=jsonl]').setInputFiles({
    name: file.name,
    mimeType: 'text/plain',
    buffer: Buffer.from(file.text),
  });
  const report = page.getByRole('dialog', { name: 'Import' });
  await expect(report).toContainText(/1 chat came in/);
  const words = await report.innerText();
  await report.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: QUESTION }).click();
  await expect(page.getByRole('article', { name: 'You' })).toContainText(QUESTION);
  const again = await exportAs(page, 'JSON');
  await context.close();
  return { words, again };
}

function conversationsIn(json: string): unknown {
  return (JSON.parse(json) as { conversations: unknown }).conversations;
}

test('JSON, Markdown and HTML each bring the whole chat into a clean profile, unchanged', async ({
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(180_000);
  await chatOnce(page);
  const json = await exportAs(page, 'JSON');
  expect(json.text).toContain('While Meditron is designed');
  for (const format of ['JSON', 'Markdown', 'HTML']) {
    const file = format === 'JSON' ? json : await exportAs(page, format);
    const { words, again } = await throughCleanProfile(browser, baseURL ?? '', file);
    expect(words, format).toContain('Unchanged since export');
    expect(conversationsIn(again.text), format).toEqual(conversationsIn(json.text));
  }
});

test('a word changed in a file is named when it comes in', async ({ page }) => {
  await chatOnce(page);
  const { name, text } = await exportAs(page, 'JSON');
  const changed = text.replace(`"text":"${QUESTION}"`, '"text":"What is that app?"');
  expect(changed).not.toBe(text);
  await page.locator('input[type=file][accept*=jsonl]').setInputFiles({
    name,
    mimeType: 'application/json',
    buffer: Buffer.from(changed),
  });
  const report = page.getByRole('dialog', { name: 'Import' });
  await expect(report).toContainText('Changed since export');
  await expect(report).toContainText('a question, now “What is that app?”');
  // The same ids are here already: nothing is overwritten, nothing doubled.
  await expect(report).toContainText('1 chat were here already');
});

test('a share link opens read-only behind the notice, and is stored only when kept', async ({
  page,
  browser,
  baseURL,
}) => {
  const said = await chatOnce(page);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Share link' }).click();
  const url = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(url).toContain('#/shared/');

  const context = await browser.newContext({ ...(baseURL ? { baseURL } : {}), serviceWorkers: 'block' });
  const viewer = await context.newPage();
  await viewer.goto(url);
  await expect(viewer.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
  await expect(viewer.getByRole('article', { name: 'You' })).toHaveCount(0);
  await acceptNotice(viewer);
  await expect(viewer.getByRole('article', { name: 'You' })).toContainText(QUESTION);
  await expect(viewer.getByText('Unchanged since export.')).toBeVisible();
  expect(said.length).toBeGreaterThan(0);
  const chats = viewer.getByRole('navigation', { name: 'Conversations' });
  await expect(chats.getByRole('link', { name: QUESTION })).toHaveCount(0);
  await viewer.getByRole('button', { name: 'Keep' }).click();
  await expect(chats.getByRole('link', { name: QUESTION })).toBeVisible();
  await context.close();
});

test('the printed page begins with the notice', async ({ page }) => {
  await page.addInitScript(() => {
    // A headless browser has no print dialog: the page is looked at while it would be open.
    window.print = () => {
      document.body.dataset.printed = document.querySelector('#print')?.textContent ?? '';
    };
  });
  await chatOnce(page);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Print or PDF' }).click();
  await expect.poll(() => page.evaluate(() => document.body.dataset.printed ?? '')).toContain(QUESTION);
  const printed = await page.evaluate(() => document.body.dataset.printed ?? '');
  expect(printed.startsWith('Advisory notice')).toBe(true);
  expect(printed.indexOf('While Meditron is designed')).toBeLessThan(printed.indexOf(QUESTION));
});

test('a damaged link says so and stores nothing', async ({ page }) => {
  await page.goto('/#/shared/AAAAnonsense');
  await acceptNotice(page);
  await expect(page.getByRole('alert')).toContainText('damaged');
});
