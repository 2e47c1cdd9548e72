/** What the Models screen says: failures by name, licences, a broken config.json; and that all can read it. */
import { copyFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { expect, test } from '@playwright/test';
import { DEMO_Q4_0 } from './support/model-fixtures.ts';
import { button, card, openModels, startHub } from './support/model-hub.ts';

test('says what went wrong on the network, each by its name', async ({ page }) => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    'The server refused access': (response) => response.writeHead(403).end(),
    'The file is not there': (response) => response.writeHead(404).end(),
    'A web page came instead of the file': (response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>'),
    'This server cannot send parts of a file': (response) =>
      response.writeHead(200, { 'content-length': 4 }).end('GGUF'),
  };
  let answer: (response: ServerResponse) => void = () => undefined;
  const hub = await startHub({
    fault: (_, response, path) => {
      if (!path.endsWith('.gguf')) return false;
      answer(response);
      return true;
    },
  });
  await openModels(page, hub);
  const model = card(page, 'Small model');
  for (const [title, act] of Object.entries(answers)) {
    answer = act;
    await button(model, 'Convert').or(button(model, 'Resume')).click();
    await expect(model.getByRole('alert')).toContainText(title, { timeout: 30_000 });
  }
  await hub.close();
});

test('says how much room a model needs and how much there is, before it writes anything', async ({
  page,
}) => {
  // The Demo model with so much behind it that no browser has room; holes take no space on disk.
  const huge = test.info().outputPath('huge.gguf');
  mkdirSync(dirname(huge), { recursive: true });
  copyFileSync(DEMO_Q4_0, huge);
  truncateSync(huge, 2_000_000_000_000);
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Small model');
  await model.locator('summary').click();
  await model.getByRole('radio', { name: 'as it is' }).check();
  const chooser = page.waitForEvent('filechooser');
  await button(model, 'Import file').click();
  await (await chooser).setFiles(huge);
  await expect(model.getByRole('alert')).toContainText(/needs 2 TB, and [\d.]+ GB is free here/, {
    timeout: 30_000,
  });
  rmSync(huge);
  await hub.close();
});

test('asks for the licence of Meditron-7B before the first byte', async ({ page }) => {
  const hub = await startHub();
  await openModels(page, hub);
  const model = card(page, 'Meditron-7B');
  await button(model, 'Convert').click();
  const dialog = page.getByRole('dialog', { name: 'Licence of Meditron-7B' });
  await expect(dialog).toContainText('Acceptable Use Policy');
  await dialog.getByRole('button', { name: 'Not now' }).click();
  await expect(dialog).toBeHidden();
  await expect(model.getByRole('progressbar')).toHaveCount(0);
  await expect(card(page, 'Meditron-70B')).toContainText('At 4 bits its weights alone take about 37 GB');
  await hub.close();
});

test('shows a readable error for a broken config.json, and the built-in models', async ({ page }) => {
  const hub = await startHub({ config: '{"schema": 1, "modles": []}' });
  await openModels(page, hub);
  await expect(page.getByRole('alert')).toContainText('modles');
  await expect(card(page, 'Demo model')).toBeVisible();
  await expect(card(page, 'Meditron-7B')).toBeVisible();
  await hub.close();
});
