/** What is installed stays until its replacement is whole; work and its failures are told on every screen; files can be dropped. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { acceptNotice, withoutModel } from './support/app.ts';
import { bigModel, DEMO_Q4_0 } from './support/model-fixtures.ts';
import { button, card, entry, openModels, startHub } from './support/model-hub.ts';
import { bothCompilers } from './support/optimised.ts';

test.use(bothCompilers);

async function importFile(
  page: Page,
  model: Locator,
  file: Parameters<Locator['setInputFiles']>[0],
): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await button(model, 'Import file').click();
  await (await chooser).setFiles(file);
}

/** Keeps the Demo file as it is, as the "Small model". */
async function install(page: Page): Promise<Locator> {
  const model = card(page, 'Small model');
  await model.locator('summary').click();
  await model.getByRole('radio', { name: 'as it is' }).check();
  await importFile(page, model, DEMO_Q4_0);
  await expect(model).toContainText('On this machine', { timeout: 60_000 });
  return model;
}

test('an installed model outlives junk, Cancel and a killed page, and is replaced by what came whole', async ({
  page,
}) => {
  const hub = await startHub();
  await openModels(page, hub);
  const model = await install(page);
  const installed = model.getByRole('group', { name: 'GGUF, for llama.cpp' });
  const replacement = model.getByRole('group', { name: 'Replacement' });

  await importFile(page, model, { name: 'junk.gguf', mimeType: '', buffer: Buffer.alloc(5000, 7) });
  await expect(replacement.getByRole('alert')).toContainText('This is not a model file');
  await expect(button(replacement, 'Resume')).toHaveCount(0);
  await expect(installed).toContainText('On this machine');
  await button(replacement, 'Cancel').click();
  await expect(replacement).toHaveCount(0);

  // A larger file, so that the page dies in the middle.
  await importFile(page, model, bigModel());
  await expect(replacement.getByRole('progressbar')).toBeVisible();
  await page.reload();
  await expect(replacement).toContainText('Paused at', { timeout: 30_000 });
  await button(installed, 'Verify').click();
  await expect(installed).toContainText(/All \d+ parts are as they came in/, { timeout: 60_000 });
  const again = page.waitForEvent('filechooser');
  await button(replacement, 'Resume').click();
  await (await again).setFiles(bigModel());

  // Seen from another screen while it works.
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  const work = page.getByRole('banner').getByRole('link', { name: /^Importing Small model/ });
  await expect(work).toBeVisible();
  await expect(work).toBeHidden({ timeout: 120_000 });
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await expect(replacement).toHaveCount(0);
  await button(installed, 'Verify').click();
  await expect(installed).toContainText(/All \d+ parts are as they came in/, { timeout: 60_000 });
  await hub.close();
});

test('a failure is told on the screen one is on, and leads to the model', async ({ page }) => {
  let answered = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const hub = await startHub({
    fault: async (_, response, path) => {
      if (!path.endsWith('.gguf')) return false;
      await held;
      response.writeHead(403).end();
      return true;
    },
  });
  await openModels(page, hub);
  await button(card(page, 'Small model'), 'Download').click();
  await page.getByRole('link', { name: 'About', exact: true }).click();
  await expect(
    page.getByRole('banner').getByRole('link', { name: /^Downloading Small model/ }),
  ).toBeVisible();
  answered();
  const alert = page.getByRole('alert').filter({ hasText: 'The server refused access' });
  await expect(alert).toBeVisible({ timeout: 30_000 });
  await alert.getByRole('link', { name: 'Open Small model in Models' }).click();
  await expect(card(page, 'Small model').getByRole('alert')).toContainText('The server refused access');
  await hub.close();
});

test('the first screen offers the model the app is for; dropped weights wait for a person, chats come in', async ({
  page,
}) => {
  const hub = await startHub({
    config: {
      schema: 1,
      hubs: { test: { name: 'Test hub', fileUrl: 'hub/{repo}/{file}', treeUrl: null, pageUrl: null } },
      models: [entry('main', 'Main model', 'none.gguf')],
      hide: ['meditron-7b', 'meditron3-8b'],
    },
  });
  await withoutModel(page);
  await page.goto(hub.url);
  await acceptNotice(page);
  const offer = page.getByRole('region', { name: 'Main model is not on this machine yet' });
  await expect(offer.getByRole('button', { name: 'Get Main model' })).toBeEnabled();

  const drop = async (name: string, text: string): Promise<void> => {
    const files = await page.evaluateHandle(
      ([fileName, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], fileName));
        return transfer;
      },
      [name, text] as const,
    );
    await page.dispatchEvent('main', 'drop', { dataTransfer: files });
  };
  await drop(
    'chat.json',
    '{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"}]}',
  );
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await expect(dialog).toContainText('1 chat came in');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await drop('mine.Q4_0.gguf', 'GGUF');
  await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
  await expect(button(card(page, 'Main model'), 'Import mine.Q4_0.gguf')).toBeEnabled();
  const names = await page
    .getByRole('article')
    .evaluateAll((articles) => articles.map((each) => each.querySelector('h2')?.textContent));
  expect(names.at(-1)).toBe('Demo model');
  await hub.close();
});
