/**
 * Whether a stream holds up the page: 100 tokens a second of rich Markdown into a chat of 200 messages, while a person types
 * the next question and scrolls. Counts what the browser calls long tasks of the page's thread.
 */
import { resolve } from 'node:path';
import { chromium } from '@playwright/test';
import { ensureBrowser } from '../../../e2e/setup/browser.ts';
import { startStaticServer } from '../../../e2e/support/static-server.ts';
import { buildIfNeeded, ROOT } from '../build/build.ts';
import { bundlePageScript } from './page-script.ts';

const PLAN = { conversations: 20, messagesEach: 20, longChat: 200 };

export interface StreamingBench {
  /** Milliseconds of every task over 50 ms from the first token to the end. */
  readonly longTasksMs: readonly number[];
  readonly tokensPerSecond: number;
  readonly seconds: number;
}

export async function benchStreaming(): Promise<StreamingBench> {
  const dist = process.env.E2E_DIST;
  if (!dist) await buildIfNeeded();
  const worker = await bundlePageScript(resolve(import.meta.dirname, 'bench-streaming-worker.ts'));
  const server = await startStaticServer({
    root: resolve(dist ?? resolve(ROOT, 'dist')),
    fault: (_request, response, path) => {
      if (!/\/llamacpp\.worker-[^/]*\.js$/.test(path)) return false;
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(worker);
      return true;
    },
  });
  const browser = await chromium.launch({ executablePath: ensureBrowser(), args: ['--no-sandbox'] });
  try {
    const context = await browser.newContext({ serviceWorkers: 'block' });
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole('button', { name: 'I understand' }).click();
    await page.getByText('Your chats will appear here.').waitFor();
    await page.evaluate(await bundlePageScript(resolve(import.meta.dirname, 'bench-conversations-page.ts')));
    const { longChatId } = await page.evaluate((plan) => window.bench.seed(plan), PLAN);
    await page.goto(`${server.url}#/c/${longChatId}`);
    await page.reload();
    const composer = page.getByRole('textbox', { name: 'Message' });
    await composer.fill('What should I ask a patient with chest pain?');
    await page.getByRole('button', { name: 'Send' }).click();
    const stop = page.getByRole('button', { name: 'Stop' });
    await stop.waitFor();
    await page.evaluate(() => {
      const found: number[] = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) found.push(duration);
      }).observe({ type: 'longtask' });
      Object.assign(window, { longTasks: found });
    });
    const started = Date.now();
    const log = page.getByRole('log');
    for (let round = 0; await stop.isVisible(); round += 1) {
      await composer.pressSequentially('and then ', { delay: 60 });
      await log.hover();
      await page.mouse.wheel(0, round % 2 === 0 ? -600 : 1200);
    }
    const seconds = (Date.now() - started) / 1000;
    // Entries come a moment after their task.
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
    const longTasksMs = await page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks);
    const speed = await page
      .getByText(/tokens\/s/)
      .last()
      .innerText();
    const tokensPerSecond = Number(/([\d.]+)\s*tokens\/s/.exec(speed)?.[1]);
    return { longTasksMs, tokensPerSecond, seconds };
  } finally {
    await browser.close();
    await server.close();
  }
}
