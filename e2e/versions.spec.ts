/** Looking into a reply, branching from it, comparing what came of it, and running it again. */
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const replies = (page: Page) => page.getByRole('article', { name: 'Model' });

async function open(page: Page): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
}

async function keepTokens(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  await page.getByRole('checkbox', { name: 'Keep token probabilities' }).check();
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
}

test('a reply shows its tokens, goes on from another one, is compared, rated, swept and run again; all of it is in the file', async ({
  page,
}) => {
  await open(page);
  await keepTokens(page);
  const reply = await ask(page, 'What is this app?');

  await test.step('its tokens, and what else could have stood there, by keyboard', async () => {
    await reply.getByRole('button', { name: 'Tokens' }).click();
    const tokens = reply.getByRole('toolbar', { name: 'Tokens of the reply' });
    await expect(reply.getByRole('region', { name: 'Tokens' })).toContainText('perplexity');
    await tokens.getByRole('button').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const alternatives = reply.getByRole('region', { name: 'Alternatives' });
    await expect(alternatives.getByRole('listitem')).toHaveCount(5);
    await expect(alternatives).toContainText('written');
  });

  await test.step('a token that is never to be written again', async () => {
    const token = reply.getByRole('region', { name: 'Alternatives' });
    await token.getByRole('button', { name: /^Never write / }).click();
    await expect(page.getByText('Banned in this chat, from the next reply on')).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
  });

  await test.step('branch', async () => {
    const branch = reply.getByRole('button', { name: /^Branch with / }).first();
    await branch.click();
    await expect(replies(page).first()).toContainText(/Version 2/);
    await expect(replies(page).first()).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
    await replies(page).first().getByRole('button', { name: 'Details' }).click();
    await expect(replies(page).first()).toContainText('at token 2 of another version');
  });

  await test.step('replay, by its key: the same tokens, adapters named', async () => {
    await replies(page).first().getByRole('button', { name: 'Details' }).click();
    const replay = replies(page).first().getByRole('region', { name: 'Replay' });
    await page.keyboard.press('r');
    await expect(replay.getByText(/^The same: all \d+ tokens\.$/)).toBeVisible({ timeout: 60_000 });
    await expect(replay.getByRole('row', { name: /Adapter/ })).toContainText('CPU');
  });

  await test.step('every reply of the chat, by one button', async () => {
    await page.getByRole('button', { name: 'Replay this chat' }).click();
    const whole = page.getByRole('dialog', { name: 'Replay of this chat' });
    await expect(whole.getByRole('status')).toHaveText('1 of 1 reply is the same.', { timeout: 60_000 });
    await expect(whole.getByRole('listitem')).toContainText(
      /The same: all \d+ tokens\..*Written on CPU; here on CPU/s,
    );
    await page.keyboard.press('Escape');
    await expect(whole).toBeHidden();
  });

  const compare = page.getByRole('dialog', { name: 'Compare' });
  await test.step('side by side, and rated with the order hidden', async () => {
    await page.keyboard.press('c');
    await expect(compare.getByRole('article', { name: 'Reply A' })).toBeVisible();
    await expect(compare.getByRole('article', { name: 'Reply B' }).locator('mark').first()).toBeVisible();
    await compare.getByRole('checkbox', { name: 'Hide which is which' }).check();
    await expect(compare.getByRole('heading', { name: 'Reply A' })).toBeVisible();
    await compare.getByRole('radio', { name: 'Tie' }).check();
    await compare.getByRole('textbox', { name: 'Note' }).fill('Much the same.');
    await compare.getByRole('button', { name: 'Keep the rating' }).click();
    // Now it says which is which.
    await expect(compare.getByRole('heading', { name: /^Version \d: Demo model/ }).first()).toBeVisible();
    const saved = page.waitForEvent('download');
    await compare.getByRole('button', { name: 'Export ratings' }).click();
    const rows = await textOf(await saved);
    expect(JSON.parse(rows)).toMatchObject({ winner: 'tie', note: 'Much the same.', order_hidden: true });
  });

  await test.step('a sweep over presets, temperatures and seeds', async () => {
    await compare.getByRole('radio', { name: 'Sweep' }).check();
    await compare.getByRole('textbox', { name: 'Temperatures' }).fill('1');
    await compare.getByRole('textbox', { name: 'Seeds' }).fill('3');
    await compare.getByRole('checkbox', { name: 'Differential as a list' }).check();
    await compare.getByRole('button', { name: 'Write 2 versions' }).click();
    await expect(compare.getByRole('button', { name: 'Write 2 versions' })).toBeVisible({ timeout: 60_000 });
    const lines = compare.getByRole('table', { name: 'Versions' }).getByRole('row');
    await expect(lines).toHaveCount(3);
    await expect(lines.nth(2)).toContainText('Differential as a list');
    const saved = page.waitForEvent('download');
    await compare.getByRole('button', { name: 'Export versions' }).click();
    expect((await textOf(await saved)).trim().split('\r\n').length).toBeGreaterThanOrEqual(5);
  });

  await test.step('two settings, in two columns', async () => {
    await compare.getByRole('radio', { name: 'Ask two settings' }).check();
    const second = compare.getByRole('group', { name: 'Second' });
    await second.getByRole('textbox', { name: 'Temperature' }).fill('1.2');
    await second.getByRole('textbox', { name: 'Seed' }).fill('5');
    await compare.getByRole('button', { name: 'Write both' }).click();
    await expect(compare.getByRole('article', { name: 'Reply B' })).toContainText('seed 5', {
      timeout: 60_000,
    });
    await compare.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('versions, tokens, branch and rating are in the file', async () => {
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).first().click();
    await page.getByRole('menuitem', { name: 'JSON', exact: true }).click();
    const file = JSON.parse(await textOf(await saved)) as {
      conversations: [
        { messages: { comparisons?: unknown[]; provenance: null | Record<string, unknown> }[] },
      ];
    };
    const { messages } = file.conversations[0];
    const about = messages.flatMap(({ provenance }) => (provenance ? [provenance] : []));
    expect(about).toHaveLength(6);
    // The preset’s too, which does not ask for them itself.
    expect(about.filter(({ tokens }) => tokens !== undefined)).toHaveLength(6);
    expect(about.filter(({ branch }) => branch !== undefined)).toHaveLength(1);
    expect(messages.filter(({ comparisons }) => comparisons !== undefined)).toHaveLength(1);
  });
});

async function textOf(download: { createReadStream(): Promise<NodeJS.ReadableStream> }): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}
