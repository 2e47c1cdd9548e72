import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** The peers' pages take 562 kB to 2.3 MB; an empty React page 68 kB. */
const BUDGET_KB = 150;

test(`the first load and the shell behind it take at most ${BUDGET_KB} kB of JavaScript, and no engine`, async ({
  page,
}) => {
  const scripts: { url: string; bytes: number }[] = [];
  const pending: Promise<void>[] = [];
  page.on('response', (response) => {
    if (!/\.js(\?|$)/.test(response.url())) return;
    pending.push(
      response.body().then((body) => {
        scripts.push({ url: response.url(), bytes: gzipSync(body).length });
      }),
    );
  });
  await page.goto('/', { waitUntil: 'networkidle' });
  const notice = page.getByRole('dialog', { name: 'Advisory notice' });
  await expect(notice).toBeVisible();
  // Whoever stirs fetches the shell; the notice still stands.
  await page.mouse.move(5, 5);
  const announced = page.locator('link[rel=modulepreload]');
  await expect
    .poll(async () => {
      const urls = await announced.evaluateAll((links) =>
        links.map((link) => (link as HTMLLinkElement).href),
      );
      const isShell = (url: string): boolean => url.includes('/shell-');
      return urls.some(isShell) && urls.every((each) => scripts.some(({ url }) => url === each));
    })
    .toBe(true);
  await Promise.all(pending);
  await expect(notice).toBeVisible();
  const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
  expect(total, scripts.map(({ url, bytes }) => `${bytes} ${url}`).join('\n')).toBeLessThanOrEqual(BUDGET_KB);
});
