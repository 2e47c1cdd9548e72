/** A model on a server: connected, asked, exported, let go; with an eye on every request that leaves. */
import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import { TestServer } from '../src/engine/remote/testing/test-server.ts';
import { acceptNotice, ask } from './support/app.ts';

const KEY = 'sk-e2e-secret';
const WRONG_KEY = 'sk-e2e-mistyped';
/** From pasting an address to the first word of a reply. */
const FIRST_WORD_MS = 60_000;
const QUESTION = 'Which valve lies between the left chambers?';
/** What may not be on screen while words go to a server, and is there while they do not. */
const ONLY_WITHOUT_SERVER =
  /sent nowhere|goes nowhere|never sent|(?:runs?|stays?) on this machine|inside this browser|no host but this site’s own/i;
const SAYING_SO = ['Models', 'Exams', 'Settings'];

async function openDialog(page: Page, address: string, key = ''): Promise<ReturnType<Page['getByRole']>> {
  await page.getByRole('button', { name: 'Connect a server' }).click();
  const dialog = page.getByRole('dialog', { name: 'Connect a server' });
  await dialog.getByRole('textbox', { name: 'Address' }).fill(address);
  await dialog.getByRole('textbox', { name: 'Key' }).fill(key);
  return dialog;
}

async function go(page: Page, screen: string): Promise<void> {
  await page.getByRole('link', { name: screen, exact: true }).first().click();
  if (screen !== 'Chat') await expect(page.getByRole('heading', { level: 1, name: screen })).toBeVisible();
}

/** A short run of the built-in set. @returns its results. */
async function runExam(page: Page): Promise<ReturnType<Page['getByRole']>> {
  await go(page, 'Exams');
  await page
    .getByRole('article', { name: 'About this app', exact: true })
    .getByRole('button', { name: 'Run', exact: true })
    .click();
  const dialog = page.getByRole('dialog', { name: 'New run' });
  await dialog.getByRole('spinbutton', { name: /^Examples/ }).fill('0');
  await dialog.getByRole('spinbutton', { name: 'Items' }).fill('3');
  await dialog.getByRole('button', { name: 'Start run' }).click();
  return page.getByRole('region', { name: 'Results' });
}

test('connect, ask, examine, export, disconnect: words go to the named server only, after a yes', async ({
  page,
  context,
}) => {
  const server = await TestServer.start({
    dialect: 'vllm',
    model: 'epfl-llm/meditron-70b',
    key: KEY,
    contextLength: 4096,
    reply: (prompt) => (prompt.includes('Really') ? [' Yes', '.'] : [' The', ' mitral', ' valve', '.']),
  });
  const host = new URL(server.address).host;
  const foreign = new Set<string>();
  context.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && !origin.startsWith('http://localhost')) foreign.add(origin);
  });
  const sent = (): string => JSON.stringify(server.seen.map(({ body }) => body));

  await page.goto('#/models');
  await acceptNotice(page);
  const status = page.getByRole('status', { name: 'Model status' });
  for (const screen of SAYING_SO) {
    await go(page, screen);
    expect(await page.locator('body').innerText(), screen).toMatch(ONLY_WITHOUT_SERVER);
  }
  await go(page, 'Models');

  // A wrong key is named as such, and no copied report has it; with the right one the server is found out.
  const pastedAt = performance.now();
  const dialog = await openDialog(page, `${server.address}/v1`, WRONG_KEY);
  expect([...foreign]).toEqual([]);
  await dialog.getByRole('button', { name: 'Test' }).click();
  await expect(dialog.getByRole('alert')).toContainText('refuses this key');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy details' }).click();
  await expect(dialog.getByRole('button', { name: 'Details copied' })).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('server/key');
  expect(copied).not.toContain(WRONG_KEY);
  await dialog.getByRole('textbox', { name: 'Key' }).fill(KEY);
  await dialog.getByRole('button', { name: 'Test' }).click();
  await expect(dialog.getByRole('status', { name: 'Test' })).toContainText('Window: 4,096 tokens');
  await expect(dialog.getByRole('status', { name: 'Test' })).toContainText('scores options');
  await expect(dialog.getByRole('combobox', { name: 'Model' })).toHaveValue('epfl-llm/meditron-70b');
  await dialog.getByRole('button', { name: 'Connect' }).click();
  const card = page.getByRole('article', { name: host });
  await expect(card.getByRole('button', { name: 'Unload' })).toBeVisible();
  await expect(status).toContainText(`Meditron-70B`);
  await expect(status).toContainText(`ready on ${host}`);
  // Its catalogue card is live, too.
  await expect(
    page.getByRole('article', { name: 'Meditron-70B' }).getByRole('button', { name: 'Unload' }),
  ).toBeVisible();

  // The first message is preceded by a question; no leaves it where it was, and nothing of it left.
  await go(page, 'Chat');
  await page.getByRole('textbox', { name: 'Message' }).fill(QUESTION);
  await page.getByRole('button', { name: 'Send' }).click();
  const consent = page.getByRole('dialog', { name: `Send to ${host}?` });
  await expect(consent).toContainText('leave this machine');
  await consent.getByRole('button', { name: 'Do not send' }).click();
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue(QUESTION);
  expect(sent()).not.toContain('lies between');
  await page.getByRole('button', { name: 'Send' }).click();
  await consent.getByRole('button', { name: `Send to ${host}` }).click();
  const reply = page.getByRole('article', { name: 'Model' });
  await expect(reply).toContainText('The mitral valve.');
  expect(performance.now() - pastedAt).toBeLessThan(FIRST_WORD_MS);
  await expect(reply).toContainText(`Written on ${host}`);
  await expect(reply).not.toHaveAttribute('aria-busy', 'true');
  const worded = server.seen.filter(({ body }) => body !== null);
  expect(worded.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true);
  // A reply whose stream breaks keeps what came, and goes on when the server is there again.
  server.fault = 'cut';
  await page.getByRole('textbox', { name: 'Message' }).fill('Which side?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(reply.last().getByRole('alert')).toContainText('The connection to the server was lost');
  await expect(reply.last()).toContainText('The mitral');
  server.fault = null;
  await reply.last().getByRole('button', { name: 'Continue', exact: true }).click();
  await expect(reply.last()).toContainText('The mitral The mitral valve.');
  await expect(reply.last()).not.toHaveAttribute('aria-busy', 'true');
  // Once a session is enough.
  await expect(await ask(page, 'Really?')).toContainText('Yes.');
  await reply.first().getByRole('button', { name: 'Details', exact: true }).click();
  await expect(reply.first()).toContainText(`${host}, not on this machine`);

  // Every screen says the same.
  for (const screen of [...SAYING_SO, 'About', 'Chat']) {
    await go(page, screen);
    const words = await page.locator('body').innerText();
    expect(words, screen).not.toMatch(ONLY_WITHOUT_SERVER);
    if (screen !== 'About') expect(words, screen).toContain(host);
  }
  await go(page, 'Settings');
  await expect(
    page
      .getByRole('table', { name: 'Requests made' })
      .getByRole('row', { name: /What you ask a model on a server/ }),
  ).toContainText(host);
  await go(page, 'Chat');
  await page.getByRole('button', { name: 'Read the notice' }).click();
  const notice = page.getByRole('dialog', { name: 'Advisory notice' });
  await expect(notice).toContainText(`runs on the server ${host}, not on this machine`);
  await page.keyboard.press('Escape');

  // An exam goes there, too: its options are scored, and its report says where.
  // A full server is waited for, and the run says so until there is a place.
  server.fault = 'busy';
  server.retryAfterSeconds = 1;
  const results = await runExam(page);
  await expect(page.getByRole('region', { name: 'Progress' })).toContainText(
    /The server is full; asking again in \d s\./,
  );
  server.fault = null;
  await expect(results.getByRole('table', { name: 'Summary' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('The server is full')).toBeHidden();
  await expect(page.getByText(`· on the server ${host}, as “epfl-llm/meditron-70b”`)).toBeVisible();
  await results.getByRole('button', { name: 'Export' }).click();
  const [report] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Report (HTML)' }).click(),
  ]);
  const html = await readFile(await report.path(), 'utf8');
  expect(html).toContain(`on the server ${host}`);
  expect(html).not.toContain(KEY);

  // The log names the server, and never the key.
  await go(page, 'Settings');
  const [log] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save the log to a file' }).click(),
  ]);
  const lines = await readFile(await log.path(), 'utf8');
  expect(lines).toContain(host);
  expect(lines).not.toContain(KEY);

  // Nor do exports or a backup.
  await go(page, 'Chat');
  await page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('link', { name: /Which valve/ })
    .click();
  for (const kind of ['Markdown', 'JSON', 'HTML']) {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: kind, exact: true }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text, kind).toContain(host);
    expect(text, kind).not.toContain(KEY);
  }
  const [backup] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Back up' }).click(),
  ]);
  const everything = await readFile(await backup.path(), 'utf8');
  expect(everything).toContain(host);
  expect(everything).not.toContain(KEY);
  expect(await page.evaluate((key) => Object.values(localStorage).join().includes(key), KEY)).toBe(false);

  // Offline only ends it, by name.
  await go(page, 'Settings');
  const offlineOnly = page.getByRole('checkbox', { name: 'Offline only' });
  await offlineOnly.click();
  await expect(offlineOnly).toBeChecked();
  const before = server.seen.length;
  await go(page, 'Chat');
  await page.getByRole('textbox', { name: 'Message' }).fill('And now?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('alert')).toContainText('“Offline only” is on');
  expect(server.seen.length).toBe(before);
  await go(page, 'Settings');
  await offlineOnly.click();
  await expect(offlineOnly).not.toBeChecked();

  await go(page, 'Models');
  await card.getByRole('button', { name: 'Remove' }).click();
  await expect(card).toBeHidden();
  await expect(status).toContainText('No model loaded');
  await expect(page.getByText('What you ask it goes nowhere, unless you connect a server.')).toBeVisible();
  expect([...foreign]).toEqual([server.address]);
  await server.stop();
});

test('a server that can’t score is asked for written answers, after a yes', async ({ page }) => {
  const server = await TestServer.start({ dialect: 'lenient', reply: () => [' A', '.'] });
  const host = new URL(server.address).host;
  await page.goto('#/models');
  await acceptNotice(page);
  const dialog = await openDialog(page, server.address);
  await dialog.getByRole('button', { name: 'Connect' }).click();
  await expect(page.getByRole('status', { name: 'Model status' })).toContainText(`ready on ${host}`);
  const before = server.seen.length;
  const results = await runExam(page);
  const run = page.getByRole('dialog', { name: 'New run' });
  const consent = page.getByRole('dialog', { name: `Send to ${host}?` });
  await consent.getByRole('button', { name: 'Do not send' }).click();
  await expect(run.getByRole('alert')).toContainText('Not sent');
  await expect(run.getByRole('combobox', { name: 'Method' })).toHaveValue('written');
  await expect(run.getByText(`The server ${host} can’t score options.`)).toBeVisible();
  expect(server.seen.length).toBe(before);
  await run.getByRole('button', { name: 'Start run' }).click();
  await consent.getByRole('button', { name: `Send to ${host}` }).click();
  await expect(results.getByRole('table', { name: 'Summary' })).toBeVisible({ timeout: 60_000 });
  await server.stop();
});

test('what fails is named by its cause', async ({ page }) => {
  const closed = await TestServer.start({ dialect: 'vllm', cors: false });
  const open = await TestServer.start({ dialect: 'llama-server' });
  await page.goto('#/models');
  await acceptNotice(page);
  const dialog = await openDialog(page, 'not an address');
  const test = async (address: string): Promise<void> => {
    await dialog.getByRole('textbox', { name: 'Address' }).fill(address);
    await dialog.getByRole('button', { name: 'Test' }).click();
  };
  const alert = dialog.getByRole('alert');
  await test('not an address');
  await expect(alert).toContainText('not the address of a server');
  await test('http://127.0.0.1:9');
  await expect(alert).toContainText('does not answer');
  await test(closed.address);
  await expect(alert).toContainText('does not let this page read its answers');
  // The page's policy names no such host: the line that would is shown.
  await test('https://llm.example.org');
  await expect(alert).toContainText('policy does not allow this server');
  await expect(alert).toContainText(/connect-src 'self' .* https:\/\/llm\.example\.org/);
  await test('/');
  await expect(alert).toContainText('not an OpenAI-compatible server');
  open.fault = 'redirect';
  await test(open.address);
  await expect(alert).toContainText('sends requests on to another address');
  open.fault = 'page';
  await test(open.address);
  await expect(alert).toContainText('not an OpenAI-compatible server');
  open.fault = null;
  await dialog.getByRole('combobox', { name: 'Model' }).fill('toy');
  await test(open.address);
  await expect(dialog.getByRole('status', { name: 'Test' })).toContainText('llama.cpp b9999-test');
  // Passed on by whoever serves the app, the same server needs no permission: it is this site.
  await closed.stop();
  const beside = await TestServer.start({ dialect: 'llama-server', cors: false });
  await page.route(/:\d+\/(?:v1|props|tokenize|completion|version|info|metrics|slots)\b/, async (route) => {
    const { pathname } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${beside.address}${pathname}` }) });
  });
  await test('/v1');
  await expect(dialog.getByRole('status', { name: 'Test' })).toContainText('scores options');
  expect(beside.seen.every(({ authorization }) => authorization === null)).toBe(true);
  await Promise.all([beside.stop(), open.stop()]);
});
