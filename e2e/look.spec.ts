/** Every screen in light and dark, on a phone and on a desk: axe finds nothing, nothing is wider than the window. */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { acceptNotice, ask, withoutModel } from './support/app.ts';
import { expectAccessibleInBoth } from './support/axe.ts';

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 860 } } as const;

/** With everything that can be unfolded unfolded: axe finds nothing, and the document itself never scrolls away. */
async function expectSound(page: Page): Promise<void> {
  await expectInWindow(page);
  await expectAccessibleInBoth(page);
}

async function expectInWindow(page: Page): Promise<void> {
  const beyond = await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    const { scrollWidth, scrollHeight } = document.documentElement;
    return { right: scrollWidth - innerWidth, below: scrollHeight - innerHeight };
  });
  expect(beyond.right, 'pixels wider than the window').toBeLessThanOrEqual(0);
  expect(beyond.below, 'pixels taller than the window').toBeLessThanOrEqual(0);
}

interface Watched {
  moved?: string[];
}

/** Notes whatever the page sets in motion from now on, for whom wants none. */
async function watchMotion(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const moved: string[] = ((window as Watched).moved = []);
    const note = (what: string): void => {
      if (!moved.includes(what)) moved.push(what);
    };
    document.addEventListener('animationstart', ({ animationName }) => note(animationName), true);
    document.addEventListener(
      'transitionrun',
      ({ target, pseudoElement, propertyName }) => {
        if (!(target instanceof Element)) return;
        const { transitionDuration } = getComputedStyle(target, pseudoElement || null);
        if (!/^0s(?:, 0s)*$/.test(transitionDuration))
          note(`${propertyName} of ${target.localName}${pseudoElement}`);
      },
      true,
    );
  });
}

const SCREENS = [
  'exams',
  'exams/about-this-app',
  'models',
  'settings',
  'settings/storage',
  'about',
  'nowhere',
] as const;

/** The model's menu, and a raw completion as one text; leaves a new chat that keeps its tokens. */
async function lookAtChoices(page: Page, size: keyof typeof SIZES): Promise<void> {
  await test.step('which model', async () => {
    await page.getByRole('button', { name: /^Model: / }).click();
    await expect(page.getByRole('menuitemradio').first()).toBeVisible();
    await expectSound(page);
    await page.keyboard.press('Escape');
  });
  await test.step('a raw completion', async () => {
    await page.getByRole('button', { name: 'Prompt and sampling' }).click();
    await page.getByRole('combobox', { name: 'Prompt format' }).selectOption('raw');
    await expect(page.getByRole('textbox', { name: 'Text', exact: true })).toBeAttached();
    if (size === 'phone') await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Once upon a time');
    await expectSound(page);
    if (size === 'phone') await page.getByRole('button', { name: 'Prompt and sampling' }).click();
    await page.getByRole('combobox', { name: 'Prompt format' }).selectOption('');
    await page.getByRole('checkbox', { name: 'Keep token probabilities' }).check();
    await page.keyboard.press('Escape');
    if (size === 'desk') await page.getByRole('button', { name: 'Close the panel' }).click();
  });
}

/** A reply's tokens, its chat run again, two versions of it, and the prompt panel: by their keys, from outside the box. */
async function lookIntoReply(page: Page, reply: Locator, size: keyof typeof SIZES): Promise<void> {
  await reply.focus();
  await page.keyboard.press('k');
  await reply.getByRole('toolbar', { name: 'Tokens of the reply' }).getByRole('button').first().click();
  await expect(reply.getByRole('region', { name: 'Alternatives' })).toBeVisible();
  await expectSound(page);
  await reply.focus();
  await page.keyboard.press('y');
  const whole = page.getByRole('dialog', { name: 'Replay of this chat' });
  await expect(whole.getByRole('status')).toContainText('is the same', { timeout: 60_000 });
  await expectSound(page);
  await page.keyboard.press('Escape');
  await reply.focus();
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog', { name: 'Compare' })).toBeVisible();
  await expectSound(page);
  await page.keyboard.press('Escape');
  await reply.focus();
  await page.keyboard.press('p');
  await expect(page.getByRole('group', { name: 'System text' })).toBeVisible();
  await expectSound(page);
  await page.keyboard.press(size === 'phone' ? 'Escape' : 'p');
}

for (const size of ['phone', 'desk'] as const) {
  test.describe(size, () => {
    test.use({ viewport: SIZES[size], colorScheme: 'light', contextOptions: { reducedMotion: 'reduce' } });

    // One page for all: opening it and loading the model takes longer than looking at a screen.
    test(`every screen, ${size}`, async ({ page }) => {
      await watchMotion(page);
      await page.goto('/');
      await test.step('the notice', async () => {
        await expect(page.getByRole('dialog', { name: 'Advisory notice' })).toBeVisible();
        await expectSound(page);
      });
      await acceptNotice(page);
      await test.step('a new chat', async () => {
        await expect(page.getByRole('listitem').first()).toBeVisible();
        await expectSound(page);
      });
      if (size === 'phone') {
        await test.step('the drawer of chats', async () => {
          await page.getByRole('button', { name: 'Show chats' }).click();
          await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeVisible();
          await expectSound(page);
          await page.keyboard.press('Escape');
        });
      }
      await lookAtChoices(page, size);
      await test.step('a chat, its details and settings', async () => {
        const reply = await ask(page, 'What is this app?');
        await expectSound(page);
        await lookIntoReply(page, reply, size);
        await reply.getByRole('button', { name: 'Details', exact: true }).click();
        await expect(page.getByRole('group', { name: 'Prompt' })).toBeVisible();
        await page.getByRole('button', { name: 'Prompt and sampling' }).click();
        await expect(page.getByRole('textbox', { name: 'System text' })).toBeVisible();
        await expectSound(page);
      });
      for (const screen of SCREENS) {
        await test.step(`#/${screen}`, async () => {
          await page.goto(`/#/${screen}`);
          await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
          await expectSound(page);
        });
      }
      await test.step('the shortcuts', async () => {
        await page.keyboard.press('?');
        await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
        await expectSound(page);
      });
      expect(await page.evaluate(() => (window as Watched).moved)).toEqual([]);
    });
  });
}

test('on the smallest window nothing scrolls the document away', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await page.goto('/');
  await acceptNotice(page);
  for (const screen of ['', 'models', 'settings/storage', 'about']) {
    await page.goto(`/#/${screen}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectInWindow(page);
  }
});

test.describe('a phone', () => {
  // With fingers: what is pressed is larger then, and leaves less room.
  test.use({ viewport: SIZES.phone, hasTouch: true, isMobile: true });

  test('figures are whole; where colours are forced, bars and the current screen are still to be seen', async ({
    page,
  }) => {
    await withoutModel(page);
    await page.goto('/');
    await acceptNotice(page);
    const figures = page.getByText(/^≈ 0 of 2,048/);
    await expect(figures).toBeVisible();
    expect(await figures.evaluate((each) => each.scrollWidth - each.clientWidth), 'cut off').toBe(0);

    await page.emulateMedia({ forcedColors: 'active' });
    const line = (name: string): Promise<string> =>
      page
        .getByRole('link', { name, exact: true })
        .evaluate((each) => getComputedStyle(each).borderBottomColor);
    expect(await line('Chat')).not.toBe(await line('Exams'));
    const bar = page.getByRole('meter', { name: 'Context' }).locator('div');
    const [drawn, ground] = await bar.evaluate((each) => [
      getComputedStyle(each).backgroundColor,
      getComputedStyle(each.parentElement ?? each).backgroundColor,
    ]);
    expect(drawn).not.toBe(ground);
  });
});
