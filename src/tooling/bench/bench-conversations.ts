/**
 * Whether months of chats slow the app down: 10,000 conversations with 200,000 messages, and one of 2,000, against an empty
 * store, both on the disk of the same machine in the same minutes. Everything is measured inside the page.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';
import type { Seeded } from './bench-conversations-page.ts';
import { note, openingTime, quantile, searchedWords, show } from './bench-conversations-parts.ts';
import { benchSealed, type SealedBench } from './bench-sealed.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { bundlePageScript } from './page-script.ts';

/** `BENCH_CHATS` makes fewer chats: what encryption costs a chat does not depend on them, and it takes minutes, not half an hour. */
const PLAN = { conversations: Number(process.env.BENCH_CHATS ?? 10_000), messagesEach: 20, longChat: 2_000 };
const LOADS = 9;
const OPENINGS = 7;
const KEYS = 120;
/** In which the two stores take turns with the keys. */
const TURNS = 5;
/** Spread over the vocabulary from common to rare. */
const SEARCHED_WORDS = 16;
/** Building the index of 200,000 messages, on a slow machine. */
const SLOW_MS = 900_000;

export interface ConversationsBench {
  /** Medians of the time from navigation to the list's first rows, or to its "no chats yet". */
  readonly listMs: { readonly empty: number; readonly seeded: number; readonly ratio: number };
  /** From a key in the search box to its hits on screen. */
  readonly searchMs: {
    readonly median: number;
    readonly p95: number;
    readonly worst: number;
    readonly queries: number;
  };
  /** From a click on a chat of 2,000 messages to its end on screen and the next event answered. */
  readonly openMs: { readonly median: number; readonly worst: number };
  /** From a key in the composer to the frame after it, in an empty store's new chat and in the long chat. */
  readonly typingMs: { readonly empty: number; readonly seeded: number; readonly ratio: number };
  readonly exported: { readonly bytes: number; readonly seconds: number; readonly heapGrowthBytes: number };
  /** The same chats encrypted, in turns with the same unencrypted. */
  readonly sealed: SealedBench;
  readonly seedSeconds: number;
  readonly indexSeconds: number;
}

/** @param plan smaller ones try the bench itself. */
export async function benchConversations(plan: typeof PLAN = PLAN): Promise<ConversationsBench> {
  const dist = process.env.E2E_DIST;
  if (!dist) await buildIfNeeded();
  const server = await startStaticServer({ root: resolve(dist ?? join(ROOT, 'dist')) });
  // On the disk: without a profile the browser keeps databases and blobs in memory.
  const folder = mkdtempSync(join(tmpdir(), 'bench-conversations-'));
  const contexts: BrowserContext[] = [];
  const open = async (name: string): Promise<Page> => {
    const context = await chromium.launchPersistentContext(join(folder, name), {
      executablePath: ensureBrowser(),
      args: ['--no-sandbox', '--enable-precise-memory-info'],
      serviceWorkers: 'block',
      acceptDownloads: true,
    });
    contexts.push(context);
    context.setDefaultTimeout(SLOW_MS);
    // A model that loads meanwhile would be measured, too.
    await context.route('**/models/**', (route) => route.abort());
    await context.addInitScript({
      content: await bundlePageScript(resolve(import.meta.dirname, 'bench-first-rows-page.ts')),
    });
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(server.url);
    await page.getByRole('button', { name: 'I understand' }).click();
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
    return page;
  };
  try {
    const empty = await open('empty');
    const full = await open('full');
    await full.getByText('Your chats will appear here.').waitFor();
    const inPage = await bundlePageScript(resolve(import.meta.dirname, 'bench-conversations-page.ts'));
    await full.evaluate(inPage);
    note(`storing ${plan.conversations} chats`);
    const seeded = await full.evaluate((wanted) => window.bench.seed(wanted), plan);
    note(`stored in ${(seeded.ms / 1000).toFixed(0)} s; loading the list`);
    const listMs = await benchList(empty, full);
    // Gone with the reloads.
    for (const page of [empty, full]) await page.evaluate(inPage);
    note(`first rows after ${show(listMs)}; indexing`);
    const { searchMs, indexSeconds } = await benchSearch(full, seeded);
    note(`indexed in ${indexSeconds.toFixed(0)} s; search ${show(searchMs)}; opening`);
    const openMs = await benchOpening(full, seeded.longChatId);
    note(`opening ${show(openMs)}; typing`);
    await full.locator('[role=log]:not([aria-busy])').waitFor({ timeout: SLOW_MS });
    const typingMs = await benchTyping(empty, full);
    note(`typing ${show(typingMs)}; exporting`);
    await full.goto(`${server.url}#/settings`);
    const exported = await benchExport(full);
    note(`exported ${show(exported)}; encrypting`);
    // The same bytes twice; a profile is copied while no browser has it.
    for (const page of [empty, full]) await page.context().close();
    cpSync(join(folder, 'full'), join(folder, 'sealed'), { recursive: true });
    const sealed = await benchSealed({
      plain: await open('full'),
      sealed: await open('sealed'),
      inPage,
      longChatId: seeded.longChatId,
      words: seeded.words,
      patienceMs: SLOW_MS,
    });
    const seedSeconds = seeded.ms / 1000;
    return { listMs, searchMs, openMs, typingMs, exported, sealed, seedSeconds, indexSeconds };
  } finally {
    for (const context of contexts) await context.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchList(empty: Page, full: Page): Promise<ConversationsBench['listMs']> {
  const times: Record<'empty' | 'seeded', number[]> = { empty: [], seeded: [] };
  // The first round warms the caches of both and does not count.
  for (let round = 0; round <= LOADS; round += 1) {
    for (const [name, page] of [
      ['empty', empty],
      ['seeded', full],
    ] as const) {
      await page.reload();
      const at = await page
        .locator('html[data-first-rows]')
        .getAttribute('data-first-rows', { timeout: 60_000 });
      if (round > 0) times[name].push(Number(at));
    }
  }
  return paired(times.empty, times.seeded);
}

async function benchSearch(page: Page, seeded: Seeded) {
  const box = page.getByRole('searchbox', { name: 'Search conversations' });
  const started = Date.now();
  await box.fill('treatment');
  // The first search has the index built; until that is done the summary says so.
  await page
    .locator('[data-results] [role=status]', { hasText: /^\d+ .*hits?\.$|^Nothing found\.$/ })
    .waitFor({ timeout: SLOW_MS });
  const indexSeconds = (Date.now() - started) / 1000;
  const times = await searchTimes(page, seeded);
  const searchMs = {
    median: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    worst: Math.max(...times),
    queries: times.length,
  };
  return { searchMs, indexSeconds };
}

async function searchTimes(page: Page, seeded: Seeded): Promise<number[]> {
  return page.evaluate((typed) => window.bench.search(typed), searchedWords(seeded.words, SEARCHED_WORDS));
}

async function benchOpening(page: Page, id: string): Promise<ConversationsBench['openMs']> {
  const times: number[] = [];
  for (let round = 0; round <= OPENINGS; round += 1) {
    const ms = await openingTime(page, id);
    if (round > 0) times.push(ms);
  }
  return { median: quantile(times, 0.5), worst: Math.max(...times) };
}

async function benchTyping(empty: Page, full: Page): Promise<ConversationsBench['typingMs']> {
  const times: Record<'empty' | 'seeded', number[]> = { empty: [], seeded: [] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const [name, page] of [
      ['empty', empty],
      ['seeded', full],
    ] as const) {
      // A page behind the other draws no frames.
      await page.bringToFront();
      times[name].push(
        quantile(await page.evaluate((keys) => window.bench.type(keys), Math.ceil(KEYS / TURNS)), 0.5),
      );
    }
  }
  return paired(times.empty, times.seeded);
}

/** Medians, and the median of the ratios of measurements side by side: other work on the machine slows both of a pair. */
function paired(empty: readonly number[], seeded: readonly number[]) {
  return {
    empty: quantile(empty, 0.5),
    seeded: quantile(seeded, 0.5),
    ratio: quantile(
      seeded.map((ms, round) => ms / (empty[round] ?? Number.NaN)),
      0.5,
    ),
  };
}

/** Everything into one file, while the heap is looked at. */
async function benchExport(page: Page): Promise<ConversationsBench['exported']> {
  const session = await page.context().newCDPSession(page);
  const heap = async (): Promise<number> => (await session.send('Runtime.getHeapUsage')).usedSize;
  await session.send('HeapProfiler.collectGarbage');
  const before = await heap();
  let peak = before;
  const started = Date.now();
  const watch = { over: false };
  const watching = (async () => {
    while (!watch.over) {
      peak = Math.max(peak, await heap());
      await new Promise((done) => setTimeout(done, 100));
    }
  })();
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: SLOW_MS }),
    page.getByRole('button', { name: 'Back up' }).click(),
  ]);
  const { size } = await stat(await download.path());
  watch.over = true;
  await watching;
  return { bytes: size, seconds: (Date.now() - started) / 1000, heapGrowthBytes: peak - before };
}
