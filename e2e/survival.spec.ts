/** What must not lose a word: a tab killed in the middle, a browser without a database, a full disk; and Stop, in time. */
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const replies = (page: Page) => page.getByRole('article', { name: 'Model' });
const LONG_ANSWER = 'How do I get Meditron-7B?';

/** Without Markdown's marks. */
const plain = (text: string): string => text.replaceAll(/[*`#]/g, '');

async function open(page: Page): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
}

async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Presses Stop in the middle of a reply. @returns what stood there at that moment, or null when it was done first. */
async function stoppedMidStream(page: Page): Promise<string | null> {
  const seen = await page.waitForFunction(() => {
    const replies = Array.from(document.querySelectorAll('article')).filter(
      (each) => each.querySelector('h2')?.textContent === 'Model',
    );
    const last = replies.at(-1);
    const [, ...lines] = last?.innerText.split('\n').filter((line) => line.trim() !== '') ?? [];
    const end = lines.findIndex((line) => line.startsWith('Writing'));
    if (last?.getAttribute('aria-busy') !== 'true') return lines.length > 0 && { done: true, body: '' };
    const body = lines.slice(0, Math.max(end, 0)).join('\n');
    if (body.length <= 12) return false;
    // In the same frame: a fast machine may be done before a click from outside arrives.
    const button = Array.from(document.querySelectorAll('button')).find(
      (each) => (each.getAttribute('aria-label') ?? each.textContent).trim() === 'Stop',
    );
    button?.click();
    return { done: button === undefined, body };
  });
  const { done, body } = (await seen.jsonValue()) as { done: boolean; body: string };
  return done ? null : body;
}

/** @returns what of a reply is on the disk as soon as there is something; empty when the reply was finished first. */
function savedSoFar(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((done, fail) => {
      const request = indexedDB.open('meditron');
      request.onerror = () => fail(new Error('the database does not open'));
      request.onsuccess = () => done(request.result);
    });
    const partial = (): Promise<{ text: string } | undefined> =>
      new Promise((done) => {
        const all = database.transaction('partials').objectStore('partials').getAll();
        all.onsuccess = () => done((all.result as { text: string }[])[0]);
      });
    try {
      for (let begun = false; ;) {
        const found = await partial();
        if (found && found.text !== '') return found.text;
        if (found) begun = true;
        else if (begun) return '';
      }
    } finally {
      database.close();
    }
  });
}

for (const end of ['killed', 'reloaded'] as const) {
  test(`a tab ${end} in the middle of a reply leaves the question and what was written, with Continue`, async ({
    page,
    context,
  }) => {
    let tab = page;
    await open(tab);
    // A fast machine may finish a reply before the end arrives: then nothing may be lost either, and another one is cut.
    for (let round = 1; ; round++) {
      await send(tab, LONG_ANSWER);
      const text = await savedSoFar(tab);
      if (end === 'reloaded') await tab.reload();
      else {
        await kill(tab);
        const dead = tab;
        tab = await context.newPage();
        await tab.goto(dead.url());
        await acceptNotice(tab);
      }
      await expect(tab.getByRole('article', { name: 'You' })).toHaveCount(round);
      const reply = replies(tab).last();
      // A mark that was still open when the end came stands there as it is.
      await expect
        .poll(async () => plain(await reply.innerText()))
        .toContain(plain(text.split('\n')[0] ?? '').slice(0, 12));
      await expect(reply).not.toHaveAttribute('aria-busy', 'true');
      if (text === '' || !(await reply.innerText()).includes('Interrupted')) {
        expect(round, 'every reply was finished before its tab was gone').toBeLessThan(8);
        continue;
      }
      await reply.getByRole('button', { name: 'Continue' }).click();
      await expect(reply).not.toContainText('Interrupted', { timeout: 100_000 });
      await expect(reply).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
      return;
    }
  });
}

async function kill(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const gone = new Promise<void>((done) => page.once('crash', () => done()));
  // Its answer never comes: there is nobody left to give it.
  session.send('Page.crash').catch(() => undefined);
  await gone;
}

test('Stop in the middle keeps what was written and frees the model for the next question', async ({
  page,
}) => {
  await open(page);
  let body: string | null = null;
  for (let round = 0; body === null; round++) {
    expect(round, 'every reply was finished before it could be stopped').toBeLessThan(8);
    await send(page, LONG_ANSWER);
    body = await stoppedMidStream(page);
  }
  const began = await page.evaluate(() => performance.now());
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  const took = (await page.evaluate(() => performance.now())) - began;
  // The promise (300 ms) is for a machine with nothing else to do; what is asserted is the state.
  test.info().annotations.push({ type: 'stopped after', description: `${String(Math.round(took))} ms` });
  // What was plain while it came in is rendered once it stands.
  await expect
    .poll(async () => plain(await replies(page).last().innerText()))
    .toContain(plain(body).slice(0, 10));
  await expect(replies(page).last()).toContainText('Stopped.');
  await ask(page, 'What is this app?');
});

test('the view follows a reply only while the reader is at its end', async ({ page }) => {
  await page.setViewportSize({ width: 800, height: 500 });
  await open(page);
  for (let turn = 0; turn < 4; turn++) await ask(page, LONG_ANSWER);
  const log = page.getByRole('log', { name: 'Conversation' });
  const gap = () =>
    log.evaluate((element) => {
      let scroller: Element | null = element;
      while (scroller && getComputedStyle(scroller).overflowY !== 'auto') scroller = scroller.parentElement;
      const box = scroller ?? document.documentElement;
      return box.scrollHeight - box.scrollTop - box.clientHeight;
    });
  await expect.poll(gap).toBeLessThan(40);
  // By hand, as a reader does: a wheel over the page.
  await log.hover();
  await page.mouse.wheel(0, -4000);
  await expect.poll(gap).toBeGreaterThan(200);
  await expect(page.getByRole('article', { name: 'You' }).first()).toBeInViewport();
  const top = await page.getByRole('article', { name: 'You' }).first().boundingBox();
  await replies(page).last().getByRole('button', { name: 'Regenerate' }).dispatchEvent('click');
  // A busy moment may pass unseen; the new version stays.
  await expect(replies(page).last().getByRole('button', { name: 'Previous version' })).toBeEnabled();
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
  expect((await page.getByRole('article', { name: 'You' }).first().boundingBox())?.y).toBe(top?.y);
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await expect.poll(gap).toBeLessThan(40);
});

test('a reload in the middle of an edit costs no word of it', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  const question = page.getByRole('article', { name: 'You' });
  await question.getByRole('button', { name: 'Edit' }).click();
  await question.getByRole('textbox', { name: 'Your question' }).fill('A long question, half thought out');
  await page.reload();
  const unfinished = page.getByRole('region', { name: 'Not finished when the page closed or locked' });
  await expect(unfinished.getByRole('listitem')).toHaveText(
    /^Your question.*A long question, half thought out/,
  );
  await unfinished.getByRole('button', { name: 'Discard' }).click();
  await expect(unfinished).toBeHidden();
  await page.reload();
  await expect(composer(page)).toBeVisible();
  await expect(unfinished).toBeHidden();
});

test('without IndexedDB it says that nothing is kept, and chats all the same', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: undefined });
  });
  await open(page);
  await expect(page.getByRole('alert').first()).toContainText('does not let the app store anything');
  const reply = await ask(page, 'What is this app?');
  expect((await reply.innerText()).length).toBeGreaterThan(20);
});

test('a full disk is said, the words stay on screen, and they are saved when there is room', async ({
  page,
}) => {
  // What Chromium does at its quota, at a moment of the test's choosing: the write's transaction fails with this error.
  await page.addInitScript(() => {
    // oxlint-disable-next-line typescript/unbound-method -- both are called with their store below
    const { add, put } = IDBObjectStore.prototype;
    const disk = window as { diskFull?: boolean | 'from the first written words' };
    const refuse = (store: string, row: { text?: string; role?: string }): void => {
      // A short reply of a fast machine is stored whole before any part of it is.
      const ofReply = store === 'partials' || (store === 'messages' && row.role === 'assistant');
      const written = ofReply && row.text !== '';
      if (disk.diskFull === 'from the first written words' && written) disk.diskFull = true;
      if (disk.diskFull === true)
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.add = function (...args) {
      refuse(this.name, args[0] as { text?: string });
      return add.apply(this, args);
    };
    IDBObjectStore.prototype.put = function (...args) {
      refuse(this.name, args[0] as { text?: string });
      return put.apply(this, args);
    };
  });
  const full = (value: boolean | 'from the first written words') =>
    page.evaluate((given) => {
      (window as { diskFull?: typeof given }).diskFull = given;
    }, value);
  await open(page);
  await full(true);
  await send(page, 'What is this app?');
  await expect(page.getByRole('alert').first()).toContainText('storage is full', { ignoreCase: true });
  await expect(composer(page)).toHaveValue('What is this app?');

  await full('from the first written words');
  await send(page, 'What is this app?');
  const retry = page.getByRole('button', { name: 'Try to save again' });
  await expect(retry).toBeVisible({ timeout: 100_000 });
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
  const written = plain(await replies(page).last().innerText()).slice(0, 40);
  // In one go: freed, the app also tries again by itself, and the button would go.
  await retry.evaluate((button: HTMLButtonElement) => {
    (window as { diskFull?: boolean }).diskFull = false;
    button.click();
  });
  await expect(page.getByText('storage is full')).toHaveCount(0, { timeout: 60_000 });
  await page.reload();
  await expect(replies(page)).toHaveCount(1);
  await expect
    .poll(async () => plain(await replies(page).last().innerText()).slice(0, written.length))
    .toBe(written);
});
