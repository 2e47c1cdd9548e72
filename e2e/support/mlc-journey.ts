/** From a fresh start to a conversation on web-llm, by the names people see. Shared by the run with a compiled library and its stand-in. */
import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import { runReportSchema, type RunReport } from '../../src/models/measure/run-report.ts';
import { acceptNotice, ask, waitForModel } from './app.ts';

export const QUESTIONS = [
  'What is this app?',
  'How do I get Meditron-7B?',
  'Does what I type leave my computer?',
];

/** Conversions, uploads and shaders of 7B take minutes. */
const PATIENCE = { timeout: 1_200_000 };

/** Opens the app, passes the notice and makes replies greedy, so that two engines can be held against each other. */
export async function openGreedy(page: Page, address = '/'): Promise<void> {
  await page.goto(`${address}#/settings`);
  await acceptNotice(page);
  await page.getByRole('textbox', { name: 'Temperature' }).fill('0');
  await page.getByRole('textbox', { name: 'Temperature' }).blur();
  // On a software GPU, with another program beside it, the Demo model alone takes minutes.
  await waitForModel(page, 'Demo model', PATIENCE.timeout);
}

export async function openCard(page: Page, name: string): Promise<Locator> {
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  return page.getByRole('article', { name, exact: true });
}

/** Chooses a source of the catalogue's by its label. */
export async function chooseSource(card: Locator, label: string): Promise<void> {
  const sources = card.locator('summary', { hasText: 'Source and form' });
  const others = card.locator('summary', { hasText: 'Other forms of it' });
  await sources.or(others).first().waitFor();
  // Of a built-in model they are folded away.
  if (!(await sources.isVisible())) await others.click();
  await sources.click();
  await card.getByRole('radio', { name: label, exact: true }).check();
}

/** Keeps the chosen source's GGUF and loads it with llama.cpp, in place of what is loaded. */
export async function loadGguf(card: Locator): Promise<void> {
  await card.getByRole('button', { name: 'Download', exact: true }).click();
  await expect(card.getByRole('group', { name: 'GGUF, for llama.cpp' })).toContainText(
    'On this machine',
    PATIENCE,
  );
  await reload(card);
}

/** Converts the chosen source, or a file from disk, and waits for the package. */
export async function convert(page: Page, card: Locator, file: string | null): Promise<void> {
  if (file === null) await card.getByRole('button', { name: 'Convert', exact: true }).click();
  else {
    await card.getByLabel(/^Files of /).setInputFiles(file);
    const licence = page.getByRole('dialog', { name: /^Licence of / });
    await licence.getByRole('button', { name: 'Accept' }).click();
  }
  await expect(card.getByRole('group', { name: /^GPU package/ })).toContainText('On this machine', PATIENCE);
}

/** Brings the library and loads the package, in place of what is loaded. */
export async function loadPackage(
  card: Locator,
  name: string,
  library: Parameters<Locator['setInputFiles']>[0],
): Promise<void> {
  await card.getByLabel(`Model library for ${name}`).setInputFiles(library);
  await expect(card.getByRole('button', { name: 'Replace library' })).toBeVisible();
  await unload(card);
  const form = card.getByRole('group', { name: 'Load takes' }).getByRole('radio', { name: /^GPU package/ });
  // Only where several forms of the model are here.
  if (await form.isVisible()) {
    // Checked only once the choice is stored.
    await form.click();
    await expect(form).toBeChecked();
  }
  await card.getByRole('button', { name: 'Load', exact: true }).click();
  await expect(card).toContainText(/Loaded\. On the graphics processor, .+ weights q4f(16|32)_1/, PATIENCE);
}

/** Presses Report how it ran here. @returns the file. */
export async function saveReport(page: Page, card: Locator): Promise<{ name: string; report: RunReport }> {
  const [download] = await Promise.all([
    page.waitForEvent('download', PATIENCE),
    card.getByRole('button', { name: 'Report how it ran here' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  return { name: download.suggestedFilename(), report: runReportSchema.parse(JSON.parse(text)) };
}

async function reload(card: Locator): Promise<void> {
  await unload(card);
  await card.getByRole('button', { name: 'Load', exact: true }).click();
  await expect(card).toContainText('Loaded.', PATIENCE);
}

/** The Demo model loads by itself. */
async function unload(card: Locator): Promise<void> {
  const loaded = card.getByRole('button', { name: 'Unload', exact: true });
  const load = card.getByRole('button', { name: 'Load', exact: true });
  await loaded.or(load).first().waitFor();
  if (await loaded.isVisible()) await loaded.click();
  await load.waitFor();
}

/** Asks each question in a chat of its own. @returns the replies' text. */
export async function askAll(page: Page, questions: readonly string[]): Promise<string[]> {
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  const replies: string[] = [];
  for (const question of questions) {
    await page.getByRole('button', { name: 'New chat' }).click();
    const reply = await ask(page, question, PATIENCE.timeout);
    const lines = await reply.locator('p, li').allInnerTexts();
    // The line of timings below it is another each time.
    replies.push(lines.filter((line) => !line.includes('to first token')).join('\n'));
  }
  return replies;
}
