import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { startStaticServer } from './support/static-server.ts';

test.use({ serviceWorkers: 'allow' });
const DIST = resolve(process.env.E2E_DIST ?? 'dist');

/** Everything is on this machine once the worker is active; a first visit is enough. */
async function waitUntilOffline(page: Page): Promise<void> {
  // Where the host sends no headers the page reloads once, under a worker that adds them: this waits through it.
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null && crossOriginIsolated);
}

/**
 * Puts build N+1 into a server's folder: another page, so another precache list. Its mark stays; a title is the app's to change
 * once it has come.
 */
function publishNext(folder: string, alter = (worker: string): string => worker): void {
  const next = '<meta name="build" content="N+1" />';
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  writeFileSync(join(folder, 'index.html'), index.replace('<title>', `${next}<title>`));
  const worker = readFileSync(join(folder, 'service-worker.js'), 'utf8');
  // Workbox keeps `{url, revision}` pairs; a new revision makes it fetch the page again.
  const renewed = worker.replace(
    /("?url"?:\s*[`"']index\.html[`"'],\s*"?revision"?:\s*[`"'])[0-9a-f]{32}|("?revision"?:\s*[`"'])[0-9a-f]{32}(?=[`"'],\s*"?url"?:\s*[`"']index\.html)/,
    (_whole, one?: string, two?: string) => `${one ?? two ?? ''}${'0'.repeat(32)}`,
  );
  expect(renewed).not.toBe(worker);
  writeFileSync(join(folder, 'service-worker.js'), alter(renewed));
}

test('one visit to a host that sends no headers is enough: offline, from a sub-path, with threads', async ({
  page,
}) => {
  const server = await startStaticServer({ root: DIST, prefix: '/some/where/', headers: {} });
  await page.goto(server.url);
  await waitUntilOffline(page);
  await server.close();

  await page.goto(`${server.url}#/about`);
  await acceptNotice(page);
  await expect(page.getByRole('main')).toContainText(/Meditron/);
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await waitForModel(page);
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
  const reply = await ask(page, 'What is this app?');
  await expect(reply).toContainText(/Meditron|app/i);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'HTML', exact: true }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toContain('While Meditron is designed');
  // What belongs to the app is here as well.
  const kept = ['LICENSE.txt', 'THIRD_PARTY.md', 'sbom.cdx.json'];
  expect(
    await page.evaluate(
      (names) => Promise.all(names.map(async (name) => (await fetch(`./${name}`)).ok)),
      kept,
    ),
  ).toEqual([true, true, true]);
  const address = page.url();
  await page.reload();
  await expect(page).toHaveURL(address);
  await expect(page.getByRole('article', { name: 'You' })).toContainText('What is this app?');
});

test('the offline copy is read by byte ranges, and other pages of the host stay theirs', async ({ page }) => {
  const notes = mkdtempSync(join(tmpdir(), 'notes-'));
  writeFileSync(join(notes, 'index.html'), '<!doctype html><title>Ward notes</title>');
  const server = await startStaticServer({ root: DIST, mounts: { '/notes/': notes }, headers: {} });
  await page.goto(server.url);
  await waitUntilOffline(page);
  await page.goto(`${server.url}notes/`);
  await expect(page).toHaveTitle('Ward notes');
  await server.close();
  rmSync(notes, { recursive: true });

  await page.goto(`${server.url}#/models`);
  await acceptNotice(page);
  const card = page.getByRole('article', { name: 'Demo model', exact: true });
  await card.getByText('Other forms of it').click();
  await card.getByRole('button', { name: 'Convert', exact: true }).click();
  await expect(card.getByRole('button', { name: 'Verify', exact: true })).toBeVisible({ timeout: 60_000 });
});

test('an update is offered, not forced, and leaves chats and model caches alone', async ({
  page,
  context,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'update-'));
  cpSync(DIST, folder, { recursive: true });
  const server = await startStaticServer({ root: folder });
  try {
    await page.goto(server.url);
    await waitUntilOffline(page);
    await acceptNotice(page);
    await waitForModel(page);
    await ask(page, 'What is this app?');
    await page.evaluate(async () => {
      const cache = await caches.open('webllm/model');
      await cache.put(
        'https://example.invalid/models/x/resolve/main/params_shard_0.bin',
        new Response('weights'),
      );
    });

    const second = await context.newPage();
    await second.goto(server.url);
    await acceptNotice(second);
    // At rest: what a tab asks for keeps the older worker at work, and Chromium lets it work for up to five minutes. The test below
    // is of that.
    await waitForModel(second);

    publishNext(folder);
    const marks = (tab: Page) => tab.locator('meta[name="build"][content="N+1"]');
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.ready).update();
    });
    const offer = page.getByRole('status', { name: 'App update' });
    await expect(offer).toBeVisible({ timeout: 30_000 });
    // Offered only: the page still is build N.
    await expect(marks(page)).toHaveCount(0);
    await Promise.all([
      page.waitForEvent('load', { timeout: 60_000 }),
      offer.getByRole('button', { name: 'Update' }).click(),
    ]);
    await expect(marks(page)).toHaveCount(1);
    await expect(page.getByRole('article', { name: 'You' })).toContainText('What is this app?');
    // Nobody reloaded the other tab, and its offer still brings it there.
    await expect(marks(second)).toHaveCount(0);
    const otherOffer = second.getByRole('status', { name: 'App update' });
    await Promise.all([
      second.waitForEvent('load', { timeout: 60_000 }),
      otherOffer.getByRole('button', { name: 'Update' }).click(),
    ]);
    await expect(marks(second)).toHaveCount(1);
    await expect(second.getByRole('status', { name: 'App update' })).toBeHidden();
    expect(await page.evaluate(() => caches.has('webllm/model'))).toBe(true);
    const left = await page.evaluate(async () => (await (await caches.open('webllm/model')).keys()).length);
    expect(left).toBe(1);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('an update that does not come about is told, and the page works on until it does', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'update-'));
  cpSync(DIST, folder, { recursive: true });
  const server = await startStaticServer({ root: folder });
  try {
    await page.goto(server.url);
    await waitUntilOffline(page);
    await acceptNotice(page);
    // A worker that is deaf to being called stands for one that has to wait for the older.
    publishNext(folder, (worker) => worker.replaceAll('SKIP_WAITING', 'DEAF_TO_IT'));
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.ready).update();
    });
    const offer = page.getByRole('status', { name: 'App update' });
    await offer.getByRole('button', { name: 'Update' }).click();
    await expect(offer.getByRole('button')).toBeDisabled();
    await expect(offer).toContainText('the older one is still at work', { timeout: 60_000 });
    await page.getByRole('link', { name: 'Models', exact: true }).click();
    await expect(page.getByRole('article', { name: 'Demo model', exact: true })).toBeVisible();
    // It takes over at last: still no reload by itself, and another press brings it.
    await page.evaluate(async () => {
      const { waiting } = await navigator.serviceWorker.ready;
      waiting?.postMessage({ type: 'DEAF_TO_IT' });
    });
    await expect(offer).toContainText('A new version of the app is ready.');
    const mark = page.locator('meta[name="build"]');
    await expect(mark).toHaveCount(0);
    await offer.getByRole('button', { name: 'Update' }).click();
    await expect(mark).toHaveCount(1);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
