/**
 * The journey of `mlc.spec.ts` in the built app, with the stand-in for a compiled library (`harness/mini-tvm/`): the server puts
 * what instantiates it in front of the app's own engine worker. Everything else is the app as it is shipped.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { build } from 'vite';
import { writeMiniLibrary } from './harness/mini-tvm/mini-library.ts';
import {
  askAll,
  chooseSource,
  convert,
  loadGguf,
  loadPackage,
  openCard,
  openGreedy,
  QUESTIONS,
  saveReport,
} from './support/mlc-journey.ts';
import { startStaticServer, type StaticServer } from './support/static-server.ts';
import { askAsShown, promptPanel } from './support/workbench.ts';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = resolve(process.env.E2E_DIST ?? 'dist');
let server: StaticServer;

test.beforeAll(async () => {
  const outDir = resolve(ROOT, '.cache/mini-tvm');
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir,
      target: 'es2023',
      lib: {
        entry: resolve(ROOT, 'e2e/harness/mini-tvm/install.ts'),
        formats: ['es'],
        fileName: () => 'install.js',
      },
    },
  });
  server = await startStaticServer({
    root: DIST,
    mounts: { '/mini-tvm/': outDir },
    fault: (_, response, path) => {
      if (!/\/mlc\.worker-[^/]+\.js$/.test(path)) return false;
      const worker = readFileSync(resolve(DIST, path.slice(1)), 'utf8');
      response
        .writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
        .end(`import '/mini-tvm/install.js';\n${worker}`);
      return true;
    },
  });
});
test.afterAll(() => server.close());

/** Where the page put the package it converted. */
function packageBase(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const keys = await (await caches.open('webllm/model')).keys();
    return keys.find(({ url }) => url.endsWith('/tensor-cache.json'))?.url.replace(/[^/]+$/, '') ?? '';
  });
}

test('the Demo model, converted, says on web-llm what it says on llama.cpp @gpu', async ({ page }) => {
  test.skip(process.env.SOFTWARE_GPU_SKIP !== undefined, process.env.SOFTWARE_GPU_SKIP);
  test.setTimeout(600_000);
  await openGreedy(page, server.url);
  const card = await openCard(page, 'Demo model');
  await chooseSource(card, 'F16');
  await loadGguf(card);
  const onLlamaCpp = await askAll(page, QUESTIONS);
  await openCard(page, 'Demo model');
  await chooseSource(card, 'F16');
  await convert(page, card, null);
  const library = writeMiniLibrary({
    baseUrl: await packageBase(page),
    prefillChunk: 1024,
    canPop: true,
    popsWrong: false,
    memoryFor: 1_000_000,
    idle: false,
  });
  await loadPackage(card, 'Demo model', {
    name: 'stand-in.wasm',
    mimeType: 'application/wasm',
    buffer: Buffer.from(library),
  });
  const onWebLlm = await askAll(page, QUESTIONS);
  for (const reply of onWebLlm) expect(reply.length).toBeGreaterThan(20);
  expect(onWebLlm).toEqual(onLlamaCpp);

  const panel = promptPanel(page);
  await test.step('its tokens are kept, gone on from, and come again', async () => {
    await page.getByRole('button', { name: 'Prompt and sampling' }).click();
    // What follows looks at how replies are written, not at how they end.
    await panel.getByRole('textbox', { name: 'Longest reply, tokens' }).fill('12');
    await panel.getByRole('textbox', { name: 'Longest reply, tokens' }).blur();
    const keep = page.getByRole('checkbox', { name: 'Keep token probabilities' });
    await keep.click();
    await expect(keep).toBeChecked();
    const reply = page.getByRole('article', { name: 'Model' }).last();
    await reply.getByRole('button', { name: 'Regenerate' }).click();
    await reply.getByRole('button', { name: 'Tokens' }).click({ timeout: 60_000 });
    await reply.getByRole('toolbar', { name: 'Tokens of the reply' }).getByRole('button').nth(1).click();
    await expect(reply.getByRole('region', { name: 'Alternatives' }).getByRole('listitem')).toHaveCount(5);
    await reply
      .getByRole('button', { name: /^Branch with / })
      .first()
      .click();
    await expect(reply).toContainText('Version 3');
    await expect(reply).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
    await reply.getByRole('button', { name: 'Details' }).click();
    const replay = reply.getByRole('region', { name: 'Replay' });
    await replay.getByRole('button', { name: 'Replay' }).click();
    await expect(replay.getByText(/^The same: all \d+ tokens\.$/)).toBeVisible({ timeout: 60_000 });
    await expect(replay.getByRole('row', { name: /Adapter/ })).toContainText('GPU');
  });

  await test.step('what the panel shows is what is sent, token for token', async () => {
    await panel.getByRole('tab', { name: 'Prompt' }).click();
    await askAsShown(page, 'Is it free?', '### User: Is it free?\n### Assistant:');
  });

  await test.step('two settings side by side, and a sweep', async () => {
    await page
      .getByRole('article', { name: 'Model' })
      .last()
      .getByRole('button', { name: 'Compare' })
      .click();
    const compare = page.getByRole('dialog', { name: 'Compare' });
    await compare.getByRole('radio', { name: 'Ask two settings' }).check();
    const second = compare.getByRole('group', { name: 'Second' });
    await second.getByRole('textbox', { name: 'Temperature' }).fill('1.2');
    await second.getByRole('textbox', { name: 'Seed' }).fill('5');
    await compare.getByRole('button', { name: 'Write both' }).click();
    await expect(compare.getByRole('article', { name: 'Reply B' })).toContainText('seed 5', {
      timeout: 60_000,
    });
    await compare.getByRole('radio', { name: 'Sweep' }).check();
    await compare.getByRole('textbox', { name: 'Temperatures' }).fill('1');
    await compare.getByRole('textbox', { name: 'Seeds' }).fill('3, 4');
    await compare.getByRole('button', { name: 'Write 2 versions' }).click();
    const table = compare.getByRole('table', { name: 'Versions' });
    await expect(table.getByRole('row')).toHaveCount(3, { timeout: 60_000 });
    await expect(compare.getByRole('button', { name: 'Write 2 versions' })).toBeVisible({ timeout: 60_000 });
    await compare.getByRole('button', { name: 'Close' }).click();
  });

  await test.step('a raw completion goes on with the text as it stands', async () => {
    await page.getByRole('button', { name: 'New chat' }).click();
    await panel.getByRole('tab', { name: 'Settings' }).click();
    await panel.getByRole('combobox', { name: 'Prompt format' }).selectOption({ label: 'Raw completion' });
    const text = page.getByRole('textbox', { name: 'Text', exact: true });
    const typed = '### User: What is this app?\n### Assistant:';
    await text.fill(typed);
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText(/^Marked is what the model wrote: [1-9]\d* of/)).toBeVisible({
      timeout: 60_000,
    });
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Continue', exact: true })).toBeEnabled();
    const written = await text.inputValue();
    await panel.getByRole('tab', { name: 'Prompt' }).click();
    // What is marked is what was not typed.
    await expect(panel.getByRole('group', { name: 'The text so far' }).locator('mark')).toHaveText(
      written.slice(typed.length),
      { useInnerText: false },
    );
  });

  // How it ran here, as a file; then which of the two engines is faster, with nothing changed by having asked.
  await openCard(page, 'Demo model');
  const { name, report } = await saveReport(page, card);
  expect(name).toMatch(/^\d{4}-\d\d-\d\d-[a-z0-9-]+\.json$/);
  expect(report).toMatchObject({ backend: 'webgpu', engine: { kind: 'mlc' }, model: { id: 'demo' } });
  expect(report.loadMs).toBeGreaterThan(0);
  expect(new Set(report.replies.map(({ sha256 }) => sha256)).size).toBe(3);
  await expect(card.getByText(`Saved as ${name}`)).toBeVisible();
  await expect(card.getByText('has not been measured')).toBeVisible();
  await card.getByRole('button', { name: 'Measure which is faster' }).click();
  const measured = card.getByRole('group', { name: 'Measured here' });
  await expect(measured).toContainText(/reads \d+ tokens a second/, { timeout: 200_000 });
  await expect(measured).toContainText(/Faster here|Neither answers clearly sooner/);
  await expect(card.getByRole('button', { name: 'Load', exact: true })).toBeVisible();
  await expect(card.getByRole('radio', { name: /^GPU package/ })).toBeChecked();
});
