import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test, type Download, type Page } from '@playwright/test';
import { bundlePageScript } from '../src/tooling/bench/page-script.ts';
import { pack } from '../src/transcripts/format/embedding.ts';
import { toDocument } from '../src/transcripts/export/export-json.ts';
import { acceptNotice, ask, waitForModel } from './support/app.ts';
import { pdfPages } from './support/pdf-text.ts';
import {
  base,
  conversationsIn,
  exportAs,
  fileOf,
  importText,
  openSample,
  openWithoutModel,
  QUESTION,
  sampleChat,
  sourceOf,
  throughCleanProfile,
} from './support/transcript-fixture.ts';

/** A chat with what a transcript must not lose: a model's reply, an edited version beside it, a text put in by hand. */
async function studiedChat(page: Page, question: string): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
  await ask(page, question);
  const reply = page.getByRole('article', { name: 'Model' });
  await reply.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Reply text' }).fill('Changed by hand: $E = mc^2$ and 漢字 🫀.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(reply).toContainText('edited');
  await reply.getByRole('button', { name: 'Insert after' }).click();
  await page.getByRole('textbox', { name: 'Text to insert' }).fill('Put in by hand.');
  await page.getByRole('button', { name: 'Insert', exact: true }).click();
  const inserted = page.getByRole('article', { name: 'You' }).last();
  await expect(inserted).toContainText('Put in by hand.');
  await expect(inserted).toContainText('edited');
}

test('JSON and HTML bring the whole chat into a clean profile; Markdown and JSONL their texts, JSONL with its check file', async ({
  page,
  browser,
}) => {
  test.setTimeout(300_000);
  const question = 'What is this app?';
  await studiedChat(page, question);
  const json = await exportAs(page, 'JSON');
  expect(json.text.startsWith('{"notice":')).toBe(true);
  expect(json.text).toContain('While Meditron is designed');
  expect(json.text).toMatch(/"sha256":"[0-9a-f]{64}"\}\n$/);
  const [chat] = conversationsIn(json.text);
  expect(chat?.messages).toHaveLength(4);
  for (const format of ['JSON', 'HTML']) {
    const file = format === 'JSON' ? json : await exportAs(page, format);
    const { words, again } = await throughCleanProfile(browser, file, question);
    expect(words, format).toContain('Consistent: its check value fits its content');
    expect(conversationsIn(again.text), format).toEqual(conversationsIn(json.text));
  }
  const markdown = await exportAs(page, 'Markdown');
  // Nothing below what is read but where the rest is, and the check value.
  expect(markdown.text).toMatch(
    /\n---\n\n.*JSON export\.\n\nSHA-256 of everything above this line: [0-9a-f]{64}\n$/,
  );
  const read = await throughCleanProfile(browser, markdown, question);
  expect(read.words).toContain('Consistent: its check value fits its content');

  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const saved: Download[] = [];
  page.on('download', (download) => saved.push(download));
  await page.getByRole('menuitem', { name: 'Messages (JSONL)', exact: true }).click();
  await expect.poll(() => saved.length).toBe(2);
  const [lines, check] = await Promise.all(
    saved.map(async (each) => ({
      name: each.suggestedFilename(),
      text: await readFile(await each.path(), 'utf8'),
    })),
  );
  if (!lines || !check) throw new Error('two files');
  expect(check.text).toBe(`${createHash('sha256').update(lines.text).digest('hex')}  ${lines.name}\n`);
  const { words, again } = await throughCleanProfile(browser, lines, question, [check]);
  expect(words).toContain('Consistent: its check value fits its content');
  const told = conversationsIn(again.text)[0]?.messages.map(({ role, text, edited }) => ({
    role,
    text,
    edited,
  }));
  const texts = [
    { role: 'user', text: question, edited: false },
    { role: 'assistant', text: 'Changed by hand: $E = mc^2$ and 漢字 🫀.', edited: true },
    { role: 'user', text: 'Put in by hand.', edited: true },
  ];
  expect(told).toEqual(texts);
  expect(
    conversationsIn(read.again.text)[0]?.messages.map(({ role, text, edited }) => ({ role, text, edited })),
  ).toEqual(texts);
});

test('a word changed in a file is named when it comes in, and the same file twice changes nothing', async ({
  page,
}) => {
  await openSample(page);
  const { name, text } = await exportAs(page, 'JSON');
  const changed = text.replace(`"text":"${QUESTION}"`, '"text":"What is that app?"');
  expect(changed).not.toBe(text);
  const words = await importText(page, name, changed);
  expect(words).toContain('Changed since export');
  expect(words).toContain('a question, now “What is that app?”');
  // The same ids are here already: nothing is overwritten, nothing doubled.
  expect(words).toContain('1 chat was here already');
  expect(conversationsIn((await exportAs(page, 'JSON')).text)).toEqual(conversationsIn(text));
});

test('another program’s export comes in with its folders, and the report says what was left out', async ({
  page,
}) => {
  await openWithoutModel(page);
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Which bone is this?' }, { type: 'image_url' }] },
    ...['1', '2', '3'].map((content) => ({ role: 'tool', content })),
    { role: 'assistant', content: 'The scaphoid.' },
  ];
  const config = { model: 'gpt-4', temperature: 1 };
  const file = JSON.stringify({
    chats: [{ id: 'b7c9', title: ' ', messages, config, titleSet: false, folder: 'f1' }],
    folders: { f1: { id: 'f1', name: 'Anatomy', expanded: true, order: 0, color: '#be123c' } },
    version: 1,
  });
  const words = await importText(page, 'export.json', file);
  expect(words).toContain('This is a BetterChatGPT export. 1 chat came in.');
  expect(words).toContain('3 tool messages and 1 picture were left out.');
  const chats = page.getByRole('navigation', { name: 'Conversations' });
  await chats.getByRole('link', { name: 'Which bone is this?' }).click();
  await expect(page.getByRole('article', { name: 'Model' })).toContainText('The scaphoid.');
  expect(await storedRows(page)).toMatchObject({ conversations: 1, messages: 2, folders: 1 });
  const [stored] = conversationsIn((await exportAs(page, 'JSON')).text);
  expect(stored?.conversation.updatedAt).toBeGreaterThan(Date.UTC(2020, 0, 1));
  expect(await importText(page, 'export.json', file)).toContain('1 chat was here already');

  // Messages that belong to one chat can't come in as another's.
  const { conversation, messages: own } = sampleChat();
  const copyOf = (id: string) =>
    sourceOf({
      conversation: { ...conversation, id },
      messages: own.map((each) => ({ ...each, conversationId: id })),
    });
  await importText(page, 'one.json', await fileOf(copyOf('one')));
  const refused = await importText(page, 'two.json', await fileOf(copyOf('two')));
  expect(refused).toContain('0 chats came in');
  expect(refused).toContain('messages of it are here already, in another chat');
});

test('a share link opens read-only behind the notice, and is stored only when kept', async ({
  page,
  browser,
}) => {
  await openSample(page);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Share link' }).click();
  const url = await page.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(url).toContain('#/shared/');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  const context = await browser.newContext({ ...base(), serviceWorkers: 'block' });
  const viewer = await context.newPage();
  await viewer.route('**/models/demo/**', (request) => request.abort());
  await viewer.goto(url);
  await expect(viewer.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
  await expect(viewer.getByRole('article', { name: 'You' })).toHaveCount(0);
  await acceptNotice(viewer);
  await expect(viewer.getByRole('article', { name: 'You' })).toContainText(QUESTION);
  await expect(viewer.getByText('Consistent: its check value fits its content.')).toBeVisible();
  // Which model, before any of its replies.
  await expect(viewer.getByRole('main')).toContainText(/Exported 20.* from Meditron Web/);
  await expect(
    viewer.getByText(/^Meditron-7B \(q4f16_1\), web-llm \(MLC\) 0\.2\.86: 2 replies; from/),
  ).toBeVisible();
  const chats = viewer.getByRole('navigation', { name: 'Conversations' });
  await expect(chats.getByRole('link', { name: QUESTION })).toHaveCount(0);
  expect(await storedRows(viewer)).toEqual({
    conversations: 0,
    messages: 0,
    prompts: 0,
    folders: 0,
    drafts: 0,
    searchLog: 0,
  });
  await viewer.getByRole('button', { name: 'Keep' }).click();
  await expect(chats.getByRole('link', { name: QUESTION })).toBeVisible();
  expect(await storedRows(viewer)).toMatchObject({ conversations: 1, messages: 3, prompts: 2 });
  const [kept, sent] = [await exportAs(viewer, 'JSON'), await exportAs(page, 'JSON')];
  expect(conversationsIn(kept.text)).toEqual(conversationsIn(sent.text));
  await context.close();
});

test('a chat too long for a link is offered as a file instead', async ({ page }) => {
  await openWithoutModel(page);
  await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible();
  await page.evaluate(await bundlePageScript(resolve(import.meta.dirname, 'harness/conversations.ts')));
  const id = await page.evaluate(() => {
    // Random letters: a text that does not deflate.
    const letters = Array.from(crypto.getRandomValues(new Uint8Array(40_000)), (byte) =>
      String.fromCharCode(97 + (byte % 26)),
    );
    return window.chats.make([{ question: 'A long one', answer: letters.join('') }], 'Long');
  });
  await page.goto(`/#/c/${id}`);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Share link' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share link' });
  await expect(dialog).toContainText('more than 16,000');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Save the file instead' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^long-.*\.html$/);
});

test('on paper the notice comes first: by the menu, by Ctrl+P, and by the browser’s own Print', async ({
  page,
}) => {
  // The browser's own print, which `page.pdf` is, runs once at a time: what the app asks for is counted, and then printed here.
  await page.addInitScript(() => {
    const asked = { times: 0 };
    Object.assign(window, { __printAsked: asked });
    window.print = () => {
      asked.times += 1;
    };
  });
  const timesAsked = () =>
    page.evaluate(() => (window as unknown as { __printAsked: { times: number } }).__printAsked.times);
  await openSample(page);
  await expect(page.getByRole('button', { name: 'Export', exact: true })).toBeVisible();
  // Spaces between runs of glyphs are positions, not characters.
  const print = async (): Promise<readonly string[]> =>
    pdfPages(await page.pdf({ format: 'A4' })).map((text) => text.replace(/\s/g, ''));
  const check = (pages: readonly string[]): void => {
    const [first = ''] = pages;
    expect(first.startsWith('Advisorynotice')).toBe(true);
    expect(first).toContain('WhileMeditronisdesigned');
    expect(first.indexOf('WhileMeditronisdesigned')).toBeLessThan(first.indexOf(QUESTION.replace(/\s/g, '')));
    const whole = pages.join('');
    expect(whole).toContain('Changedbyhand');
    expect(whole).toContain('edited');
    for (const control of ['Newchat', 'Askaquestion', 'Regenerate', 'Settings'])
      expect(whole).not.toContain(control);
  };
  const hash = /SHA-256ofthetranscriptasJSON:[0-9a-f]{64}$/;

  const unrolled = await print();
  check(unrolled);
  expect(unrolled.join('')).not.toMatch(hash);
  expect(await timesAsked()).toBe(0);

  let times = 0;
  const ready = page.locator('html.printing');
  for (const ask of [
    async () => {
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Print or PDF' }).click();
    },
    () => page.keyboard.press('ControlOrMeta+p'),
  ]) {
    await ask();
    times += 1;
    await expect.poll(timesAsked).toBe(times);
    await expect(ready).toBeAttached();
    const pages = await print();
    check(pages);
    expect(pages.join('')).toMatch(hash);
    // The browser has told that it is done.
    await expect(ready).not.toBeAttached();
    await expect(page.locator('#print')).toHaveCount(0);
  }
});

test('the share sheet gets the whole file; where it takes no files or refuses, the file is saved', async ({
  page,
}) => {
  await page.addInitScript(() => {
    const sheet = { takes: true, answer: '', shared: [] as { title: string; file: File }[] };
    Object.assign(window, { __sheet: sheet });
    navigator.canShare = ({ files }: ShareData = {}) => sheet.takes && files?.length === 1;
    navigator.share = ({ files, title }: ShareData = {}) => {
      const [file] = files ?? [];
      if (file) sheet.shared.push({ title: title ?? '', file });
      return sheet.answer === '' ? Promise.resolve() : Promise.reject(new DOMException('no', sheet.answer));
    };
  });
  await openSample(page);
  const shareFile = async (takes: boolean, answer: string): Promise<void> => {
    await page.evaluate(
      (state) => {
        Object.assign((window as unknown as { __sheet: object }).__sheet, state);
      },
      { takes, answer },
    );
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Share file' }).click();
  };
  const shared = () =>
    page.evaluate(async () => {
      const { shared: all } = (window as unknown as { __sheet: { shared: { title: string; file: File }[] } })
        .__sheet;
      return Promise.all(
        all.map(async ({ title, file }) => ({
          title,
          name: file.name,
          type: file.type,
          text: await file.text(),
        })),
      );
    });

  await shareFile(true, '');
  await expect.poll(async () => (await shared()).length).toBe(1);
  const [first] = await shared();
  if (!first) throw new Error('nothing was shared');
  expect(first).toMatchObject({ title: first.name, type: 'text/html' });
  expect(first.name).toMatch(/^how-does-metformin-.*\.html$/);
  expect(await importText(page, first.name, first.text)).toContain(
    'Consistent: its check value fits its content',
  );

  // Closed by the person: nothing more happens.
  await shareFile(true, 'AbortError');
  await expect.poll(async () => (await shared()).length).toBe(2);
  await expect(page.getByRole('menuitem', { name: 'Share file' })).toBeHidden();
  await expect(page.getByRole('dialog')).toHaveCount(0);

  for (const [takes, answer] of [
    [true, 'NotAllowedError'],
    [false, ''],
  ] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), shareFile(takes, answer)]);
    expect(await readFile(await download.path(), 'utf8')).toContain('While Meditron is designed');
  }
});

test('a changed question is a marked version that nobody answers; Details name everything, and what was left out', async ({
  page,
}) => {
  await openWithoutModel(page);
  const { conversation, messages } = sampleChat();
  const [question, reply] = messages;
  if (!question || !reply?.provenance) throw new Error('the sample has changed');
  const provenance = { ...reply.provenance, droppedMessageIds: [question.id, 'long-gone'] };
  const chat = {
    conversation: { ...conversation, leafId: reply.id },
    messages: [question, { ...reply, provenance }],
  };
  await importText(page, 'sample.json', await fileOf(sourceOf(chat)));
  await page.goto('/#/c/sample');
  const model = page.getByRole('article', { name: 'Model' });
  await model.getByRole('button', { name: 'Details', exact: true }).click();
  const details = page.getByRole('region', { name: 'How this reply came about' });
  for (const fact of [
    'Meditron-7B, q4f16_1',
    'https://models.example/meditron-7b/',
    `SHA-256 ${'3f'.repeat(32)}`,
    `SHA-256 ${'ab'.repeat(32)}`,
    'web-llm (MLC) 0.2.86, on the GPU (A graphics card)',
    '1 worked example',
    'You are a helpful assistant.',
    'temperature 0.2, top_p 0.95, top_k 40, repetition penalty 1.1, at most 512 tokens',
    '312 read (0 reused), 188 written',
    '0.42 s to the first token, then 31.2 tokens/s',
    'the model itself',
    '2025-11-21, acknowledged',
    'Meditron Web 0.1.0',
  ])
    await expect(details).toContainText(fact);
  await expect(details.getByText('Model', { exact: true }).locator('+ dd code')).toHaveText('meditron-7b');
  await expect(details.getByText('Seed', { exact: true }).locator('+ dd')).toHaveText('7');
  await expect(details.getByRole('group', { name: 'Prompt' })).toHaveText(/^### User: .*### Assistant:$/s);
  await details.getByText('the 2 oldest messages').click();
  await expect(details.getByRole('listitem')).toHaveText([`You: ${QUESTION}`]);
  await expect(details).toContainText('1 of them were deleted since');

  const asked = page.getByRole('article', { name: 'You' });
  await asked.hover();
  await asked.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Your question' }).fill('How does insulin?');
  await page.getByRole('button', { name: 'Save without asking' }).click();
  await expect(asked).toContainText('How does insulin?');
  await expect(asked).toContainText('edited');
  await expect(page.locator('article[aria-busy="true"]')).toHaveCount(0);
  const [version] = conversationsIn((await exportAs(page, 'JSON')).text);
  expect(version?.messages.filter(({ role }) => role === 'user')).toMatchObject([
    { text: QUESTION, edited: false },
    { text: 'How does insulin?', edited: true },
  ]);
  await asked.hover();
  await asked.getByRole('button', { name: 'Previous version' }).click();
  await expect(asked).toContainText(QUESTION);
  await expect(model).toHaveCount(1);
});

test('a damaged link says so and stores nothing; one whose chats can’t be read says which, and offers nothing to keep', async ({
  page,
}) => {
  await openWithoutModel(page, '#/shared/AAAAnonsense');
  await expect(page.getByRole('alert')).toContainText('This link is damaged');
  const document = await toDocument(sourceOf(sampleChat()));
  const broken = { ...document, conversations: [{}] } as unknown as typeof document;
  await page.goto(`/#/shared/${await pack(broken)}`);
  await expect(page.getByRole('region', { name: 'What can’t be shown' })).toContainText('conversation 1: ');
  await expect(page.getByText('Changed since export')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Keep' })).toHaveCount(0);
});

/** Rows in the app's database, counted past the app. */
async function storedRows(page: Page): Promise<Record<string, number>> {
  return page.evaluate(
    () =>
      new Promise<Record<string, number>>((done, fail) => {
        const opening = indexedDB.open('meditron');
        opening.onerror = () => {
          fail(new Error('the database did not open'));
        };
        opening.onsuccess = () => {
          const db = opening.result;
          const names = ['conversations', 'messages', 'prompts', 'folders', 'drafts', 'searchLog'];
          const transaction = db.transaction(names);
          const counts: Record<string, number> = {};
          for (const name of names) {
            const request = transaction.objectStore(name).count();
            request.onsuccess = () => {
              counts[name] = request.result;
            };
          }
          transaction.oncomplete = () => {
            db.close();
            done(counts);
          };
        };
      }),
  );
}
