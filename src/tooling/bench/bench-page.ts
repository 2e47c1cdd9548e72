/**
 * How long the built app takes to convert a file from disk in a browser, against the command line on the same machine. In a
 * profile on the disk: a private one keeps what is stored in memory, behind another process.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { acceptNotice } from '../../../e2e/support/app.ts';
import { entry } from '../../../e2e/support/model-hub.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { loadNow, median, transcode, writeModel, type Measured } from './bench-transcode.ts';

const run = promisify(execFile);
const ROUNDS = 3;
/** Gigabytes at Meditron-7B's sizes; fewer layers serve a quick look. */
const LAYERS = Number(process.env.BENCH_LAYERS ?? 8);
const PATIENCE = { timeout: 1_200_000 };

/** Seconds in the page ÷ seconds on the command line, for a Q4_0 file; also against `cp` and `sha256sum`, for the detail. */
export async function benchPage(): Promise<Measured> {
  // Another build can be measured for comparison.
  const dist = process.env.E2E_DIST ?? join(ROOT, 'dist');
  if (process.env.E2E_DIST === undefined) await buildIfNeeded();
  const folder = await mkdtemp(join(tmpdir(), 'bench-page-'));
  const config = { schema: 1, models: [entry('bench', 'Bench model', 'none.gguf')], hubs: HUB };
  const server = await startStaticServer({
    root: dist,
    fault: (_, response, path) => {
      if (path !== '/config.json') return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(config));
      return true;
    },
  });
  try {
    const file = join(folder, 'q4_0.gguf');
    const bytes = await writeModel(file, 'Q4_0', LAYERS);
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: ensureBrowser(),
      args: ['--no-sandbox'],
    });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${server.url}#/models`);
    await acceptNotice(page);
    // What the app keeps of itself for use offline is not part of an import.
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    const ratios: number[] = [];
    const times: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const inPage = await importInPage(page, file);
      const { seconds } = await transcode(file, join(folder, 'package'), ['--quantization', 'q4f32_1']);
      await rm(join(folder, 'package'), { recursive: true });
      const started = performance.now();
      await run('cp', [file, join(folder, 'copy')]);
      await run('sha256sum', [file]);
      const plain = (performance.now() - started) / 1000;
      await rm(join(folder, 'copy'));
      ratios.push(inPage / seconds);
      times.push(`${inPage.toFixed(1)}/${seconds.toFixed(1)}/${plain.toFixed(1)} s`);
    }
    await context.close();
    return {
      ratio: median(ratios),
      detail: `${(bytes / 1e6).toFixed(0)} MB, page/command line/cp and sha256sum ${times.join(', ')}, ${loadNow()}`,
    };
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const HUB = { test: { name: 'None', fileUrl: 'hub/{repo}/{file}', treeUrl: null, pageUrl: null } };

const HERE = 'On this machine';

/** In the page: looks four times a second, which costs nothing; a locator that waits took a tenth of what the import takes. */
async function untilItEnds(card: Element): Promise<string> {
  for (;;) {
    const words = card.textContent;
    if (/On this machine|Paused at/.test(words) || card.querySelector('[role=alert]')) return words;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** @returns seconds from choosing the file to a package that is here. */
async function importInPage(page: Page, file: string): Promise<number> {
  const card = page.getByRole('article', { name: 'Bench model', exact: true });
  const asPackage = card.getByRole('radio', { name: 'converted for the GPU engine' });
  if (!(await asPackage.isVisible())) await card.locator('summary').click();
  await asPackage.check();
  const started = performance.now();
  await card.getByLabel('Files of Bench model').setInputFiles(file);
  const words = await card.evaluate(untilItEnds);
  const seconds = (performance.now() - started) / 1000;
  if (!words.includes(HERE)) throw new Error(`the import stopped: ${words}`);
  await card.getByRole('button', { name: 'Delete', exact: true }).click();
  // What an earlier Delete freed is still told.
  await card.getByText(HERE).waitFor({ ...PATIENCE, state: 'hidden' });
  return seconds;
}
