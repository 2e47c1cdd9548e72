/** What a person keeps for the chats to come, by the keyboard alone, as without a mouse; none of it needs a model. */
import { readFile } from 'node:fs/promises';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { importText, openWithoutModel } from './support/transcript-fixture.ts';
import { promptPanel as panel, promptText } from './support/workbench.ts';
import { expectAccessible } from './support/axe.ts';

/** More keys than lead through the whole page. */
const MOST_KEYS = 120;

/** Goes there key by key. */
async function go(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  await expect(target).toBeVisible();
  for (let n = 0; n < MOST_KEYS; n += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${String(target)}`);
}

async function press(page: Page, target: Locator): Promise<void> {
  await go(page, target);
  await page.keyboard.press('Enter');
}

async function choose(page: Page, menu: Locator, item: string): Promise<void> {
  await press(page, menu);
  await go(page, page.getByRole('menuitem', { name: item, exact: true }), 'ArrowDown');
  await page.keyboard.press('Enter');
}

/** By the beginning of its name, as in any list. */
async function select(page: Page, list: Locator, name: string): Promise<void> {
  await go(page, list);
  await page.keyboard.type(name);
  await expect(list.locator('option:checked')).toHaveText(name);
}

test('saved texts, copies of a chat, presets in files and folders, and turns in and out of the window', async ({
  page,
}) => {
  await openWithoutModel(page);
  // Two exchanges, of which the window holds one.
  const long = 'word '.repeat(800);
  const messages = ['Which dose?', long, 'And for a child?', long].map((content, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content,
  }));
  await importText(page, 'chats.json', JSON.stringify({ messages }));
  const chats = page.getByRole('navigation', { name: 'Conversations' });
  const chat = (title: string): Locator => chats.getByRole('link', { name: title, exact: true });
  const actions = (title: string): Locator => chats.getByRole('button', { name: `Actions for ${title}` });
  const said = page.getByRole('article', { name: 'You' });

  await test.step('a saved text, its placeholders filled in, in the box', async () => {
    await press(page, chat('Which dose?'));
    await expect(said).toHaveCount(2);
    const opener = page.getByRole('button', { name: 'Saved texts' });
    const library = page.getByRole('dialog', { name: 'Saved texts' });
    await press(page, opener);
    await expect(library.getByRole('button', { name: 'Save a text' })).toBeVisible();
    await page.keyboard.press('Escape');
    // A person is where they were.
    await expect(opener).toBeFocused();
    await page.keyboard.press('Enter');
    await press(page, library.getByRole('button', { name: 'Save a text' }));
    await go(page, library.getByRole('textbox', { name: 'Text' }));
    await page.keyboard.type('Explain {topic} to {whom}.');
    await press(page, library.getByRole('button', { name: 'Save' }));
    await press(page, library.getByRole('button', { name: /^Explain \{topic\} to \{whom\}/ }));
    await go(page, library.getByRole('textbox', { name: 'topic' }));
    await page.keyboard.type('sepsis');
    await go(page, library.getByRole('textbox', { name: 'whom' }));
    await page.keyboard.type('a parent');
    await page.keyboard.press('Enter');
    await expect(library).toBeHidden();
    const box = page.getByRole('textbox', { name: 'Message' });
    await expect(box).toHaveValue('Explain sepsis to a parent.');
    await expect(box).toBeFocused();
  });

  await test.step('a turn without room is pinned, one is left out; both are kept', async () => {
    await press(page, page.getByRole('button', { name: 'What the model will see' }));
    await expect.poll(() => promptText(page)).toContain('And for a child?');
    expect(await promptText(page)).not.toContain('Which dose?');
    const noRoom = panel(page).getByRole('region', { name: 'No room for 2 messages' });
    await press(page, noRoom.getByRole('listitem').first().getByRole('button', { name: 'Pin' }));
    await expect(panel(page).getByRole('group', { name: 'You, pinned' })).toContainText('Which dose?');
    // Its exchange is there whole, in the place of the newer one; without the long reply there is room for both.
    await expect.poll(() => promptText(page)).not.toContain('And for a child?');
    await press(
      page,
      panel(page)
        .getByRole('group', { name: 'Model', exact: true })
        .getByRole('button', { name: 'Leave out of the prompt' }),
    );
    const out = panel(page).getByRole('region', { name: 'You left out one message' });
    await expect(out).toContainText('Model: word');
    await page.reload();
    await press(page, page.getByRole('button', { name: 'What the model will see' }));
    await expect(out).toContainText('Model: word');
    await expect.poll(() => promptText(page)).toMatch(/Which dose\?.*And for a child\?/s);
  });

  await test.step('a preset into a file, from a file, and for a folder', async () => {
    await go(page, panel(page).getByRole('tab', { name: 'Prompt' }));
    await page.keyboard.press('ArrowRight');
    const preset = panel(page).getByRole('combobox', { name: 'Preset' });
    const more = panel(page).getByRole('button', { name: 'Preset actions' });
    await select(page, preset, 'Exam tutor');
    const [saved] = await Promise.all([page.waitForEvent('download'), choose(page, more, 'Export it')]);
    const file = await readFile(await saved.path(), 'utf8');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      choose(page, more, 'Import presets'),
    ]);
    const name = 'Ward tutor';
    await chooser.setFiles({
      name: 'ward.json',
      mimeType: 'application/json',
      buffer: Buffer.from(file.replaceAll('Exam tutor', name)),
    });
    await expect(page.getByText('Presets added: 1')).toBeVisible();
    await select(page, preset, name);
    await choose(page, actions('Which dose?'), 'Move to folder');
    await go(page, page.getByRole('textbox', { name: 'Or a new folder' }));
    await page.keyboard.type('Ward');
    await page.keyboard.press('Enter');
    await choose(page, more, 'Use it for the folder “Ward”');
    await select(page, preset, `As the folder: ${name}`);
    await expect(page.getByRole('button', { name: `Preset: ${name}`, exact: true })).toBeVisible();
  });

  await test.step('a copy with its messages, and one with its settings alone', async () => {
    await choose(page, actions('Which dose?'), 'Copy with its messages');
    await expect(chat('Copy of Which dose?')).toHaveAttribute('aria-current', 'page');
    await expect(said).toHaveCount(2);
    await choose(page, actions('Copy of Which dose?'), 'New chat with its settings');
    await expect(chat('Copy of Copy of Which dose?')).toHaveAttribute('aria-current', 'page');
    await expect(said).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Preset: Ward tutor', exact: true })).toBeVisible();
  });

  await test.step('on a phone', async () => {
    // There it would lie over the chat.
    await press(page, page.getByRole('button', { name: 'Close the panel' }));
    await page.setViewportSize({ width: 390, height: 844 });
    await press(page, page.getByRole('button', { name: 'Saved texts' }));
    const library = page.getByRole('dialog', { name: 'Saved texts' });
    await press(page, library.getByRole('button', { name: /^Explain/ }));
    await expect(library.getByRole('textbox', { name: 'topic' })).toBeVisible();
    await expectAccessible(page);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      'pixels wider than the window',
    ).toBeLessThanOrEqual(0);
  });
});
