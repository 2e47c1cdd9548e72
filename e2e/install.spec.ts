import { expect, test } from '@playwright/test';
import { z } from 'zod';

test.use({ serviceWorkers: 'allow' });

test('Chrome finds nothing that keeps the app from being installed', async ({ page, context }) => {
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
