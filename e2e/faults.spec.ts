/**
 * A hundred seeded moments at which something is killed, cut or full while the app converts, loads, generates, saves, imports or
 * updates. After each the app must open, everything it had said was stored must be there, and the work must be repeatable.
 *
 * `npm run faults`, eleven minutes; not part of `npm test`. `FAULTS=12 FAULT_SEED=7` runs fewer, or others.
 */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { waitForModel } from './support/app.ts';
import {
  FAULTS,
  inject,
  instrument,
  lostMessages,
  seeded,
  steady,
  storedMessages,
  type FaultName,
} from './support/faults.ts';
import { DEMO_Q4_0, expectedPackage } from './support/model-fixtures.ts';
import { startStaticServer } from './support/static-server.ts';

test.use({ serviceWorkers: 'allow' });

const ROUNDS = Number(process.env.FAULTS ?? 100);
const SEED = Number(process.env.FAULT_SEED ?? 20231127);
const DIST = resolve(process.env.E2E_DIST ?? 'dist');
const PATIENCE = { timeout: 120_000 };

/** Longest wait before the fault, in milliseconds: about as long as each takes. */
const ACTIVITIES = { load: 2500, generate: 1500, save: 300, import: 1500, convert: 2500, update: 1500 };
type Activity = keyof typeof ACTIVITIES;

interface Round {
  readonly number: number;
  readonly activity: Activity;
  readonly fault: FaultName;
  readonly delayMs: number;
}

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const replies = (page: Page) => page.getByRole('article', { name: 'Model' });
const small = (page: Page) => page.getByRole('article', { name: 'Small model', exact: true });
const question = (round: number) => `Round ${String(round)}: What is this app?`;

function json(response: ServerResponse, body: unknown): true {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return true;
}

/** The Demo model under another name, from a hub beside the page. */
function catalogueWithSmallModel(): object {
  const catalogue = JSON.parse(readFileSync(resolve('model-config/catalogue.json'), 'utf8')) as {
    models: { licence: object }[];
  };
  const [demo] = catalogue.models;
  return {
    schema: 1,
    hubs: {
      test: {
        name: 'Test hub',
        fileUrl: 'hub/{repo}/resolve/{revision}/{file}',
        treeUrl: null,
        pageUrl: null,
      },
    },
    models: [
      {
        ...demo,
        id: 'small',
        name: 'Small model',
        kind: 'fetched',
        licence: { ...demo?.licence, mustAccept: false },
        recommended: { engine: 'mlc', source: 's' },
        llamacpp: null,
        sources: [
          {
            id: 's',
            label: 'Q4_0',
            format: 'gguf',
            at: { hub: 'test', repo: 'test/models', file: 'demo-q4_0.gguf' },
            bytes: 0,
            conversion: 'repacked',
          },
        ],
      },
    ],
  };
}

/** A chat as the app exports it, with its texts made this round's own. */
function importFile(round: number): { name: string; mimeType: string; buffer: Buffer } {
  const lines = Array.from({ length: 40 }, (_, turn) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `Imported ${String(round)}.${String(turn)}` },
        { role: 'assistant', content: 'Yes.' },
      ],
    }),
  );
  return {
    name: `round-${String(round)}.jsonl`,
    mimeType: 'text/plain',
    buffer: Buffer.from(lines.join('\n')),
  };
}

test('@faults everything that was stored survives, and the work goes on', async ({ context }) => {
  test.setTimeout(ROUNDS * 90_000);
  const build = { number: 0 };
  const config = catalogueWithSmallModel();
  const server = await startStaticServer({
    root: DIST,
    mounts: { '/hub/test/models/resolve/main/': dirname(DEMO_Q4_0) },
    fault: async (_request, response, path) => {
      if (path === '/config.json') return json(response, config);
      if (path.startsWith('/hub/')) await new Promise((done) => setTimeout(done, 150));
      return build.number > 0 && newerBuild(path, build.number, response);
    },
  });
  await context.addInitScript(instrument);
  // Without one, what never comes would be waited for until the whole test is over.
  context.setDefaultTimeout(PATIENCE.timeout);
  const expected = Object.fromEntries(await expectedPackage(DEMO_Q4_0, 'q4f32_1'));
  const random = seeded(SEED);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const table = new Map<string, { recovered: number; total: number }>();
  let lost = 0;
  let page = await openApp(context, `${server.url}#/`);
  await waitForModel(page);

  for (let number = 1; number <= ROUNDS; number++) {
    const activity = pick(Object.keys(ACTIVITIES) as Activity[]);
    const round: Round = {
      number,
      activity,
      fault: pick(FAULTS),
      delayMs: Math.round(random() * ACTIVITIES[activity]),
    };
    const name = `${String(number)}: ${round.fault} after ${String(round.delayMs)} ms of ${activity}`;
    page = await test.step(name, async () => {
      const before = await steady(() => storedMessages(page));
      if (activity === 'update') build.number += 1;
      // It fails or never ends where the fault hits it: what counts is what the page shows and keeps.
      const work = begin(page, round, build.number).catch(() => undefined);
      await new Promise((done) => setTimeout(done, round.delayMs));
      const shown = await steady(async () =>
        (await page.getByRole('article', { name: 'You' }).allInnerTexts()).some((text) =>
          text.includes(question(number)),
        ),
      );
      // Drawn once, so that a second try changes no later round.
      const drawn = random();
      const heal = await steady(() => inject(round.fault, context, page, () => drawn));
      // Long enough for what was under way to meet the fault.
      await new Promise((done) => setTimeout(done, 300));
      await heal();
      const open = page.isClosed() ? await openApp(context, server.url) : await reopen(page);
      // A call into a service worker that was stopped may never be answered; the page is new by now.
      await Promise.race([work, new Promise((done) => setTimeout(done, PATIENCE.timeout))]);
      const after = await steady(() => storedMessages(open));
      const missing = lostMessages(before, after).filter(({ id }) => !isEdited(after, id));
      if (shown && !after.some(({ text }) => text === question(number)))
        throw new Error(`the question of round ${String(number)} was shown and is not stored`);
      lost += missing.length;
      expect(missing, name).toEqual([]);
      await finish(open, round, server.url, expected, build.number);
      return open;
    });
    const cell = table.get(`${activity} × ${round.fault}`) ?? { recovered: 0, total: 0 };
    table.set(`${activity} × ${round.fault}`, { recovered: cell.recovered + 1, total: cell.total + 1 });
    console.log(`✓ ${name}`);
  }
  report(table, lost);
  await server.close();
});

function isEdited(messages: readonly { id: string; text: string }[], id: string): boolean {
  return messages.some((message) => message.id === id && message.text.startsWith('Edited in round'));
}

/** Another mark on the page, and so another page and another list of files to keep. */
function newerBuild(path: string, build: number, response: ServerResponse): boolean {
  if (path === '/' || path === '/index.html') {
    const page = readFileSync(join(DIST, 'index.html'), 'utf8');
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(page.replace('<html', `<html data-build="${String(build)}"`));
    return true;
  }
  if (path === '/service-worker.js') {
    const worker = readFileSync(join(DIST, 'service-worker.js'), 'utf8');
    const revision = String(build).padStart(32, '0');
    response
      .writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
      .end(
        worker.replace(
          /("?url"?:\s*[`"']index\.html[`"'],\s*"?revision"?:\s*[`"'])[0-9a-f]{32}|("?revision"?:\s*[`"'])[0-9a-f]{32}(?=[`"'],\s*"?url"?:\s*[`"']index\.html)/,
          (_whole, one?: string, two?: string) => `${one ?? two ?? ''}${revision}`,
        ),
      );
    return true;
  }
  return false;
}

async function openApp(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await steady(() => page.goto(url));
  await acceptIfAsked(page);
  return page;
}

/** What a person does when something went wrong: reload. */
async function reopen(page: Page): Promise<Page> {
  await steady(() => page.reload());
  await acceptIfAsked(page);
  return page;
}

async function acceptIfAsked(page: Page): Promise<void> {
  const accept = page.getByRole('button', { name: 'I understand' });
  await expect(accept.or(page.getByRole('main')).first()).toBeVisible(PATIENCE);
  if (await accept.isVisible()) await accept.click();
  await expect(page.getByRole('main')).toBeVisible(PATIENCE);
}

async function goTo(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: screen, exact: true }).first().click();
}

async function begin(page: Page, { number, activity }: Round, build: number): Promise<void> {
  switch (activity) {
    case 'load':
      await page.reload();
      return;
    case 'generate':
      await newChat(page);
      await composer(page).fill(question(number));
      await page.getByRole('button', { name: 'Send' }).click();
      return;
    case 'save':
      await goTo(page, 'Chat');
      await replies(page).last().getByRole('button', { name: 'Edit' }).click({ timeout: 2000 });
      await page.getByRole('textbox', { name: 'Reply text' }).fill(`Edited in round ${String(number)}.`);
      await page.getByRole('button', { name: 'Save' }).click({ timeout: 2000 });
      return;
    case 'import':
      await page.locator('input[type=file][accept*=jsonl]').setInputFiles(importFile(number));
      return;
    case 'convert':
      await goTo(page, 'Models');
      await small(page).getByRole('button', { name: 'Convert', exact: true }).click({ timeout: 5000 });
      return;
    case 'update':
      await page.evaluate(async () => {
        await (await navigator.serviceWorker.ready).update();
      });
      expect(build).toBeGreaterThan(0);
      await page.getByRole('button', { name: 'Update', exact: true }).click({ timeout: 3000 });
  }
}

async function newChat(page: Page): Promise<void> {
  await steady(() => page.goto(page.url().replace(/#.*$/, '#/')));
  await acceptIfAsked(page);
}

/** Takes the work up where it stands, or does it again, to its end. */
async function finish(
  page: Page,
  { number, activity }: Round,
  url: string,
  expected: Record<string, string>,
  build: number,
): Promise<void> {
  switch (activity) {
    case 'load':
    case 'generate':
    case 'save': {
      await newChat(page);
      await composer(page).fill(`Again, ${question(number)}`);
      await page.getByRole('button', { name: 'Send' }).click();
      await expect(replies(page).last()).toBeVisible(PATIENCE);
      await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true', PATIENCE);
      await expect(replies(page).last().getByRole('alert')).toHaveCount(0);
      return;
    }
    case 'import': {
      await page.locator('input[type=file][accept*=jsonl]').setInputFiles(importFile(number));
      const dialog = page.getByRole('dialog', { name: 'Import' });
      await expect(dialog).toContainText(/chats? came in|already|unchanged/i, PATIENCE);
      await dialog.getByRole('button', { name: 'Done' }).click();
      const own = (await steady(() => storedMessages(page))).filter(({ text }) =>
        text.startsWith(`Imported ${String(number)}.`),
      );
      // Each once: what came in before the fault was known again.
      expect(own.map(({ text }) => text).sort()).toEqual(
        Array.from({ length: 40 }, (_, turn) => `Imported ${String(number)}.${String(turn)}`).sort(),
      );
      return;
    }
    case 'convert': {
      await goTo(page, 'Models');
      const begin = small(page).getByRole('button', { name: /^(Convert|Resume)$/ });
      const done = small(page).getByRole('button', { name: 'Verify', exact: true });
      await expect(begin.or(done).first()).toBeVisible(PATIENCE);
      if (!(await done.isVisible())) await begin.first().click();
      await expect(done).toBeVisible(PATIENCE);
      expect(await steady(() => cachedPackage(page))).toEqual(expected);
      await small(page).getByRole('button', { name: 'Delete', exact: true }).click();
      await expect(small(page).getByRole('button', { name: 'Convert', exact: true })).toBeVisible(PATIENCE);
      await goTo(page, 'Chat');
      return;
    }
    case 'update': {
      await steady(() =>
        page.evaluate(async () => {
          await (await navigator.serviceWorker.ready).update();
        }),
      );
      const offer = page.getByRole('button', { name: 'Update', exact: true });
      await expect
        .poll(
          async () => {
            if (await offer.isVisible()) await offer.click({ timeout: 2000 }).catch(() => undefined);
            return page.locator('html').getAttribute('data-build');
          },
          { ...PATIENCE, intervals: [500] },
        )
        .toBe(String(build));
      await steady(() => page.goto(`${url}#/`));
      await acceptIfAsked(page);
    }
  }
}

/** SHA-256 by file name of what lies in the caches that the engine reads; its provenance names a time and is left out. */
function cachedPackage(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async () => {
    const found: Record<string, string> = {};
    for (const name of ['webllm/model', 'webllm/config']) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const file = request.url.split('/').pop() ?? '';
        if (!request.url.includes('/models/small-') || file === 'provenance.json') continue;
        const bytes = (await (await cache.match(request))?.arrayBuffer()) ?? new ArrayBuffer(0);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        found[file] = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    }
    return found;
  });
}

function report(table: ReadonlyMap<string, { recovered: number; total: number }>, lost: number): void {
  const lines = Object.keys(ACTIVITIES).map((activity) => {
    const cells = FAULTS.map((fault) => {
      const cell = table.get(`${activity} × ${fault}`);
      return (cell ? `${String(cell.recovered)}/${String(cell.total)}` : '–').padStart(15);
    });
    return activity.padEnd(10) + cells.join('');
  });
  const sum = [...table.values()].reduce((all, { recovered }) => all + recovered, 0);
  console.log(`\n${''.padEnd(10)}${FAULTS.map((fault) => fault.padStart(15)).join('')}`);
  console.log(lines.join('\n'));
  console.log(`\n${String(sum)} of ${String(ROUNDS)} recovered, ${String(lost)} messages lost`);
}
