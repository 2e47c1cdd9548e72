/**
 * The MLC engine in a real Chromium with the real web-llm package. No compiled model library can be part of this repository,
 * so this goes as far as web-llm goes without one; `engine-mlc-stand-in.spec.ts` goes on with a stand-in, and `mlc.spec.ts`
 * runs the whole chat where `MLC_MODEL_LIB` names a library.
 */
import { expect, test, type Page } from '@playwright/test';
import type { MlcModel } from '../src/engine/mlc/model.ts';
import type { MlcOutcome } from './harness/mlc.ts';
import { buildEngineHarness, serveEngineHarness } from './support/engine-harness.ts';
import type { StaticServer } from './support/static-server.ts';

let server: StaticServer;

// One build and one server for the file.
test.describe.configure({ mode: 'default' });

test.beforeAll(async () => {
  test.setTimeout(180_000);
  server = await serveEngineHarness(await buildEngineHarness());
});
test.afterAll(() => server.close());

async function open(page: Page): Promise<void> {
  await page.goto(`${server.url}mlc.html`);
  await page.waitForFunction(() => 'mlc' in window);
}

function failure<T>(outcome: MlcOutcome<T>): { code: string; details: Record<string, unknown> } {
  if (!('error' in outcome)) throw new Error('It did not fail');
  return { code: outcome.error.code, details: outcome.error.details };
}

const load = (page: Page, model: Partial<MlcModel> = {}) =>
  page.evaluate((given) => window.mlc.load(given), model);

test.describe('on the CPU', () => {
  test('is refused by name before web-llm or a model is touched', async ({ page }) => {
    await open(page);
    expect(await page.evaluate(() => window.mlc.adapter())).toBeNull();
    expect(failure(await load(page)).code).toBe('engine/unsupported-adapter');
    expect(await page.evaluate(() => window.mlc.statuses())).toEqual(['loading', 'failed']);
    // The worker's own small script was fetched, the 6.8 MB of web-llm were not.
    expect(server.requests.some(({ path }) => path.includes('mlc.worker'))).toBe(true);
    expect(server.requests.filter(({ path }) => /assets\/lib-|web-llm/.test(path))).toEqual([]);
  });

  test('one tab holds the machine; another is told so, and takes over', async ({ page, context }) => {
    await open(page);
    const other = await context.newPage();
    await open(other);
    const claim = (tab: Page, name: string, takeOver: boolean) =>
      tab.evaluate((given) => window.mlc.claim(given.name, given.takeOver), { name, takeOver });
    expect(await claim(page, 'Meditron-7B', false)).toBe('claimed');
    expect(await claim(other, 'Second', false)).toBe('engine/in-use-elsewhere Meditron-7B');
    expect(await claim(other, 'Second', true)).toBe('claimed');
    await expect(page).toHaveTitle('let go');
    expect(await claim(page, 'Third', false)).toBe('engine/in-use-elsewhere Second');
    await other.close();
    await expect.poll(() => claim(page, 'Fourth', false)).toBe('claimed');
  });
});

test.describe('on a software adapter with shader-f16 @gpu', () => {
  test.beforeEach(async ({ page }) => {
    test.skip(process.env.SOFTWARE_GPU_SKIP !== undefined, process.env.SOFTWARE_GPU_SKIP);
    await open(page);
    // If the driver failed to load, Chromium falls back to one without it and says the same name.
    expect(await page.evaluate(() => window.mlc.adapter())).toContain('shader-f16');
  });

  test('names each thing that is missing, and never downloads it', async ({ page }) => {
    const before = server.requests.length;
    expect(failure(await load(page))).toMatchObject({
      code: 'engine/package-incomplete',
      details: { file: 'mlc-chat-config.json' },
    });
    await page.evaluate(() => window.mlc.store({}, 'none'));
    expect(failure(await load(page))).toMatchObject({
      code: 'engine/library-missing',
      details: { url: 'https://models.example/fixture.wasm' },
    });
    await page.evaluate(() => window.mlc.spoil({}, 'params_shard_2.bin', 100));
    expect(failure(await load(page))).toMatchObject({
      code: 'engine/shard-missing',
      details: { shard: 'params_shard_2.bin', foundBytes: 100, bad: 1 },
    });
    await page.evaluate(() => window.mlc.spoil({}, 'params_shard_2.bin', null));
    expect(failure(await load(page))).toMatchObject({
      code: 'engine/shard-missing',
      details: { shard: 'params_shard_2.bin', foundBytes: null },
    });
    const asked = server.requests.slice(before).map(({ path }) => path);
    expect(asked.filter((path) => !path.startsWith('/assets/'))).toEqual([]);
  });

  test('web-llm itself loads a package up to the library, and a module that is none is said to be one', async ({
    page,
  }) => {
    await page.evaluate(() => window.mlc.store({}, 'empty'));
    const { code, details } = failure(await load(page));
    expect(code).toBe('engine/library-unfit');
    // web-llm read the library from the cache and tried to run it: this is its runtime's error, not our check's.
    expect(details.name).toBe('TypeError');
    // A failure leaves the engine usable: the next load says the same.
    expect(failure(await load(page)).code).toBe('engine/library-unfit');
  });

  test('refuses a library that is not the one on record', async ({ page }) => {
    await page.evaluate(() => window.mlc.store({}, 'empty'));
    expect(failure(await load(page, { librarySha256: '0'.repeat(64) }))).toMatchObject({
      code: 'engine/hash-mismatch',
      details: { expected: '0'.repeat(64) },
    });
  });
});
