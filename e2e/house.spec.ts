/** What surrounds the chat: storage and its loss, what the system hands over, installing, faults, Settings and About. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { startAppWithFarModel } from './support/far-model.ts';
import { DEMO_Q4_0 } from './support/model-fixtures.ts';

test('storage: no room leads to the view that says what takes it; a model the browser cleared is told, chats stay', async ({
  page,
  context,
}) => {
  const app = await startAppWithFarModel();
  const origin = new URL(app.url).origin;
  await page.goto(app.url);
  await acceptNotice(page);
  await waitForModel(page);
  await ask(page, 'What is this app?');

  // A disk with no room: the refusal is named, and leads to where room can be made. (Chromium's estimate tells every page of the
  // same 10 GB whatever is left, so that it is the write that finds out.)
  const devtools = await context.newCDPSession(page);
  const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: used + 1_500_000 });
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  const card = page.getByRole('article', { name: 'Far model', exact: true });
  const importDemo = async (): Promise<void> => {
    const chooser = page.waitForEvent('filechooser');
    await card.getByRole('button', { name: 'Import file', exact: true }).click();
    await (await chooser).setFiles(DEMO_Q4_0);
  };
  await importDemo();
  await expect(card.getByRole('alert')).toContainText('The browser’s storage is full', { timeout: 30_000 });
  await card.getByRole('alert').getByRole('link', { name: 'See what takes space' }).click();
  const use = page.getByRole('table', { name: 'What uses how much' });
  await expect(use.getByRole('row', { name: /^Chats 1 chat, 2 messages/ })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Storage' })).toBeInViewport();

  // With room it is taken in, and the view says so.
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await importDemo();
  await expect(card).toContainText('On this machine', { timeout: 60_000 });
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Models on this machine' })).toContainText('Far model');
  await expect(use.getByRole('row', { name: /^Models/ })).toContainText('2.59 MB');

  // Asked for, a headless browser refuses to promise anything, or promises: either way it is said.
  await page.getByRole('button', { name: 'Ask the browser to keep it' }).click();
  await expect(page.getByText(/^(Yes: the browser promised|The browser refused)/)).toBeVisible();

  // Chats saved first, the file comes.
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save all chats to a file' }).click();
  expect((await download).suggestedFilename()).toMatch(/\.json$/);

  // The browser takes the model's file away. At the next start that is said, and no screen says the model is here.
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry('models', { recursive: true });
  });
  await page.reload();
  const loss = page.getByRole('alert', { name: 'Cleared by the browser' });
  await expect(loss).toContainText('The browser cleared Far model from this machine', { timeout: 60_000 });
  await expect(loss).toContainText('Your chat is still here');
  await loss.getByRole('link', { name: 'Get the model again' }).click();
  await expect(card.getByRole('button', { name: 'Verify', exact: true })).toBeVisible();
  await expect(card).not.toContainText('On this machine');

  // Deleted at once, everything is gone from the list.
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Delete all chats…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete all chats?' });
  await dialog.getByRole('button', { name: 'Delete all chats' }).click();
  await expect(use.getByRole('row', { name: /^Chats 0 chats/ })).toBeVisible();
  await app.close();
});

test('files the system opens: a transcript is imported, weights wait for a person; installing is offered once, quietly', async ({
  page,
}) => {
  // Headless Chromium can't be launched with a file or offer to install: what it would call is called here.
  await page.addInitScript(() => {
    let consumer: ((params: unknown) => void) | null = null;
    Object.defineProperty(window, 'launchQueue', {
      value: {
        setConsumer: (given: (params: unknown) => void) => {
          consumer = given;
        },
      },
    });
    Object.assign(window, {
      launchWith: (name: string, text: string) => {
        consumer?.({ files: [{ getFile: () => Promise.resolve(new File([text], name)) }] });
        return consumer !== null;
      },
      offerInstall: () => {
        const event = new Event('beforeinstallprompt', { cancelable: true });
        Object.assign(event, { prompt: () => Promise.resolve({ outcome: 'dismissed' }) });
        window.dispatchEvent(event);
        return event.defaultPrevented;
      },
    });
  });
  const call = (name: string, ...given: string[]): Promise<boolean> =>
    page.evaluate(
      ([name, given]) =>
        (window as unknown as Record<string, (...given: string[]) => boolean>)[name]?.(...given) ?? false,
      [name, given] as const,
    );
  await page.goto('/');
  await acceptNotice(page);
  const chat = JSON.stringify([
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Good day' },
  ]);
  await expect.poll(() => call('launchWith', 'chat.json', `{"messages":${chat}}`)).toBe(true);
  const dialog = page.getByRole('dialog', { name: 'Import' });
  await expect(dialog).toContainText('1 chat came in');
  await dialog.getByRole('button', { name: 'Done' }).click();

  await call('launchWith', 'meditron-7b.Q4_0.gguf', 'GGUF');
  await expect(page.getByRole('heading', { level: 1, name: 'Models' })).toBeVisible();
  await expect(page.getByText('was opened with this app')).toBeVisible();
  await expect(
    page
      .getByRole('article', { name: 'Meditron-7B', exact: true })
      .getByRole('button', { name: /^Import meditron-7b/ }),
  ).toBeEnabled();
  await page.getByRole('button', { name: 'Leave it' }).click();
  await expect(page.getByText('was opened with this app')).toBeHidden();

  // Nothing is offered before a reply is finished; declined, it is not offered again, but Settings has it.
  expect(await call('offerInstall')).toBe(true);
  const offer = page.getByRole('status', { name: 'Install' });
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await waitForModel(page);
  await expect(offer).toBeHidden();
  await ask(page, 'What is this app?');
  await expect(offer).toBeVisible();
  await offer.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toBeHidden();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await page.getByRole('button', { name: 'Install the app' }).click();
  await expect(page.getByText('The browser offers no installation now')).toBeVisible();
});

test('a screen that stops keeps what was typed; a fault nobody caught is said without what was typed', async ({
  page,
}) => {
  await page.route(/chat-settings-.*\.js$/, (route) => route.abort());
  await page.goto('/');
  await acceptNotice(page);
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.fill('My own question');
  await page.getByRole('button', { name: 'Prompt and sampling' }).click();
  await expect(page.getByRole('alert')).toContainText('A part of the app could not be loaded');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(box).toHaveValue('My own question');

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await expect
    .poll(async () => {
      await page.evaluate(() => void Promise.reject(new SyntaxError('cannot read "My own question"')));
      return page.getByRole('alert').count();
    })
    .toBe(1);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Something unexpected went wrong');
  await alert.getByRole('button', { name: 'Copy details' }).click();
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(JSON.parse(report)).toMatchObject({ code: 'unknown', message: 'cannot read "…"' });
  await expect(box).toHaveValue('My own question');
});

test('About: both kinds of figures, as picture and table; the citation is copied', async ({ page }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/#/about');
  await acceptNotice(page);
  const chart = page.getByRole('img', { name: /Accuracy on five medical benchmarks/ });
  await expect(chart).toHaveAccessibleDescription(/MedQA: raw 28\.7, fine-tuned 47\.9/);
  await expect(page.getByRole('row', { name: /^MedQA US/ })).toContainText(/1,273\s*28\.7\s*47\.9/);
  await expect(page.getByRole('row', { name: 'Nutrition' })).toContainText('31.1');
  await page.getByText('The Apache License 2.0 in full').click();
  await expect(page.getByRole('region', { name: 'Apache License 2.0' })).toContainText(
    'Grant of Patent License',
  );
  await page.getByRole('button', { name: 'Copy citation' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^@misc\{chen2023meditron70b/);
});

test('Settings hold over a reload and go back; a section has an address', async ({ page }) => {
  await page.goto('/#/settings/network');
  await acceptNotice(page);
  await expect(page.getByRole('heading', { name: 'Network' })).toBeInViewport();
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.getByRole('textbox', { name: 'Temperature' }).fill('0.2');
  await page.getByRole('textbox', { name: 'Temperature' }).blur();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('textbox', { name: 'Temperature' })).toHaveValue('0.2');
  await page.getByRole('button', { name: 'Reset look and keys' }).click();
  await page.getByRole('button', { name: 'Reset to the model’s own' }).click();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme', 'dark');
  await expect(page.getByRole('textbox', { name: 'Temperature' })).not.toHaveValue('0.2');
});

test('the manifest names what the app takes, and nothing it does not', () => {
  const manifest = JSON.parse(readFileSync('public/manifest.webmanifest', 'utf8')) as {
    share_target: { method: string; params: object };
    file_handlers: { action: string; accept: Record<string, string[]> }[];
    shortcuts: { url: string }[];
    screenshots: { src: string; sizes: string; form_factor: string }[];
  };
  // A GET would write what is shared into the host's log.
  expect(manifest.share_target.method).toBe('POST');
  expect(Object.keys(manifest.share_target.params)).toEqual(['title', 'text', 'url']);
  expect(manifest.file_handlers.flatMap(({ accept }) => Object.values(accept).flat())).toEqual([
    '.json',
    '.jsonl',
    '.md',
    '.html',
    '.gguf',
  ]);
  expect(manifest.shortcuts.map(({ url }) => url)).toEqual(['./#/', './#/models']);
  expect(new Set(manifest.screenshots.map(({ form_factor }) => form_factor))).toEqual(
    new Set(['wide', 'narrow']),
  );
  for (const { src, sizes } of manifest.screenshots) {
    // Width and height stand in a PNG's first chunk.
    const png = readFileSync(join('public', src));
    expect(`${String(png.readUInt32BE(16))}x${String(png.readUInt32BE(20))}`, src).toBe(sizes);
  }
});
