/**
 * `npm run bundle` as a hospital would use it: one folder on a plain static server without headers, in a sub-path, with every
 * other host out of reach.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { convertedPackage, DEMO_Q4_0 } from './support/model-fixtures.ts';
import { startStaticServer } from './support/static-server.ts';

test.use({ serviceWorkers: 'allow' });
test.describe.configure({ timeout: 300_000 });

test('the app finds the bundled model beside itself, checks it, and asks no other host', async ({
  page,
  context,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const packageFolder = join(folder, 'package');
  const out = join(folder, 'out');
  mkdirSync(packageFolder);
  for (const [name, bytes] of await convertedPackage(DEMO_Q4_0, 'q4f16_1'))
    writeFileSync(join(packageFolder, name), bytes);
  // The smallest module there is: nothing here runs it.
  writeFileSync(join(packageFolder, 'library.wasm'), new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  writeFileSync(join(packageFolder, 'LICENSE.txt'), 'The terms.');
  execFileSync(
    process.execPath,
    [
      '--import',
      'tsx',
      'src/cli/bundle/bundle.ts',
      '--with',
      packageFolder,
      '--to',
      out,
      '--model',
      'meditron-7b',
    ],
    { stdio: 'pipe', env: { ...process.env, BUNDLE_DIST: resolve(process.env.E2E_DIST ?? 'dist') } },
  );
  const weights = join(out, 'models/meditron-7b-q4f16_1');
  expect(readFileSync(join(weights, 'Notice'), 'utf8')).toContain('LLAMA 2 Community License');
  expect(readFileSync(join(weights, 'LICENSE.txt'), 'utf8')).toBe('The terms.');
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: out });

  const server = await startStaticServer({ root: out, prefix: '/wards/study/', headers: {} });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= server.close());
  const origin = new URL(server.url).origin;
  const foreign: string[] = [];
  await context.route(
    (url) => url.origin !== origin,
    (route) => {
      foreign.push(route.request().url());
      return route.abort();
    },
  );
  try {
    await page.goto(`${server.url}#/models`);
    await acceptNotice(page);
    // In a folder: pages in the others could read what is typed here, and that is said, once.
    const shared = page.getByRole('alert', { name: 'Shared address' });
    await expect(shared).toContainText(`The app lies in a folder of ${new URL(server.url).host}`);
    await shared.getByRole('button', { name: 'Dismiss' }).click();
    await expect(shared).toBeHidden();
    const card = page.getByRole('article', { name: 'Meditron-7B', exact: true });
    await expect(card).toContainText('MLC package of this site');
    await card.getByRole('button', { name: 'Download', exact: true }).click();
    await expect(page.getByRole('link', { name: 'Read the licence' })).toHaveAttribute(
      'href',
      'models/meditron-7b-q4f16_1/LICENSE.txt',
    );
    await page.getByRole('button', { name: 'Accept the licence' }).click();
    await expect(card).toContainText('On this machine', { timeout: 60_000 });

    await page.getByRole('link', { name: 'Chat', exact: true }).first().click();
    await waitForModel(page);
    const reply = await ask(page, 'What is this app?');
    await expect(reply).toContainText(/\w{3}/);
    expect(foreign).toEqual([]);
    expect(server.requests.map(({ path }) => path)).toContain('/wards/study/models/library/library.wasm');

    // Out of reach of the host, it is still the model of this site, with the library of this site.
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await stop();
    await page.goto(`${server.url}#/models`);
    await page.reload();
    await expect(card).toContainText('MLC package of this site');
    await expect(card).not.toContainText('Q4_K_M');
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
