/** Texts that attack whoever shows them, through every way in and out: none runs a script, none reaches a host. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { bundlePageScript } from '../src/tooling/bench/page-script.ts';
import type { Message } from '../src/database/records.ts';
import { toDocument, writeJson } from '../src/transcripts/export/export-json.ts';
import { ModelTally } from '../src/transcripts/format/header.ts';
import { pack } from '../src/transcripts/format/embedding.ts';
import { acceptNotice, withoutModel } from './support/app.ts';
import { HOSTILE_TEXTS } from './support/hostile-texts.ts';

interface Watch {
  /** Requests to anywhere but the app's origin and files. */
  readonly requests: string[];
  readonly dialogs: string[];
}

/** In every page of the context: what the texts would call, and what the browser had to stop. */
async function watch(context: BrowserContext, origin: string): Promise<Watch> {
  const found: Watch = { requests: [], dialogs: [] };
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(blob|data|file):/.test(url)) found.requests.push(url);
  });
  context.on('dialog', (dialog) => {
    found.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await context.addInitScript(() => {
    const state = { ran: 0, stopped: [] as string[] };
    Object.assign(window, {
      __state: state,
      __ran: () => {
        state.ran += 1;
      },
    });
    document.addEventListener('securitypolicyviolation', (event) => {
      state.stopped.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return found;
}

/** What ran, what only the policy stopped, and what in the page could run or fetch. */
async function live(page: Page, root: string): Promise<unknown> {
  return page.evaluate((selector) => {
    const { ran, stopped } = (window as unknown as { __state: { ran: number; stopped: string[] } }).__state;
    const within = [...document.querySelectorAll(`${selector} *`)];
    const dangerous = within.filter(
      (element) =>
        element.matches('script, iframe, object, embed, base, form[action], img, video, audio, link, meta') ||
        element
          .getAttributeNames()
          .some((name) => name.startsWith('on') || name === 'srcdoc' || name === 'ping') ||
        ['href', 'src', 'xlink:href', 'action'].some((name) => {
          const value = element.getAttribute(name);
          return value !== null && !/^(https?:|mailto:|#)/.test(value);
        }),
    );
    return { ran, stopped, dangerous: dangerous.map((element) => element.outerHTML.slice(0, 200)) };
  }, root);
}

const HARMLESS = { ran: 0, stopped: [], dangerous: [] };

/** Scrolls until every message has been drawn in full. */
async function drawAll(page: Page): Promise<void> {
  await expect(page.getByRole('log', { name: 'Conversation' })).not.toHaveAttribute('aria-busy', 'true', {
    timeout: 60_000,
  });
  await expect
    .poll(
      () =>
        page.evaluate(() => {
          const far = [...document.querySelectorAll('.message-far')];
          far[0]?.scrollIntoView();
          return far.length;
        }),
      { timeout: 90_000, intervals: [50] },
    )
    .toBe(0);
}

/** A file of the app in which every field a person or program can fill holds hostile text. */
function hostileFile(id: string, texts: readonly string[]) {
  const all = texts.join('\n');
  const provenance: NonNullable<Message['provenance']> = {
    modelId: all,
    modelName: all,
    quantization: all,
    source: all,
    sourceSha256: all,
    librarySha256: all,
    engine: 'mlc',
    engineVersion: all,
    backend: 'webgpu',
    adapter: all,
    promptFormat: all,
    systemText: all,
    demonstrations: 1,
    prompt: all,
    droppedMessageIds: ['gone'],
    sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 9 },
    seedUsed: 1,
    ignoredSampling: [all],
    promptTokens: 1,
    reusedTokens: 0,
    completionTokens: 1,
    timeToFirstTokenMs: 1,
    decodeTokensPerSecond: 1,
    finishReason: 'stop',
    noticeVersion: all,
    noticeAcknowledgedAt: 1,
    appVersion: all,
    startedAt: 1,
  };
  const messages = texts.map((text, at): Message => ({
    id: `${id}-${at}`,
    conversationId: id,
    parentId: at === 0 ? null : `${id}-${at - 1}`,
    role: at % 2 === 0 ? 'user' : 'assistant',
    text,
    createdAt: 1_700_000_000_000 + at,
    status: 'complete',
    edited: false,
    errorCode: null,
    provenance: at === texts.length - 1 ? provenance : null,
  }));
  const chat = {
    conversation: {
      id,
      title: `${id} ${all}`,
      titleFrom: 'person' as const,
      createdAt: 1,
      updatedAt: Date.UTC(2030, 0, 1),
      folderId: 'hostile-folder',
      pinned: false,
      leafId: messages.at(-1)?.id ?? null,
      promptFormat: null,
      systemText: all,
      sampling: null,
    },
    messages,
  };
  const tally = new ModelTally();
  tally.add(chat);
  const folders = [{ id: 'hostile-folder', name: all, colour: all, createdAt: 1 }];
  return { header: tally.header(1, all), folders, chats: () => [chat] };
}

/** The same texts in the shapes of other programs. */
function foreignFiles(): { name: string; text: string }[] {
  const turns = HOSTILE_TEXTS.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
  const chatGpt = Object.fromEntries(
    turns.map(({ role, content }, at) => [
      `n${at}`,
      {
        parent: at === 0 ? null : `n${at - 1}`,
        message: { author: { role }, content: { content_type: 'text', parts: [content] } },
      },
    ]),
  );
  return [
    { name: 'openai.json', text: JSON.stringify({ messages: turns }) },
    { name: 'openai.jsonl', text: turns.map((turn) => JSON.stringify({ messages: [turn] })).join('\n') },
    {
      name: 'sharegpt.json',
      text: JSON.stringify([
        { conversations: turns.map(({ role, content }) => ({ from: role, value: content })) },
      ]),
    },
    {
      name: 'better.json',
      text: JSON.stringify([{ title: HOSTILE_TEXTS.join(' '), messages: turns, config: {} }]),
    },
    {
      name: 'conversations.json',
      text: JSON.stringify([
        { title: HOSTILE_TEXTS.join(' '), mapping: chatGpt, current_node: `n${turns.length - 1}` },
      ]),
    },
  ];
}

test('no message, import, link or HTML export runs a script or makes a request', async ({
  page,
  context,
  baseURL,
}, info) => {
  test.setTimeout(400_000);
  expect(HOSTILE_TEXTS.length).toBeGreaterThanOrEqual(60);
  await withoutModel(page);
  const found = await watch(context, new URL(baseURL ?? '').origin);

  // 1. Messages of both sides, as the app stores and shows them.
  await page.goto('/');
  await acceptNotice(page);
  const panel = page.getByRole('navigation', { name: 'Conversations' });
  await expect(panel).toBeVisible();
  await page.evaluate(await bundlePageScript(resolve(import.meta.dirname, 'harness/conversations.ts')));
  const id = await page.evaluate(
    (texts) => window.chats.make(texts.map((text) => ({ question: text, answer: text }))),
    HOSTILE_TEXTS,
  );
  await page.goto(`/#/c/${id}`);
  await expect(page.getByRole('article', { name: 'You' }).last()).toBeVisible();
  await drawAll(page);
  await expect(page.getByRole('article')).toHaveCount(2 * HOSTILE_TEXTS.length);
  // Shown as text because it is understood, not because its drawing failed.
  await expect(
    page.getByRole('article', { name: 'Model' }).locator('strong', { hasText: /^drawn & : ©$/ }),
  ).toBeAttached();
  expect(await live(page, 'main')).toEqual(HARMLESS);

  // 2. The HTML export, with its policy and without: the markup itself must be inert.
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'HTML', exact: true }).click(),
  ]);
  const guarded = info.outputPath('export.html');
  await download.saveAs(guarded);
  const text = await readFile(guarded, 'utf8');
  const bare = info.outputPath('bare.html');
  const { writeFile } = await import('node:fs/promises');
  const unguarded = text.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '');
  expect(unguarded.length).toBeLessThan(text.length);
  await writeFile(bare, unguarded);
  for (const file of [guarded, bare]) {
    const reader = await context.newPage();
    await reader.goto(pathToFileURL(file).href);
    await expect(reader.locator('article')).toHaveCount(2 * HOSTILE_TEXTS.length);
    await expect(reader.locator('footer')).toContainText(/[0-9a-f]{64}/);
    expect(await live(reader, 'body'), file).toEqual(HARMLESS);
    await reader.close();
  }

  // 3. Imports: ours with every field filled, and the shapes of other programs.
  const own = hostileFile('imported', HOSTILE_TEXTS);
  let ownText = '';
  for await (const piece of writeJson(own)) ownText += piece;
  const files = [{ name: '<img src=x onerror=__ran(1)>.json', text: ownText }, ...foreignFiles()];
  await page.locator('input[type=file][accept*=jsonl]').setInputFiles(
    files.map((file) => ({
      name: file.name,
      mimeType: 'application/json',
      buffer: Buffer.from(file.text),
    })),
  );
  const report = page.getByRole('dialog', { name: 'Import' });
  await expect(report.getByText(/came in/)).toHaveCount(files.length, { timeout: 60_000 });
  expect(await live(page, 'dialog')).toEqual(HARMLESS);
  await report.getByRole('button', { name: 'Done' }).click();
  await page.goto('/#/c/imported');
  await expect(page.getByRole('article')).toHaveCount(HOSTILE_TEXTS.length);
  await drawAll(page);
  await page
    .getByRole('article', { name: 'Model' })
    .last()
    .getByRole('button', { name: 'Details', exact: true })
    .click();
  await expect(page.getByRole('group', { name: 'Prompt' })).toContainText('__ran');
  expect(await live(page, 'main')).toEqual(HARMLESS);
  expect(await live(page, 'nav')).toMatchObject({ ran: 0, stopped: [] });

  // 4. Search shows parts of them.
  await panel.getByRole('searchbox').fill('onerror');
  await expect(panel.getByRole('list', { name: 'Search results' }).getByRole('link').first()).toBeVisible();
  expect(await live(page, 'nav ul[aria-label="Search results"] span')).toEqual(HARMLESS);

  // 5. A link.
  const linked = await pack(await toDocument(hostileFile('linked', HOSTILE_TEXTS)));
  await page.goto(`/#/shared/${linked}`);
  await expect(page.getByText('Consistent: its check value fits its content.')).toBeVisible();
  await expect(page.getByRole('main').getByRole('article')).toHaveCount(HOSTILE_TEXTS.length);
  expect(await live(page, 'main')).toEqual(HARMLESS);

  expect(found).toEqual({ requests: [], dialogs: [] });
});
