/**
 * The exams' screens in the built app: opening a set of 20,000 questions against one of a single question, and what typing and
 * scrolling have to wait for while a run goes on.
 */
import { resolve } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';

const MANY = 20_000;
const TURNS = 9;
const SLOW_MS = 180_000;

export interface ExamsAppBench {
  /** From opening the page to its first questions, as painted: medians; the ratio is the median of the turns'. */
  readonly listedMs: { readonly one: number; readonly many: number; readonly ratio: number };
  /** Of every task over 50 ms while a run went on, a person typed, and a list of 20,000 was scrolled. */
  readonly longTasksMs: readonly number[];
  readonly itemsMeanwhile: string;
}

export async function benchExamsApp(): Promise<ExamsAppBench> {
  const dist = process.env.E2E_DIST;
  if (!dist) await buildIfNeeded();
  const server = await startStaticServer({ root: resolve(dist ?? resolve(ROOT, 'dist')) });
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  try {
    const [one, many] = [await open(browser, server.url), await open(browser, server.url)];
    const sets = [
      { page: one, url: await keep(one, 1), times: [] as number[] },
      { page: many, url: await keep(many, MANY), times: [] as number[] },
    ] as const;
    for (let turn = 0; turn <= TURNS; turn += 1) {
      for (const { page, url, times } of sets) {
        await page.bringToFront();
        const ms = await listed(page, url);
        // The first turn warms both.
        if (turn > 0) times.push(ms);
      }
    }
    const [single, full] = sets;
    const ratios = full.times.map((ms, turn) => ms / (single.times[turn] ?? Number.NaN));
    return {
      listedMs: { one: median(single.times), many: median(full.times), ratio: median(ratios) },
      ...(await duringRun(many, full.url)),
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({
    serviceWorkers: 'block',
    viewport: { width: 1280, height: 860 },
  });
  context.setDefaultTimeout(SLOW_MS);
  const page = await context.newPage();
  await page.goto(`${url}#/exams`);
  await page.getByRole('button', { name: 'I understand' }).click();
  await page.getByRole('article', { name: 'About this app', exact: true }).waitFor();
  return page;
}

/** Imports a set of that many questions. @returns its address. */
async function keep(page: Page, count: number): Promise<string> {
  const rows = Array.from({ length: count }, (_, n) =>
    JSON.stringify({
      question: `Question ${String(n)}: a vignette of some length, ${'with a few words more, '.repeat(12)}and what follows from it?`,
      options: {
        A: `first ${String(n)}`,
        B: `second ${String(n)}`,
        C: `third ${String(n)}`,
        D: `fourth ${String(n)}`,
      },
      answer_idx: 'ABCD'[n % 4],
    }),
  );
  await page.getByRole('button', { name: 'Import questions' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import questions' });
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: /^Choose files/ }).click();
  await (
    await chooser
  ).setFiles({ name: 'many.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(rows.join('\n')) });
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Measured');
  await dialog.getByRole('button', { name: 'Keep this set' }).click();
  await page.getByRole('article', { name: 'Measured', exact: true }).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Questions' }).waitFor();
  return page.url();
}

/** Milliseconds from the page's beginning to its first question. */
async function listed(page: Page, url: string): Promise<number> {
  await page.goto(url);
  await page.reload();
  await page.locator('li[aria-posinset="1"] button').waitFor();
  return page.evaluate(
    () =>
      new Promise<number>((done) => {
        requestAnimationFrame(() => {
          done(performance.now());
        });
      }),
  );
}

async function duringRun(
  page: Page,
  url: string,
): Promise<Pick<ExamsAppBench, 'longTasksMs' | 'itemsMeanwhile'>> {
  await page.bringToFront();
  await page.getByRole('status', { name: 'Model status' }).getByText(/ready/i).waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New run' });
  await dialog.getByRole('spinbutton', { name: 'Items' }).fill('2000');
  await dialog.getByRole('button', { name: 'Start run' }).click();
  const progress = page.getByRole('progressbar', { name: 'Run' });
  await progress.waitFor();
  const run = page.url();
  await page.evaluate(() => {
    const found: number[] = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) found.push(duration);
    }).observe({ type: 'longtask' });
    Object.assign(window, { longTasks: found });
  });
  // The run's own screen, then the list of all, then a chat: changing the screen is not what is measured.
  const settle = (): Promise<void> =>
    page.evaluate(
      () =>
        new Promise((done) => {
          setTimeout(done, 1500);
        }),
    );
  const found: number[] = [];
  const take = async (): Promise<void> => {
    await settle();
    found.push(
      ...(await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0))),
    );
  };
  const drop = async (): Promise<void> => {
    await settle();
    await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
  };
  await drop();
  await settle();
  await take();
  await page.evaluate((to) => {
    location.href = to;
  }, url);
  await page.locator('li[aria-posinset="1"] button').hover();
  await drop();
  for (let n = 0; n < 40; n += 1) await page.mouse.wheel(0, 900);
  const search = page.getByRole('searchbox', { name: 'Search the questions' });
  await take();
  await search.waitFor();
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.click();
  await drop();
  await box.pressSequentially('What does a wide confidence interval say about a study? '.repeat(2), {
    delay: 25,
  });
  await take();
  await page.evaluate((to) => {
    location.href = to;
  }, run);
  await progress.waitFor();
  const itemsMeanwhile = (await progress.getAttribute('aria-valuetext')) ?? '';
  return { longTasksMs: found, itemsMeanwhile };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
