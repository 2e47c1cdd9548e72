/** Every screen in light and dark, on a phone and on a desk: axe finds nothing, nothing is wider than the window. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask } from './support/app.ts';

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 860 } } as const;

async function expectSound(page: Page): Promise<void> {
  // The page's policy forbids the scripts axe would inject into frames; there are none.
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual(
    [],
  );
  await expectInWindow(page);
}

/** Only scrollers scroll, with everything that can be unfolded unfolded; the document itself never scrolls away. */
async function expectInWindow(page: Page): Promise<void> {
  const beyond = await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { right: scrollWidth - innerWidth, below: scrollHeight - innerHeight };
  });
  expect(beyond.right, 'pixels wider than the window').toBeLessThanOrEqual(0);
  expect(beyond.below, 'pixels taller than the window').toBeLessThanOrEqual(0);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${size}, ${colorScheme}`, () => {
      test.use({ viewport, colorScheme, contextOptions: { reducedMotion: 'reduce' } });

      test('the notice', async ({ page }) => {
        await page.goto('/');
        await expect(page.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
        await expectSound(page);
      });

      test('a new chat, a chat, its details and settings', async ({ page }) => {
        await page.goto('/');
        await acceptNotice(page);
        await expect(page.getByRole('listitem').first()).toBeVisible();
        await expectSound(page);
        const reply = await ask(page, 'What is this app?');
        await expectSound(page);
        await reply.getByRole('button', { name: 'Details', exact: true }).click();
        await expect(page.getByRole('group', { name: 'Prompt' })).toBeVisible();
        await page.getByRole('button', { name: 'Prompt and sampling' }).click();
        await expect(page.getByRole('textbox', { name: 'System text' })).toBeVisible();
        await expectSound(page);
      });

      for (const screen of [
        'exams',
        'exams/about-this-app',
        'models',
        'settings',
        'settings/storage',
        'about',
        'nowhere',
      ]) {
        test(`#/${screen}`, async ({ page }) => {
          await page.goto(`/#/${screen}`);
          await acceptNotice(page);
          await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
          await expectSound(page);
        });
      }

      test('the shortcuts', async ({ page }) => {
        await page.goto('/#/about');
        await acceptNotice(page);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.keyboard.press('?');
        await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
        await expectSound(page);
      });

      if (size === 'phone') {
        test('the drawer of chats', async ({ page }) => {
          await page.goto('/');
          await acceptNotice(page);
          await page.getByRole('button', { name: 'Show chats' }).click();
          await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible();
          await expectSound(page);
        });
      }
    });
  }
}

test('on the smallest window nothing scrolls the document away', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await page.goto('/');
  await acceptNotice(page);
  for (const screen of ['', 'models', 'settings/storage', 'about']) {
    await page.goto(`/#/${screen}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectInWindow(page);
  }
});
