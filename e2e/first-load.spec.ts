import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

/** The peers' pages take 562 kB to 2.3 MB; an empty React page 68 kB. */
const BUDGET_KB = 150;

test(`the first load takes at most ${BUDGET_KB} kB of JavaScript, and no engine`, async ({ page }) => {
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
  await expect(page.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
  await Promise.all(pending);
  const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
  expect(scripts.length).toBeGreaterThan(0);
  expect(total, scripts.map(({ url, bytes }) => `${bytes} ${url}`).join('\n')).toBeLessThanOrEqual(BUDGET_KB);
});
