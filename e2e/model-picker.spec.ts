/** Another model for the same chat, by the picker in its header. */
import { expect, test } from '@playwright/test';
import { TestServer } from '../src/engine/remote/testing/test-server.ts';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

test('the picker says what there is and switches; the chat stays, and each reply names its model', async ({
  page,
}) => {
  const server = await TestServer.start({
    dialect: 'vllm',
    model: 'epfl-llm/meditron-70b',
    contextLength: 4096,
    reply: () => [' The', ' mitral', ' valve', '.'],
  });
  const host = new URL(server.address).host;
  await page.goto('#/models');
  await acceptNotice(page);
  await page.getByRole('button', { name: 'Connect a server' }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect a server' });
  await dialog.getByRole('textbox', { name: 'Address' }).fill(`${server.address}/v1`);
  await dialog.getByRole('button', { name: 'Test' }).click();
  await expect(dialog.getByRole('combobox', { name: 'Model' })).toHaveValue('epfl-llm/meditron-70b');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('status', { name: 'Model status' })).toContainText(`ready on ${host}`);
  await page.getByRole('link', { name: 'Chat', exact: true }).first().click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Which valve?');
  await page.getByRole('button', { name: 'Send' }).click();
  await page
    .getByRole('dialog', { name: `Send to ${host}?` })
    .getByRole('button', { name: `Send to ${host}` })
    .click();
  const first = page.getByRole('article', { name: 'Model' }).first();
  await expect(first).toContainText('mitral valve');
  await expect(first).toContainText('Written by Meditron-70B');
  const address = page.url();

  // By the keyboard alone: the key opens the menu, and another model is chosen.
  await page.getByRole('log', { name: 'Conversation' }).click();
  await page.keyboard.press('m');
  const menu = page.getByRole('menu');
  const here = menu.getByRole('menuitemradio', { name: /^Demo model/ });
  await expect(here).toContainText(/Must load first|Loads in about/);
  await expect(menu.getByRole('group', { name: 'On servers' }).getByRole('menuitemradio')).toHaveAttribute(
    'aria-checked',
    'true',
  );
  await expect(menu.getByRole('menuitemradio', { name: /^Meditron-7B/ })).toContainText(/[\d.]+ GB or more/);
  await here.focus();
  await page.keyboard.press('Enter');
  await waitForModel(page);
  expect(page.url()).toBe(address);
  await expect(page.getByRole('button', { name: 'Model: Demo model' })).toBeVisible();
  await expect(await ask(page, 'What is this app?')).toContainText('Written by Demo model');
  await expect(page.getByRole('article', { name: 'Model' })).toHaveCount(2);

  // What loading took is told from then on.
  await page.getByRole('button', { name: 'Model: Demo model' }).click();
  await expect(page.getByRole('menuitemradio', { name: /^Demo model/ })).toContainText('Ready');
  await page.keyboard.press('Escape');

  // One question to both, in turn: each is loaded when it is its.
  await page.getByRole('article', { name: 'Model' }).last().getByRole('button', { name: 'Compare' }).click();
  const compare = page.getByRole('dialog', { name: 'Compare' });
  await compare.getByRole('radio', { name: 'Ask two settings' }).check();
  const models = (at: string) =>
    compare.getByRole('group', { name: at }).getByRole('combobox', { name: 'Model' });
  await models('First').selectOption({ label: 'Demo model' });
  const served = models('Second').getByRole('option', { name: `epfl-llm/meditron-70b on ${host}` });
  await models('Second').selectOption((await served.getAttribute('value')) ?? '');
  await compare.getByRole('button', { name: 'Write both' }).click();
  await expect(compare.getByRole('heading', { name: /: Meditron-70B/ })).toBeVisible({ timeout: 60_000 });
  await expect(compare.getByRole('heading', { name: /: Demo model/ })).toBeVisible();
  await expect(compare.getByRole('article', { name: 'Reply B' })).toContainText('mitral valve');
  await expect(page.getByRole('status', { name: 'Model status' })).toContainText(host);
  await server.stop();
});
