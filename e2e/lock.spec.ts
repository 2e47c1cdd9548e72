/** The lock and encryption on the disk, in a profile whose bytes are searched afterwards. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { acceptNotice } from './support/app.ts';
import { filesHolding, makeProfile } from './support/profile.ts';

const PASSPHRASE = 'correct horse battery staple';

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const unlocking = (page: Page): Locator => page.getByLabel('Passphrase', { exact: true });

async function unlock(page: Page, passphrase: string): Promise<void> {
  await unlocking(page).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock' }).click();
}

test('locked, a tab shows nothing and keeps the draft; encrypted, the disk holds no word; without the passphrase nothing opens @browser', async () => {
  const profile = await makeProfile();
  const words = ['Zebrafinch', 'Quokkamark'];
  const [draft = '', folder = ''] = words;
  let context = await profile.open();
  try {
    await context.route('**/models/demo/*', (route) => route.abort());
    let page = await context.newPage();
    await page.goto('/');
    await acceptNotice(page);
    await page.goto('/#/settings/lock');
    await page.getByRole('button', { name: 'Set a passphrase…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('New passphrase').fill(PASSPHRASE);
    await dialog.getByLabel('The same again').fill(PASSPHRASE);
    await dialog.getByRole('button', { name: 'Set it' }).click();
    await expect(dialog).toBeHidden();
    await page.getByRole('button', { name: 'Turn encryption on…' }).click();
    await expect(dialog).toContainText('no way back without the passphrase');
    await expect(dialog.getByRole('button', { name: 'Encrypt' })).toBeDisabled();
    await dialog.getByRole('checkbox').check();
    await dialog.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE);
    await dialog.getByRole('button', { name: 'Encrypt' }).click();
    await expect(page.getByRole('status', { name: 'Encryption' })).toContainText('Encryption is on.');

    // Words of every kind, typed while it is on.
    const chats = page.getByRole('navigation', { name: 'Conversations' });
    await chats.getByRole('button', { name: 'List options' }).click();
    await page.getByRole('menuitem', { name: 'New folder' }).click();
    await page.getByRole('dialog').getByRole('textbox').fill(folder);
    await page.keyboard.press('Enter');
    await expect(chats.getByText(folder)).toBeVisible();
    await page.getByRole('link', { name: 'Chat', exact: true }).click();
    await box(page).fill(`${draft}, half a thought`);
    const other = await context.newPage();
    await other.goto('/');
    await acceptNotice(other);
    await expect(unlocking(other)).toBeFocused();
    await unlock(other, PASSPHRASE);
    await expect(box(other)).toBeVisible();

    // Locked in one tab, both are, and nothing of what they showed is left to read.
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByRole('button', { name: 'Lock now' }).click();
    for (const each of [page, other]) {
      await expect(each.getByRole('heading', { name: 'Locked' })).toBeVisible();
      await expect(each).toHaveTitle('Locked · Meditron Web');
      expect(await each.locator('body').ariaSnapshot()).not.toMatch(/Zebrafinch|Quokkamark|Conversations/);
      expect(await each.locator('body').innerHTML()).not.toMatch(/Zebrafinch|Quokkamark/);
    }
    await unlock(page, 'not the passphrase');
    await expect(page.getByRole('alert')).toContainText('This is not the passphrase');
    // Loading anew is no way in.
    await page.reload();
    await unlock(page, PASSPHRASE);
    await page.getByRole('link', { name: 'Chat', exact: true }).click();
    await expect(box(page)).toHaveValue(`${draft}, half a thought`);
    await expect(page.getByRole('navigation', { name: 'Conversations' }).getByText(folder)).toBeVisible();

    // By itself, after the minutes a person wants; the clock is the page's.
    await page.evaluate(() => {
      localStorage.setItem('meditron-preferences', JSON.stringify({ lockMinutes: 5 }));
    });
    await page.clock.install();
    await page.reload();
    // With a clock of its own a page can't tell a reload.
    await acceptNotice(page);
    await unlock(page, PASSPHRASE);
    await expect(box(page)).toBeVisible();
    await page.clock.runFor(4 * 60_000);
    await expect(box(page)).toBeVisible();
    await page.clock.runFor(2 * 60_000);
    await expect(page.getByRole('heading', { name: 'Locked' })).toBeVisible();
    await context.close();

    // All of it was typed after encryption: not even the disk's own logs hold it.
    expect(await filesHolding(profile.folder, words)).toEqual([]);

    context = await profile.open();
    page = await context.newPage();
    await page.goto('/');
    await acceptNotice(page);
    await unlock(page, PASSPHRASE);
    await expect(page.getByRole('navigation', { name: 'Conversations' }).getByText(folder)).toBeVisible();
    await context.close();
  } finally {
    await context.close();
    await profile.remove();
  }
});
