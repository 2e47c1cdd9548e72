import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, withoutModel } from './support/app.ts';

const device = (page: Page) => page.getByRole('region', { name: 'This device' });

async function openDevice(page: Page): Promise<void> {
  await withoutModel(page);
  await page.goto('./#/models');
  await acceptNotice(page);
  await expect(device(page)).toHaveAttribute('aria-busy', 'false');
}

/** A page with a WebGPU that answers as told, before any of the app's code runs. */
async function pretendGpu(page: Page, adapter: { features: string[]; workgroupStorage: number } | null) {
  await page.addInitScript((given) => {
    const answer = given && {
      info: { vendor: 'acme', architecture: 'test', device: '', description: '' },
      features: new Set(given.features),
      limits: {
        maxBufferSize: 2 ** 32,
        maxStorageBufferBindingSize: 2 ** 31,
        maxComputeWorkgroupStorageSize: given.workgroupStorage,
        maxStorageBuffersPerShaderStage: 10,
        maxComputeInvocationsPerWorkgroup: 1024,
      },
      requestDevice: () => Promise.reject(new Error('a pretended adapter has no device')),
    };
    Object.defineProperty(Navigator.prototype, 'gpu', {
      get: () => ({ requestAdapter: () => Promise.resolve(answer) }),
    });
  }, adapter);
}

test('without an adapter it says that the CPU runs what, and what to change', async ({ page }) => {
  await pretendGpu(page, null);
  await openDevice(page);
  await expect(device(page)).toContainText('on the CPU');
  const demo = device(page).getByRole('listitem').filter({ hasText: 'Demo model' });
  await expect(demo).toContainText('Runs on the CPU');
  await expect(demo).toContainText('found no graphics adapter');
  const meditron = device(page).getByRole('listitem').filter({ hasText: 'Meditron-7B' });
  await expect(meditron).toContainText('Runs on the CPU');
  await expect(device(page).getByRole('heading', { name: 'What to change' })).toBeVisible();
  await expect(device(page)).toContainText('chrome://gpu');
  await expect(device(page).getByText('reading speed', { exact: true })).toBeVisible();
});

test('without WebGPU at all it says so', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined });
  });
  await openDevice(page);
  await expect(device(page)).toContainText('This browser has no WebGPU.');
});

test('what this browser really answers is listed', async ({ page }) => {
  await openDevice(page);
  await device(page).getByText('What was found').click();
  const value = (name: string) =>
    device(page).getByText(name, { exact: true }).locator('xpath=following-sibling::dd');
  await expect(value('WebAssembly SIMD')).toHaveText('yes');
  await expect(value('Page is cross-origin isolated')).toHaveText(
    (await page.evaluate(() => crossOriginIsolated)) ? 'yes' : 'no',
  );
  await expect(value('Logical cores')).toHaveText(
    String(await page.evaluate(() => navigator.hardwareConcurrency)),
  );
  const adapter = await page.evaluate(async () => {
    const { gpu } = navigator as { readonly gpu?: GPU };
    return (await gpu?.requestAdapter())?.features.has('shader-f16');
  });
  if (adapter !== undefined) await expect(value('shader-f16')).toHaveText(adapter ? 'yes' : 'no');
});

test('Meditron-7B runs in 16-bit, 32-bit or not on MLC, by what the adapter has', async ({
  page,
  context,
}) => {
  const headline = async (adapter: { features: string[]; workgroupStorage: number }) => {
    const tab = await context.newPage();
    await pretendGpu(tab, adapter);
    await openDevice(tab);
    const text = await device(tab).getByRole('listitem').filter({ hasText: 'Meditron-7B' }).innerText();
    await tab.close();
    return text;
  };
  expect(await headline({ features: ['shader-f16'], workgroupStorage: 32768 })).toContain(
    'GPU in 16-bit floats',
  );
  expect(await headline({ features: [], workgroupStorage: 32768 })).toContain('GPU in 32-bit floats');
  expect(await headline({ features: [], workgroupStorage: 16384 })).toContain(
    'maxComputeWorkgroupStorageSize',
  );
  await page.close();
});

test('a GPU whose memory can’t be measured gets no invented speed', async ({ page }) => {
  await pretendGpu(page, { features: ['shader-f16'], workgroupStorage: 32768 });
  await openDevice(page);
  await expect(device(page)).toContainText('could not be measured');
  await expect(device(page)).not.toContainText('at most');
});

test('the graphics memory is not touched before somebody looks', async ({ page }) => {
  await page.addInitScript(() => {
    const counts = { devices: 0 };
    Object.assign(window, { counts });
    const adapter = {
      info: { vendor: 'acme', architecture: '', device: '', description: '' },
      features: new Set<string>(),
      limits: {},
      requestDevice: () => {
        counts.devices += 1;
        return Promise.reject(new Error('counted'));
      },
    };
    Object.defineProperty(Navigator.prototype, 'gpu', {
      get: () => ({ requestAdapter: () => Promise.resolve(adapter) }),
    });
  });
  const devices = () =>
    page.evaluate(() => (window as unknown as { counts: { devices: number } }).counts.devices);
  await page.goto('./#/about');
  await acceptNotice(page);
  await expect(page.getByRole('main')).toBeVisible();
  expect(await devices()).toBe(0);
  await page.goto('./#/models');
  await expect(device(page)).toContainText('could not be measured');
  expect(await devices()).toBeGreaterThan(0);
});
