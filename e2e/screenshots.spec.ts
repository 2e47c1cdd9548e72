/** The README's pictures: `npm run screenshots`. */
import { mkdirSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const FOLDER = 'public/screenshots';
mkdirSync(FOLDER, { recursive: true });

for (const { name, colorScheme, viewport } of [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'dark-phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const) {
  test(`@screenshots ${name}`, async ({ browser, baseURL }) => {
    const context = await browser.newContext({ ...(baseURL ? { baseURL } : {}), colorScheme, viewport });
    const page = await context.newPage();
    const shoot = (what: string) => page.screenshot({ path: `${FOLDER}/${what}-${name}.png` });
    await page.goto('/');
    await expect(page.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await shoot('notice');
    await acceptNotice(page);
    await waitForModel(page);
    await ask(page, 'What is this app?');
    await page.getByRole('textbox', { name: 'Message' }).blur();
    await shoot('chat');
    if (name === 'light') await shootWorkbench(page, shoot);
    await page.goto('/#/models');
    await expect(page.getByRole('region', { name: 'This device' })).toBeVisible();
    await page.getByRole('region', { name: 'This device' }).scrollIntoViewIfNeeded();
    await shoot('device');
    await context.close();
  });
}

/** The prompt beside the chat; a reply's tokens; two versions side by side; a raw completion as one text. */
async function shootWorkbench(page: Page, shoot: (what: string) => Promise<unknown>): Promise<void> {
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  await page.getByRole('checkbox', { name: 'Keep token probabilities' }).check();
  await page.getByRole('tab', { name: 'Prompt' }).click();
  const reply = await ask(page, 'Does what I type leave my computer?');
  await expect(page.getByText('Estimated from its length')).toBeHidden();
  await page.getByRole('textbox', { name: 'Message' }).fill('And can I use it offline?');
  await expect(page.getByRole('group', { name: 'What you type' })).toContainText('offline');
  await page.getByRole('textbox', { name: 'Message' }).blur();
  // Much text: a lower picture keeps the README light.
  await page.setViewportSize({ width: 1280, height: 620 });
  await shoot('prompt');
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.getByRole('textbox', { name: 'Message' }).fill('');
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await reply.getByRole('button', { name: 'Tokens' }).click();
  await reply.getByRole('toolbar', { name: 'Tokens of the reply' }).getByRole('button').nth(3).click();
  await expect(reply.getByRole('region', { name: 'Alternatives' }).getByRole('listitem')).toHaveCount(5);
  await reply.getByRole('region', { name: 'Alternatives' }).scrollIntoViewIfNeeded();
  await shoot('tokens');
  await reply
    .getByRole('button', { name: /^Branch with / })
    .nth(1)
    .click();
  await expect(reply).toContainText('Version 2');
  await expect(reply).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
  await reply.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByRole('article', { name: 'Reply B' }).locator('mark').first()).toBeVisible();
  await shoot('compare');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  await page.getByRole('combobox', { name: 'Prompt format' }).selectOption('raw');
  const text = page.getByRole('textbox', { name: 'Text', exact: true });
  await text.fill('### User: What is this app?\n### Assistant:');
  await page.getByRole('button', { name: 'Close the panel' }).click();
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(text).toHaveValue(/Assistant:.{40}/s, { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Continue', exact: true })).toBeEnabled({ timeout: 60_000 });
  await text.press('Control+End');
  await text.pressSequentially('\n\n### User: Is it free?\n### Assistant:');
  await text.blur();
  await shoot('raw');
}
