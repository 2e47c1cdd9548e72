/** A closed network's plain http: no graphics, no caches, no storage manager; the Demo model and every screen all the same. */
import { expect, test } from '@playwright/test';
import config from '../playwright.config.ts';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const HOST = 'ward.example';

const SIZES = [
  [390, 844],
  [1280, 720],
] as const;

const options = config.use?.launchOptions;
test.use({
  launchOptions: {
    ...options,
    args: [...(options?.args ?? []), `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
  },
});

test('on plain http it says what is missing, and chats with the Demo model', async ({ page, baseURL }) => {
  const address = new URL(baseURL ?? '');
  address.hostname = HOST;
  await page.goto(address.href);
  await acceptNotice(page);
  expect(await page.evaluate(() => isSecureContext)).toBe(false);
  await waitForModel(page);
  const reply = await ask(page, 'What is this app?');
  await expect(reply).toContainText('Meditron Web is a page');
  // No clipboard API here; whether it arrived is told by pasting.
  await reply.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.focus();
  await page.keyboard.press('ControlOrMeta+V');
  await expect(box).toHaveValue(/Meditron Web is a page/);
  await box.fill('');
  await page.reload();
  await expect(reply).toContainText('Meditron Web is a page');

  await page.goto(`${address.href}#/models`);
  await expect(page.getByRole('main')).toContainText(
    'secure pages only, and this page was opened over plain http',
  );
  // What can't even begin is told beside the button that was pressed, wherever the page was scrolled to.
  const card = page.getByRole('article', { name: 'Demo model', exact: true });
  await card.getByText('Other forms of it').click();
  const failure = page.getByRole('alert').filter({ hasText: 'Not over plain http' });
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    const convert = card.getByRole('button', { name: 'Convert', exact: true });
    for (const block of ['start', 'end'] as const) {
      await convert.evaluate((button, to) => {
        button.scrollIntoView({ block: to });
      }, block);
      // At the very edge of the view, as a person may press it.
      await convert.focus();
      await page.keyboard.press('Enter');
      await expect(failure).toBeInViewport({ ratio: 1 });
      await expect(convert).toBeInViewport();
      expect(await card.getByRole('alert').count()).toBe(1);
      await failure.getByRole('button', { name: 'Dismiss' }).click();
      await expect(failure).toBeHidden();
    }
  }
  await page.goto(`${address.href}#/settings/storage`);
  await expect(page.getByRole('main')).toContainText('This browser does not say');
  const alerts = page.getByRole('alert');
  await expect(alerts).toHaveText([/Chats are kept all the same/, /Chats are kept all the same/]);

  await page.getByRole('button', { name: 'Erase everything…' }).click();
  await page
    .getByRole('dialog', { name: 'Erase everything?' })
    .getByRole('button', { name: 'Erase everything' })
    .click();
  await expect(page.getByRole('heading', { name: 'Everything is erased' })).toBeVisible({ timeout: 30_000 });
  await page.goto(address.href);
  await acceptNotice(page);
  await expect(box).toBeVisible();
  await expect(page.getByRole('article', { name: 'You' })).toHaveCount(0);
});
