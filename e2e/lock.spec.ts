/** The lock and encryption on the disk, in a profile whose bytes are searched afterwards. */
import { readFile } from 'node:fs/promises';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { acceptNotice } from './support/app.ts';
import { filesHolding, makeProfile } from './support/profile.ts';
import { importText, openWithoutModel } from './support/transcript-fixture.ts';

const PASSPHRASE = 'correct horse battery staple';

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const unlocking = (page: Page): Locator => page.getByLabel('Passphrase', { exact: true });

async function unlock(page: Page, passphrase: string): Promise<void> {
  await unlocking(page).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock' }).click();
}

test('locked, a tab shows nothing and keeps the draft and what an open box holds; encrypted, the disk holds no word; without the passphrase nothing opens @browser', async () => {
  const profile = await makeProfile();
  const words = ['Zebrafinch', 'Quokkamark', 'Wombatword'];
  const [draft = '', folder = '', open = ''] = words;
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
    // A box that keeps nothing itself, open when the lock falls.
    await other.getByRole('button', { name: 'List options' }).click();
    await other.getByRole('menuitem', { name: 'New folder' }).click();
    await other.getByRole('dialog').getByRole('textbox').fill(`${open}, not created yet`);

    // Locked in one tab, both are, and nothing of what they showed is left to read.
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await page.getByRole('button', { name: 'Lock now' }).click();
    for (const each of [page, other]) {
      await expect(each.getByRole('heading', { name: 'Locked' })).toBeVisible();
      await expect(each).toHaveTitle('Locked · Meditron Web');
      expect(await each.locator('body').ariaSnapshot()).not.toMatch(/Zebrafinch|Quokkamark|Conversations/);
      expect(await each.locator('body').innerHTML()).not.toMatch(/Zebrafinch|Quokkamark|Wombatword/);
    }
    await unlock(other, PASSPHRASE);
    const unfinished = other.getByRole('region', { name: 'Not finished when the page closed or locked' });
    await expect(unfinished.getByRole('listitem')).toHaveText(
      /^New folder: Name.*Wombatword, not created yet/,
    );
    await unfinished.getByRole('button', { name: 'Discard' }).click();
    await expect(unfinished).toBeHidden();
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

test('an encrypted backup is opened by its passphrase alone; the log says what left, is saved and erased', async ({
  page,
}) => {
  await openWithoutModel(page);
  const read = await importText(
    page,
    'chat.json',
    JSON.stringify({ messages: [{ role: 'user', content: 'Axolotlword?' }] }),
  );
  expect(read).toContain('1 chat came in');
  await page.goto('./#/settings/storage');
  await page.getByRole('button', { name: 'Save all chats encrypted…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save all chats encrypted' });
  const fill = async (first: string, second: string): Promise<void> => {
    await dialog.getByLabel('New passphrase').fill(first);
    await dialog.getByLabel('The same again').fill(second);
    await dialog.getByRole('button', { name: 'Save' }).click();
  };
  // Mistyped once, in whichever order, nobody could open it.
  await dialog.getByLabel('The same again').fill(PASSPHRASE);
  await dialog.getByLabel('New passphrase').fill(PASSPHRASE);
  await dialog.getByLabel('New passphrase').fill(`${PASSPHRASE}x`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByRole('button', { name: 'Save' })).toBeEnabled();
  expect(await dialog.locator('input:invalid').count()).toBe(1);
  const [backup] = await Promise.all([page.waitForEvent('download'), fill(PASSPHRASE, PASSPHRASE)]);
  await expect(dialog).toBeHidden();
  expect(backup.suggestedFilename()).toMatch(/\.json\.age$/);
  const bytes = await readFile(await backup.path());
  expect(bytes.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
  expect(bytes.includes('Axolotlword')).toBe(false);

  await page
    .locator('input[type=file][accept*=jsonl]')
    .setInputFiles({ name: 'b.json.age', mimeType: '', buffer: bytes });
  const importing = page.getByRole('dialog', { name: 'Import' });
  await importing.getByLabel('Passphrase of the file').fill('not the passphrase at all');
  await importing.getByRole('button', { name: 'Open it' }).click();
  await expect(importing.getByRole('alert')).toContainText('This is not the passphrase');
  await importing.getByLabel('Passphrase of the file').fill(PASSPHRASE);
  await importing.getByRole('button', { name: 'Open it' }).click();
  await expect(importing).toContainText('1 chat was here already');
  await importing.getByRole('button', { name: 'Done' }).click();

  const lines = page.getByRole('list', { name: 'Log' }).getByRole('listitem');
  await expect(lines).toContainText(['Exported everything (json)']);
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the log to a file' }).click(),
  ]);
  const text = await readFile(await saved.path(), 'utf8');
  expect(JSON.parse(text)).toMatchObject([{ kind: 'exported', what: 'everything', form: 'json' }]);
  expect(text).not.toContain('Axolotlword');
  await expect(lines).toContainText(['Exported this log (json)', 'Exported everything (json)']);
  await page.getByRole('button', { name: 'Erase the log' }).click();
  await expect(lines).toHaveCount(0);
  await expect(page.getByText('Nothing yet.')).toBeVisible();
});
