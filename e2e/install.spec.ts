import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { z } from 'zod';
import { startStaticServer } from './support/static-server.ts';

test.use({ serviceWorkers: 'allow' });

test('Chrome finds nothing that keeps the app from being installed @browser', async ({ page, context }) => {
  await page.goto('/');
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const session = await context.newCDPSession(page);
  const { installabilityErrors } = z
    .object({ installabilityErrors: z.array(z.object({ errorId: z.string() })) })
    .parse(await session.send('Page.getInstallabilityErrors'));
  // Playwright's pages live in what Chrome counts as a private window, and that is all there is to say against this one.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual(
    [],
  );
  const manifest = await session.send('Page.getAppManifest');
  expect(manifest.errors).toEqual([]);
  expect(manifest.data).toContain('Meditron');
});

test('two folders of one host hold two apps @browser', async ({ page, context }) => {
  const server = await startStaticServer({
    root: resolve(process.env.E2E_DIST ?? 'dist'),
    prefix: '/some/where/',
  });
  await page.goto(server.url);
  const session = await context.newCDPSession(page);
  expect((await session.send('Page.getAppId')).appId).toBe(server.url);
  await server.close();
});
