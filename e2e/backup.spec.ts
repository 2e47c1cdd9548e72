/** Some or all chats out of one profile and into another. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { bundlePageScript } from '../src/tooling/bench/page-script.ts';
import type { TranscriptChat } from '../src/transcripts/format/document.ts';
import {
  base,
  conversationsIn,
  fileOf,
  importText,
  openSample,
  openWithoutModel,
  QUESTION,
  sampleChat,
  sourceOf,
} from './support/transcript-fixture.ts';

test('a chosen part or everything goes out in each format, and a backup comes back whole into another profile', async ({
  page,
  browser,
}) => {
  await openSample(page);
  await expect(page.getByRole('button', { name: 'Share file' })).toHaveCount(0);
  await page.evaluate(await bundlePageScript(resolve(import.meta.dirname, 'harness/conversations.ts')));
  for (const title of ['Second chat', 'Third chat'])
    await page.evaluate((name) => window.chats.make([{ question: name, answer: 'Yes.' }], name), title);
  const chats = page.getByRole('navigation', { name: 'Conversations' });
  await expect(chats.getByRole('link', { name: 'Third chat' })).toBeVisible();

  await chats.getByRole('button', { name: 'List options' }).click();
  await page.getByRole('menuitem', { name: 'Select chats' }).click();
  for (const title of ['Second chat', 'Third chat'])
    await chats.getByRole('checkbox', { name: `Select ${title}` }).check();
  const exportChosen = async (format: string): Promise<string> => {
    await chats.getByRole('button', { name: 'Save selected chats' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: format, exact: true }).click(),
    ]);
    return readFile(await download.path(), 'utf8');
  };
  const two = conversationsIn(await exportChosen('JSON')).map(({ conversation }) => conversation.title);
  expect(two.sort()).toEqual(['Second chat', 'Third chat']);
  await chats.getByRole('button', { name: 'Select all in this list' }).click();
  await expect(chats.getByRole('status').filter({ hasText: 'selected' })).toHaveText('3 selected');
  for (const format of ['Markdown', 'HTML', 'Messages (JSONL)']) {
    const text = await exportChosen(format);
    expect(text.indexOf('While Meditron is designed'), format).toBeGreaterThan(0);
    for (const title of [QUESTION, 'Second chat', 'Third chat']) expect(text, format).toContain(title);
    expect(await importText(page, `all-${format}`, text), format).toContain(
      // Beside a file of lines its check value is one of its own.
      format === 'Messages (JSONL)'
        ? 'No check value came with it'
        : 'Consistent: its check value fits its content',
    );
  }
  await chats.getByRole('button', { name: 'End selection' }).click();
  const backUp = async (from: Page): Promise<string> => {
    const [download] = await Promise.all([
      from.waitForEvent('download'),
      from.getByRole('button', { name: 'Back up' }).click(),
    ]);
    return readFile(await download.path(), 'utf8');
  };
  const backup = await backUp(page);

  const context = await browser.newContext({ ...base(), serviceWorkers: 'block' });
  const other = await context.newPage();
  await openWithoutModel(other);
  const own = fileOf(sourceOf({ ...sampleChat(), messages: sampleChat().messages.slice(0, 2) }));
  // Part of it is there already: it gets what it lacks, and nothing is doubled.
  await importText(other, 'part.json', await own);
  const words = await importText(other, 'backup.json', backup);
  expect(words).toContain('Consistent: its check value fits its content');
  expect(words).toContain('1 chat that was here got what it lacked');
  expect(await importText(other, 'backup.json', backup)).toMatch(
    /0 chats came in, \d chats were here already/,
  );
  // Past 16 MB a backup is read and stored chat by chat.
  const long = (name: string) => ({
    conversation: { ...sampleChat().conversation, id: name, title: name, leafId: `${name}-0` },
    messages: Array.from({ length: 5 }, (_, at) => ({
      ...sampleChat().messages[0],
      id: `${name}-${at}`,
      conversationId: name,
      parentId: at === 0 ? null : `${name}-${at - 1}`,
      text: `${name} ${'x'.repeat(1_900_000)}`,
    })),
  });
  const [large, cut] = [
    [long('large-1'), long('large-2')] as TranscriptChat[],
    [long('cut-1'), long('cut-2')] as TranscriptChat[],
  ];
  const textWith = (held: TranscriptChat[]) => fileOf({ ...sourceOf(sampleChat()), chats: () => held });
  const largeText = await textWith(large);
  expect(largeText.length).toBeGreaterThan(16 * 1024 * 1024);
  const said = await importText(other, 'large.json', largeText.replace('"large-1 x', '"large-1 y'));
  expect(said).toContain('2 chats came in');
  expect(said).toContain('in “large-1”: a question, now “large-1 y');
  // A file that turns out too large on the way has brought what came before.
  const tooMany = (await textWith(cut)).replace(
    '],\n"sha256"',
    `,\n${'{},\n'.repeat(100_000)}{}],\n"sha256"`,
  );
  const failed = await importText(other, 'too-many.json', tooMany);
  expect(failed).toContain('This file is too large to import');
  expect(failed).toContain('2 chats came in before and stay.');
  expect(failed).not.toContain('Nothing of it');
  for (const { conversation } of [...large, ...cut]) {
    const link = other.getByRole('navigation', { name: 'Conversations' }).getByRole('link', {
      name: conversation.title,
    });
    await link.focus();
    await link.press('Delete');
    await expect(link).toBeHidden();
  }
  const texts = (json: string) =>
    conversationsIn(json).map(({ conversation, messages }) => ({ title: conversation.title, messages }));
  expect(texts(await backUp(other))).toEqual(texts(backup));
  await context.close();
});
