/**
 * Whether the prompt panel slows typing down: keys in a chat that is far longer than the window against keys in an empty store,
 * the panel open beside both and the Demo model counting; and what drawing the panel anew costs the page's thread.
 */
import { resolve } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { bundlePageScript } from './page-script.ts';

const PLAN = { conversations: 5, messagesEach: 4, longChat: 2_000 };
const KEYS = 120;
/** In which the two pages take turns with the keys. */
const TURNS = 9;
/** Pauses in typing, after each of which the panel is drawn anew. */
const PAUSES = 20;
const SLOW_MS = 180_000;

export interface PanelBench {
  /** From a key to the frame after it, medians; the ratio is the median of the turns'. */
  readonly typingMs: {
    readonly empty: number;
    readonly seeded: number;
    readonly ratio: number;
    readonly least: number;
  };
  /** Of every task over 50 ms while the panel was drawn anew. */
  readonly longTasksMs: readonly number[];
  readonly pauses: number;
  readonly promptTokens: string;
}

export async function benchPanel(): Promise<PanelBench> {
  const dist = process.env.E2E_DIST;
  if (!dist) await buildIfNeeded();
  const server = await startStaticServer({ root: resolve(dist ?? resolve(ROOT, 'dist')) });
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  const inPage = await bundlePageScript(resolve(import.meta.dirname, 'bench-conversations-page.ts'));
  try {
    const empty = await open(browser, server.url);
    const full = await open(browser, server.url);
    await full.evaluate(inPage);
    const { longChatId } = await full.evaluate((plan) => window.bench.seed(plan), PLAN);
    await full.goto(`${server.url}#/c/${longChatId}`);
    await full.reload();
    for (const page of [empty, full]) {
      await page.bringToFront();
      await page
        .getByRole('status', { name: 'Model status' })
        .getByText(/ready/i)
        .waitFor({ timeout: SLOW_MS });
      await page.evaluate(inPage);
      await page.getByRole('button', { name: 'What the model will see' }).click();
      await tokensIn(page).waitFor({ timeout: SLOW_MS });
      await page.getByText('Estimated from its length').waitFor({ state: 'detached', timeout: SLOW_MS });
    }
    const promptTokens = await tokensIn(full).innerText();
    const times: Record<'empty' | 'seeded', number[]> = { empty: [], seeded: [] };
    for (let turn = 0; turn <= TURNS; turn += 1) {
      for (const [name, page] of [
        ['empty', empty],
        ['seeded', full],
      ] as const) {
        // A page behind the other draws no frames.
        await page.bringToFront();
        const keys = await page.evaluate((count) => window.bench.type(count), Math.ceil(KEYS / TURNS));
        // The first turn warms both.
        if (turn > 0) times[name].push(median(keys));
      }
    }
    const longTasksMs = await drawnAnew(full);
    const ratios = times.seeded.map((ms, turn) => ms / (times.empty[turn] ?? Number.NaN));
    const typingMs = {
      empty: median(times.empty),
      seeded: median(times.seeded),
      ratio: median(ratios),
      least: Math.min(...ratios),
    };
    return { typingMs, longTasksMs, pauses: PAUSES, promptTokens };
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
  await page.goto(url);
  await page.getByRole('button', { name: 'I understand' }).click();
  await page.getByText('Your chats will appear here.').waitFor();
  return page;
}

function tokensIn(page: Page) {
  return page.getByRole('complementary', { name: 'Prompt' }).getByText(/^[\d,]+ of 2,048 tokens$/);
}

/** Types with pauses, in each of which the panel shows what was typed. @returns milliseconds of every task over 50 ms. */
async function drawnAnew(page: Page): Promise<readonly number[]> {
  await page.bringToFront();
  await page.evaluate(() => {
    const found: number[] = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) found.push(duration);
    }).observe({ type: 'longtask' });
    Object.assign(window, { longTasks: found });
  });
  const box = page.getByRole('textbox', { name: 'Message' });
  const draft = page.getByRole('group', { name: 'What you type' });
  let text = '';
  for (let pause = 0; pause < PAUSES; pause += 1) {
    const word = `word${String(pause)} `;
    await box.pressSequentially(word, { delay: 40 });
    text += word;
    await draft.getByText(text.trim()).waitFor();
  }
  // Entries come a moment after their task.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  return page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
