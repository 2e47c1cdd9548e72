/** What whoever hosts the app decided holds before anything starts, and a private session leaves nothing behind. */
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { acceptNotice, withoutModel } from './support/app.ts';
import { filesHolding, makeProfile } from './support/profile.ts';
import { startStaticServer } from './support/static-server.ts';
import { importText } from './support/transcript-fixture.ts';

const RULES = {
  retentionDays: 30,
  shareLinks: false,
  exports: false,
  privateSession: true,
  allowedServers: ['https://llm.example.org'],
  lockMinutes: 5,
};
const SAID = [
  'Chats not changed for 30 days are removed.',
  'Links that hold a transcript are neither made nor opened.',
  'Nothing is saved to a file, printed or shared.',
  'Every session is a private one: nothing of it is written to the disk.',
  'Only these servers can be connected: https://llm.example.org.',
  'The screen locks after 5 minutes without use.',
];

test('broken rules start nothing; whole ones are said and kept, and nothing of a private session is on the disk @browser', async () => {
  let policy: object = { ...RULES, retentionDays: 'a month' };
  // By the host itself: the service worker asks it, too.
  const server = await startStaticServer({
    root: resolve(process.env.E2E_DIST ?? 'dist'),
    fault: (_, response, path) => {
      if (path !== '/config.json') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ policy }));
      return true;
    },
  });
  const profile = await makeProfile();
  try {
    const words = ['Wombatprivate', 'Dingodraft', 'Emufolder', 'Koalaphrase'];
    const [asked = '', draft = '', folder = '', phrase = ''] = words;
    const context = await profile.open();
    const page = context.pages()[0] ?? (await context.newPage());
    await withoutModel(page);
    await page.goto(server.url);
    await acceptNotice(page);

    await test.step('rules that can’t be understood', async () => {
      const alert = page.getByRole('alert');
      await expect(alert).toContainText('The app does not start: this site’s rules can’t be understood');
      await expect(page.getByRole('navigation')).toHaveCount(0);
      await alert.getByRole('button', { name: 'Try again' }).click();
      await expect(alert).toBeVisible();
      expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    });

    policy = RULES;
    await page.reload();
    const chats = page.getByRole('navigation', { name: 'Conversations' });
    const box = page.getByRole('textbox', { name: 'Message' });

    const choose = page.getByRole('heading', { name: 'Choose a passphrase' });
    await test.step('a lock as the site wants it', async () => {
      await expect(choose).toBeVisible();
      const passphrase = `${phrase} beside nine rivers`;
      await page.getByRole('textbox', { name: 'New passphrase' }).fill(passphrase);
      await page.getByRole('textbox', { name: 'The same again' }).fill(passphrase);
      await page.getByRole('button', { name: 'Go on' }).click();
      await expect(chats).toBeVisible({ timeout: 60_000 });
    });

    await test.step('chats in memory, and no way out for them', async () => {
      await importText(page, 'chat.json', JSON.stringify({ messages: [{ role: 'user', content: asked }] }));
      await chats.getByRole('button', { name: 'List options' }).click();
      await page.getByRole('menuitem', { name: 'New folder' }).click();
      await page.getByRole('dialog').getByRole('textbox').fill(folder);
      await page.keyboard.press('Enter');
      await expect(chats.getByText(folder)).toBeVisible();
      await page.getByRole('searchbox', { name: 'Search conversations' }).fill(asked);
      await chats.getByRole('link', { name: asked }).first().click();
      await expect(page.getByRole('article', { name: 'You' })).toContainText(asked);
      await expect(chats.getByRole('button', { name: 'Back up' })).toHaveCount(0);
      await expect(page.getByRole('button', { name: 'Export', exact: true })).toHaveCount(0);
      await box.fill(draft);
    });

    await test.step('what the site set is said, and a link is not opened', async () => {
      await page.getByRole('link', { name: 'Settings', exact: true }).click();
      await expect(page.getByRole('list', { name: 'Set by your site' }).getByRole('listitem')).toHaveText(
        SAID,
      );
      await page.goto(`${server.url}#/shared/abc`);
      await expect(page.getByText('Your site has switched off links that hold a transcript.')).toBeVisible();
      await page.getByRole('link', { name: 'Chat', exact: true }).click();
      await expect(box).toHaveValue(draft);
    });

    await test.step('it ends with its chats', async () => {
      await page.getByRole('banner').getByRole('button', { name: 'Private session' }).click();
      const end = page.getByRole('dialog', { name: 'Private session' });
      await expect(end).toContainText('1 chat ends with it.');
      await end.getByRole('button', { name: 'End and forget' }).click();
      // Nothing of the last one is known any more, its passphrase included.
      await expect(choose).toBeVisible();
    });

    await context.close();
    expect(await filesHolding(profile.folder, words)).toEqual([]);
  } finally {
    profile.kill();
    await profile.remove();
    await server.close();
  }
});
