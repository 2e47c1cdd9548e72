/** Who is asked for what, and the switch that ends it: seen from a proxy, which no code of the page can talk its way past. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice } from './support/app.ts';
import { startAppWithFarModel } from './support/far-model.ts';

/** Chromium asks these for itself (forms it could fill in); the page's policy would not let the app reach them. */
const BROWSERS_OWN = /\.(googleapis|google|gstatic)\.com:/;

/** Answers nothing, but knows whom the browser wanted to reach. */
async function startProxy(): Promise<{ server: string; asked: string[]; close: () => void }> {
  const asked: string[] = [];
  const note = (target = ''): void => {
    if (!BROWSERS_OWN.test(target)) asked.push(target);
  };
  const proxy = createServer((request, response) => {
    note(request.url);
    response.writeHead(502).end();
  });
  proxy.on('connect', (request, socket) => {
    note(request.url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  const { port } = proxy.address() as AddressInfo;
  return { server: `http://127.0.0.1:${String(port)}`, asked, close: () => proxy.close() };
}

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: screen, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: screen })).toBeVisible();
}

declare global {
  interface Window {
    rawFetch: typeof fetch;
  }
}

test('every host is named with its reason, and Offline only stops them all', async ({ browser }) => {
  const proxy = await startProxy();
  const app = await startAppWithFarModel();
  const context = await browser.newContext({
    serviceWorkers: 'allow',
    proxy: { server: proxy.server, bypass: 'localhost' },
  });
  // What code outside every gate of the app would use.
  await context.addInitScript(() => {
    window.rawFetch = window.fetch.bind(window);
  });
  const page = await context.newPage();
  await page.goto(`${app.url}#/settings`);
  await acceptNotice(page);
  const requests = page.getByRole('table', { name: 'Requests made' });
  await expect(page.getByText('no host but this site’s own was contacted')).toBeVisible();
  await expect(requests.getByRole('row', { name: /The app itself/ })).toBeVisible();

  // A request that says no reason is refused, whoever makes it; ways the app never takes are gone.
  const stray = await page.evaluate(() =>
    fetch('https://huggingface.co/stray').then(
      () => 'made',
      (thrown: unknown) => (thrown as { code?: string }).code,
    ),
  );
  expect(stray).toBe('network/unexplained');
  await expect(requests.getByRole('row', { name: /No reason given.*1 refused/ })).toBeVisible();
  expect(
    await page.evaluate(() =>
      ['WebSocket', 'EventSource', 'RTCPeerConnection'].filter((name) => name in window),
    ),
  ).toEqual([]);
  expect(proxy.asked).toEqual([]);

  // What a person asks for is asked for, from the acquisition worker, and named here.
  await go(page, 'Models');
  const card = page.getByRole('article', { name: 'Far model', exact: true });
  await card.getByRole('button', { name: 'Download', exact: true }).click();
  await expect.poll(() => proxy.asked).toContain('huggingface.co:443');
  await go(page, 'Settings');
  await expect(
    requests.getByRole('row', { name: /huggingface\.co.*Weights of a model you asked for/ }),
  ).toBeVisible();
  await expect(page.getByText('1 other host was contacted')).toBeVisible();

  // The switch ends it, in the worker, and says so.
  const offlineOnly = page.getByRole('checkbox', { name: 'Offline only' });
  // Checked only once it is stored.
  await offlineOnly.click();
  await expect(offlineOnly).toBeChecked();
  await expect.poll(() => page.evaluate(() => caches.has('meditron-offline-only'))).toBe(true);
  await go(page, 'Models');
  await expect(card.getByRole('alert').or(card.getByText('Paused at')).first()).toBeVisible({
    timeout: 60_000,
  });
  const before = proxy.asked.length;
  await card.getByRole('button', { name: 'Resume', exact: true }).click();
  await expect(card.getByRole('alert')).toContainText('“Offline only” is on', { timeout: 30_000 });

  // It outlives a reload, and the service worker holds it for code that passes no gate of the app.
  await page.reload();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null), { timeout: 60_000 })
    .toBe(true);
  const reach = (): Promise<string> =>
    page.evaluate(() =>
      window.rawFetch('https://huggingface.co/raw', { mode: 'no-cors' }).then(
        () => 'reached',
        () => 'refused',
      ),
    );
  expect(await reach()).toBe('refused');
  expect(proxy.asked).toHaveLength(before);

  // The alert leads to the switch; off again, requests are made again: it was the switch.
  await card.getByRole('button', { name: 'Resume', exact: true }).click();
  await card.getByRole('alert').getByRole('link', { name: 'Open the switch' }).click();
  await expect(offlineOnly).toBeChecked();
  await offlineOnly.click();
  await expect(offlineOnly).not.toBeChecked();
  await expect.poll(() => page.evaluate(() => caches.has('meditron-offline-only'))).toBe(false);
  await expect
    .poll(async () => {
      await reach();
      return proxy.asked.length;
    })
    .toBeGreaterThan(before);

  await context.close();
  await app.close();
  proxy.close();
});
