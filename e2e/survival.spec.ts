/** What must not lose a word: a tab killed in the middle, a browser without a database, a full disk; and Stop, in time. */
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

// Each waits for a model that shares two cores with another test's.
test.describe.configure({ timeout: 240_000 });

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const replies = (page: Page) => page.getByRole('article', { name: 'Model' });
const LONG_ANSWER = 'How do I get Meditron-7B?';

async function open(page: Page): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
  await waitForModel(page);
}

async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** @returns what stands in the reply at a moment when it is still being written, or null when it was done first. */
async function midStream(page: Page): Promise<string | null> {
  const seen = await page.waitForFunction(() => {
    const replies = Array.from(document.querySelectorAll('article')).filter(
      (each) => each.querySelector('h2')?.textContent === 'Model',
    );
    const last = replies.at(-1);
    const [, ...lines] = last?.innerText.split('\n').filter((line) => line.trim() !== '') ?? [];
    const end = lines.findIndex((line) => line.startsWith('Writing'));
    if (last?.getAttribute('aria-busy') !== 'true') return lines.length > 0 && { done: true, body: '' };
    const body = lines.slice(0, Math.max(end, 0)).join('\n');
    return body.length > 12 && { done: false, body };
  });
  const { done, body } = (await seen.jsonValue()) as { done: boolean; body: string };
  return done ? null : body;
}

/** Asks until a reply is caught in the middle: a fast machine may finish one first. */
async function askAndCatch(page: Page): Promise<string> {
  for (let round = 0; round < 8; round++) {
    await send(page, LONG_ANSWER);
    const body = await midStream(page);
    if (body !== null) return body;
  }
  throw new Error('every reply was finished before it could be looked at');
}

test('a tab killed in the middle of a reply leaves the question and what was written, with Continue', async ({
  page,
  context,
}) => {
  await open(page);
  await askAndCatch(page);
  // Saved at most a quarter of a second later: what is on the disk at the kill is what must be there afterwards.
  const stored = await page.waitForFunction(
    () =>
      new Promise<string | false>((done, fail) => {
        const request = indexedDB.open('meditron');
        request.onerror = () => fail(new Error('the database does not open'));
        request.onsuccess = () => {
          const all = request.result.transaction('partials').objectStore('partials').getAll();
          all.onsuccess = () => {
            request.result.close();
            const [first] = all.result as { text: string }[];
            // A finished reply has no partial any more.
            done(first === undefined ? '' : first.text.length > 0 && first.text);
          };
        };
      }),
  );
  const text = (await stored.jsonValue()) as string;
  const questions = await page.getByRole('article', { name: 'You' }).count();
  const address = page.url();
  const session = await context.newCDPSession(page);
  const gone = new Promise<void>((done) => page.once('crash', () => done()));
  session.send('Page.crash').catch(() => undefined);
  await gone;

  const again = await context.newPage();
  await again.goto(address);
  await acceptNotice(again);
  await expect(again.getByRole('article', { name: 'You' })).toHaveCount(questions);
  const reply = replies(again).last();
  await expect(reply).toContainText(text.split('\n')[0]?.replaceAll(/[*`#]/g, '').slice(0, 12) ?? '');
  if (text !== '') {
    await expect(reply).toContainText(/interrupted/i);
    await reply.getByRole('button', { name: 'Continue' }).click();
    await expect(reply).not.toContainText(/interrupted/i, { timeout: 100_000 });
    await expect(reply).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
  }
});

test('Stop in the middle keeps what was written and frees the model for the next question', async ({
  page,
}) => {
  await open(page);
  const body = await askAndCatch(page);
  const began = await page.evaluate(() => performance.now());
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  const took = (await page.evaluate(() => performance.now())) - began;
  // The promise (300 ms) is for a machine with nothing else to do; what is asserted is the state.
  test.info().annotations.push({ type: 'stopped after', description: `${String(Math.round(took))} ms` });
  await expect(replies(page).last()).toContainText(body.slice(0, 10));
  await ask(page, 'What is this app?');
});

test('the view follows a reply only while the reader is at its end', async ({ page }) => {
  await page.setViewportSize({ width: 800, height: 500 });
  await open(page);
  await ask(page, LONG_ANSWER);
  await ask(page, LONG_ANSWER);
  const log = page.getByRole('log', { name: 'Conversation' });
  const gap = () =>
    log.evaluate((element) => {
      let scroller: Element | null = element;
      while (scroller && scroller.scrollHeight <= scroller.clientHeight + 1)
        scroller = scroller.parentElement;
      const box = scroller ?? document.documentElement;
      return box.scrollHeight - box.scrollTop - box.clientHeight;
    });
  await expect.poll(gap).toBeLessThan(40);
  await page.getByRole('article', { name: 'You' }).first().scrollIntoViewIfNeeded();
  await page.getByRole('article', { name: 'You' }).first().hover();
  await page.mouse.wheel(0, -2000);
  await expect.poll(gap).toBeGreaterThan(200);
  const top = await page.getByRole('article', { name: 'You' }).first().boundingBox();
  await replies(page).last().getByRole('button', { name: 'Regenerate' }).dispatchEvent('click');
  await expect(replies(page).last()).toHaveAttribute('aria-busy', 'true');
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
  expect((await page.getByRole('article', { name: 'You' }).first().boundingBox())?.y).toBe(top?.y);
  await page.getByRole('button', { name: 'Jump to latest' }).click();
  await expect.poll(gap).toBeLessThan(40);
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
    const { add, put } = IDBObjectStore.prototype;
    const refuse = (): void => {
      if ((window as { diskFull?: boolean }).diskFull === true)
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    };
    IDBObjectStore.prototype.add = function (...args) {
      refuse();
      return add.apply(this, args);
    };
    IDBObjectStore.prototype.put = function (...args) {
      refuse();
      return put.apply(this, args);
    };
  });
  const full = (value: boolean) =>
    page.evaluate((given) => {
      (window as { diskFull?: boolean }).diskFull = given;
    }, value);
  await open(page);
  await full(true);
  await send(page, 'What is this app?');
  await expect(page.getByRole('alert').first()).toContainText('storage is full', { ignoreCase: true });
  await expect(composer(page)).toHaveValue('What is this app?');

  await full(false);
  await send(page, 'What is this app?');
  await expect(replies(page).last()).toHaveAttribute('aria-busy', 'true');
  await full(true);
  await expect(replies(page).last()).not.toHaveAttribute('aria-busy', 'true', { timeout: 100_000 });
  const written = (await replies(page).last().innerText()).slice(0, 40);
  await full(false);
  const retry = page.getByRole('button', { name: 'Try to save again' });
  if (await retry.isVisible()) await retry.click();
  await expect(page.getByText('storage is full')).toHaveCount(0, { timeout: 60_000 });
  await page.reload();
  await expect(replies(page)).toHaveCount(1);
  expect((await replies(page).last().innerText()).slice(0, 40)).toBe(written);
});
