import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, withoutModel } from './support/app.ts';
import { expectAccessibleInBoth } from './support/axe.ts';

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Advisory notice' });
const accept = (page: Page) => page.getByRole('button', { name: 'I understand' });

/** The app itself: its banner is on every screen. */
const app = (page: Page) => page.getByRole('banner');

/** Of the screen behind it. */
const BEHIND = /Conversations|Lock and encryption|Sampling/;

/** All that assistive technology is told, without what it is to pass over. */
async function told(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name }) => `${String(role?.value)} ${String(name?.value)}`)
    .join('\n');
}

test.beforeEach(({ page }) => withoutModel(page));

for (const route of ['', '#/c/some-chat', '#/models', '#/settings', '#/about', '#/shared/abc']) {
  test(`nothing is shown, reachable or loaded before the notice is accepted: /${route}`, async ({ page }) => {
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.goto(`./${route}`);
    await expect(dialog(page)).toBeVisible();
    await expect(app(page)).toHaveCount(0);
    await expect(page.locator('body :is(a, button, input, textarea, select)')).toHaveCount(2);
    for (const control of [
      accept(page),
      dialog(page).getByRole('link', { name: 'model card of Meditron-7B' }),
    ]) {
      await expect(control).toBeVisible();
    }
    expect(requests.filter((path) => /\.(wasm|gguf|bin)$/.test(path))).toEqual([]);
    expect(await page.evaluate(async () => (await indexedDB.databases()).length)).toBe(0);

    await acceptNotice(page);
    await expect(app(page)).toBeVisible();
    // What a share link carries does not stay in the address, nor in the history.
    const { hash } = new URL(page.url());
    if (route.startsWith('#/shared/')) expect(hash).toBe('#/shared');
    else expect(hash.startsWith(route)).toBe(true);
  });
}

test('it quotes the authors and gives the licence line', async ({ page }) => {
  await page.goto('./');
  await expect(dialog(page).getByRole('blockquote')).toHaveText(
    'While Meditron is designed to encode medical knowledge from sources of high-quality evidence, it is not yet adapted to deliver this knowledge appropriately, safely, or within professional actionable constraints. We recommend against deploying Meditron in medical applications without extensive use-case alignment, as well as additional testing, specifically including randomized controlled trials in real-world practice settings.',
  );
  await expect(dialog(page).getByRole('figure')).toContainText('EPFL LLM Team');
  await expect(dialog(page)).toContainText(
    'Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved.',
  );
});

test('it is read before a script has come, and answered before the app has', async ({ page }) => {
  let arrive: () => void = () => undefined;
  const arrived = new Promise<void>((done) => {
    arrive = done;
  });
  await page.route(/\/assets\/index-[^/]*\.js/, async (request) => {
    await arrived;
    await request.continue();
  });
  await page.route('**/assets/draw-app-*.js', (request) => request.abort());
  await page.goto('./#/settings', { waitUntil: 'commit' });
  await expect(dialog(page).getByRole('blockquote')).toBeInViewport();
  // Nothing that could not be pressed yet.
  await expect(accept(page)).toBeHidden();
  const before = await dialog(page).boundingBox();
  arrive();
  await expect(accept(page)).toBeVisible();
  expect(await dialog(page).boundingBox()).toEqual(before);

  await acceptNotice(page);
  const missing = page.getByRole('alert');
  await expect(missing).toContainText('A part of the app could not be loaded');
  await page.unroute('**/assets/draw-app-*.js');
  await missing.getByRole('button', { name: 'Reload the page' }).click();
  await expect(app(page)).toBeVisible();
  expect(new URL(page.url()).hash).toBe('#/settings');
});

test('neither Escape nor a click outside ends it, and the focus stays inside', async ({ page }) => {
  await page.goto('./#/models');
  await expect(dialog(page)).toBeVisible();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Escape');
  await page.mouse.click(4, 4);
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeVisible();

  const reached = new Set<string>();
  for (let i = 0; i < 8; i += 1) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        const at = document.activeElement;
        // Between the last and the first control the browser's own frame has the focus.
        if (at === null || at === document.body) return 'browser';
        return at.closest('dialog') ? at.textContent : `outside: ${at.outerHTML}`;
      }),
    );
  }
  expect([...reached].filter((name) => name.startsWith('outside'))).toEqual([]);
  expect(reached).toContain('I understand');
  await accept(page).focus();
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toHaveCount(0);
  await expect(app(page)).toBeVisible();
});

test('a reload keeps the acknowledgement; a new tab asks again', async ({ page, context }) => {
  await page.goto('./');
  await acceptNotice(page);
  for (let i = 0; i < 3; i += 1) {
    await page.reload();
    await expect(app(page)).toBeVisible();
    await expect(dialog(page)).toHaveCount(0);
  }
  const second = await context.newPage();
  await second.goto('./');
  await expect(dialog(second)).toBeVisible();
  await expect(app(second)).toHaveCount(0);
});

test('a tab that got a copy of this one’s storage asks, also after its reload', async ({ page, context }) => {
  await page.goto('./');
  await acceptNotice(page);
  const [copy] = await Promise.all([
    context.waitForEvent('page'),
    page.evaluate(() => void window.open(location.href)),
  ]);
  await expect(dialog(copy)).toBeVisible();
  await page.close();
  await copy.reload();
  await expect(dialog(copy)).toBeVisible();
  await expect(app(copy)).toHaveCount(0);
});

test('a duplicate that the browser calls a reload asks while the original is open', async ({
  page,
  context,
}) => {
  await page.goto('./');
  await acceptNotice(page);
  const stored = await page.evaluate(() => Object.entries<string>(sessionStorage));
  const duplicate = await context.newPage();
  await duplicate.goto('./');
  await expect(dialog(duplicate)).toBeVisible();
  await duplicate.evaluate((entries) => {
    for (const [key, value] of entries) sessionStorage.setItem(key, value);
  }, stored);
  await duplicate.reload();
  await expect(dialog(duplicate)).toBeVisible();
  await page.reload();
  await expect(app(page)).toBeVisible();
});

test('leaving the app and coming back by history asks again, as a tab that is restored or prerendered', async ({
  page,
}) => {
  // A page that was drawn before it was gone to stays hidden to itself until then, and nobody can press anything in it.
  await page.addInitScript(() => {
    if (location.search !== '?early') return;
    let early = true;
    Object.defineProperty(Document.prototype, 'prerendering', { get: () => early });
    addEventListener('shown', () => {
      early = false;
      document.dispatchEvent(new Event('prerenderingchange'));
    });
  });
  await page.goto('./#/settings');
  await acceptNotice(page);
  await page.goto('about:blank');
  // With the tab's storage as it was left and the type of navigation of a restored tab (measured in Chromium 156).
  await page.goBack();
  await expect(dialog(page)).toBeVisible();
  expect(
    await page.evaluate(() =>
      performance
        .getEntriesByType('navigation')
        .map((entry) => (entry instanceof PerformanceNavigationTiming ? entry.type : '')),
    ),
  ).toEqual(['back_forward']);
  await expect(app(page)).toHaveCount(0);
  expect(await told(page)).not.toMatch(BEHIND);
  await page.emulateMedia({ media: 'print' });
  await expect(dialog(page)).toBeVisible();
  await page.emulateMedia({ media: null });

  await page.goto('./?early#/settings');
  await expect(dialog(page)).toBeVisible();
  await page.evaluate(() => dispatchEvent(new Event('shown')));
  await expect(dialog(page)).toBeVisible();
  expect(await told(page)).not.toMatch(BEHIND);
  await acceptNotice(page);
  await expect(app(page)).toBeVisible();
});

test('eight hours without use ask again, over the screen as it was left', async ({ page }) => {
  await page.clock.install();
  await page.goto('./#/settings');
  await acceptNotice(page);
  await expect(app(page)).toBeVisible();
  await page.clock.fastForward('07:59:00');
  await page.keyboard.press('Shift');
  await page.clock.fastForward('07:59:00');
  await expect(app(page)).toBeVisible();
  await page.clock.fastForward('00:02:00');
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(page)).toContainText('not used for eight hours');
  // Mounted, since work may be running there, but neither seen nor reached: not by assistive technology, not on paper.
  await expect(app(page)).toBeHidden();
  expect(await told(page)).toContain('I understand');
  expect(await told(page)).not.toMatch(BEHIND);
  await page.emulateMedia({ media: 'print' });
  await expect(app(page)).toBeHidden();
  await expect(page.getByRole('main')).toBeHidden();
  await expect(dialog(page)).toBeVisible();
  await page.emulateMedia({ media: null });
  await acceptNotice(page);
  await expect(app(page)).toBeVisible();
  expect(new URL(page.url()).hash).toBe('#/settings');
});

test('it works where the browser forbids storage', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'sessionStorage', {
      get() {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
  });
  await page.goto('./');
  await acceptNotice(page);
  await expect(app(page)).toBeVisible();
  await page.reload();
  await expect(dialog(page)).toBeVisible();
});

test('on a phone the text scrolls and the button stays in sight; axe finds nothing', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 390, height: 640 });
  await page.goto('./');
  await expect(accept(page)).toBeInViewport({ ratio: 1 });
  const licence = dialog(page).getByText('Llama 2 is licensed');
  await expect(licence).not.toBeInViewport({ ratio: 1 });
  // The text has the focus, so the keyboard scrolls it without a Tab.
  await page.keyboard.press('End');
  await expect(licence).toBeInViewport({ ratio: 1 });
  await expect(accept(page)).toBeInViewport({ ratio: 1 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await expectAccessibleInBoth(page);
});
