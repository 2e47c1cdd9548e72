/** The README's pictures: `npm run screenshots`. */
import { mkdirSync } from 'node:fs';
import { expect, test } from '@playwright/test';
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
    await page.goto('/#/models');
    await expect(page.getByRole('region', { name: 'This device' })).toBeVisible();
    await page.getByRole('region', { name: 'This device' }).scrollIntoViewIfNeeded();
    await shoot('device');
    await context.close();
  });
}
