/** The chat as a newcomer uses it, with the built-in Demo model on the CPU. */
import { expect, test, type Page } from '@playwright/test';
import { acceptNotice, ask, waitForModel } from './support/app.ts';

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const send = (page: Page) => page.getByRole('button', { name: 'Send' });
const messages = (page: Page) => page.getByRole('log', { name: 'Conversation' }).getByRole('article');
const replies = (page: Page) => page.getByRole('article', { name: 'Model' });

async function open(page: Page): Promise<void> {
  await page.goto('/');
  await acceptNotice(page);
}

test('a question asked before the model is there is answered, and is still there after a reload', async ({
  page,
}) => {
  await open(page);
  const reply = await ask(page, 'What is this app?');
  const text = await reply.innerText();
  expect(text.length).toBeGreaterThan('Model'.length);
  await expect(page).toHaveURL(/#\/c\/\w+$/);
  // Browsers keep titles in their history.
  await expect(page).toHaveTitle('Chat · Meditron Web');
  await page.reload();
  await expect(messages(page)).toHaveCount(2);
  await expect(page.getByRole('article', { name: 'You' })).toContainText('What is this app?');
  await expect(replies(page)).toContainText(text.split('\n').at(2)?.slice(0, 20) ?? '');
});

test('the status says which model runs, on what and why', async ({ page }) => {
  await open(page);
  await waitForModel(page);
  const status = page.getByRole('status', { name: 'Model status' });
  await expect(status).toContainText(/CPU|GPU/);
  await page.getByRole('button', { name: /^Why the [CG]PU\?$/ }).click();
  await expect(page.getByText('Window', { exact: true })).toBeVisible();
});

test('an example question goes into the box, and Enter sends it', async ({ page }) => {
  await open(page);
  const example = page.getByRole('listitem').getByRole('button').first();
  const question = (await example.locator('span').last().innerText()).trim();
  await example.click();
  await expect(composer(page)).toHaveValue(question);
  await composer(page).press('Enter');
  await expect(messages(page).first()).toContainText(question);
  await expect(composer(page)).toHaveValue('');
});

test('two questions in quick succession are both kept and answered in order', async ({ page }) => {
  await open(page);
  await composer(page).fill('What is this app?');
  await send(page).click();
  await expect(messages(page).first()).toBeVisible();
  await composer(page).fill('Does what I type leave my computer?');
  await send(page).click();
  await expect(page.getByRole('article', { name: 'You' })).toHaveCount(2);
  await expect(replies(page)).toHaveCount(2);
  await expect(page.locator('article[aria-busy="true"]')).toHaveCount(0, { timeout: 60_000 });
  await expect(messages(page).nth(2)).toContainText('Does what I type leave my computer?');
});

test('Shift+Enter breaks the line; an empty message is refused with a hint', async ({ page }) => {
  await open(page);
  await composer(page).press('Enter');
  await expect(page.getByRole('alert')).toContainText('nothing to send');
  await composer(page).fill('one');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await composer(page).press('Shift+Enter');
  await composer(page).pressSequentially('two');
  await expect(composer(page)).toHaveValue('one\ntwo');
  await expect(messages(page)).toHaveCount(0);
});

test('a message of 100 kB is refused and stays in the box', async ({ page }) => {
  await open(page);
  const text = 'word '.repeat(20_000);
  await composer(page).fill(text);
  await send(page).click();
  await expect(page.getByRole('alert')).toContainText('too long', { timeout: 60_000 });
  await expect(composer(page)).toHaveValue(text);
  await expect(page).toHaveURL(/\/(#\/)?$/);
});

/** Keeps the model's file back until the returned function is called. */
async function holdModel(page: Page): Promise<() => void> {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.gguf', async (route) => {
    await held;
    await route.continue();
  });
  return () => {
    release();
  };
}

test('typing goes on while the first message makes a chat: neither the focus nor a letter is lost', async ({
  page,
}) => {
  const release = await holdModel(page);
  await open(page);
  // Long enough to be measured, for which it waits until the model is there.
  const question = 'What is this app? '.repeat(120);
  await composer(page).fill(question);
  await composer(page).press('Enter');
  await page.keyboard.press('Control+End');
  await page.keyboard.type('And is it');
  release();
  await expect(page).toHaveURL(/#\/c\//, { timeout: 100_000 });
  await expect(composer(page)).toHaveValue('And is it');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type(' free?');
  await expect(composer(page)).toHaveValue('And is it free?');
  await page.goto('/#/');
  await expect(composer(page)).toHaveValue('');
  await page.goBack();
  await expect(composer(page)).toHaveValue('And is it free?');
});

test('a message that is refused after its chat was left is still in that chat’s box', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  const chat = page.url();
  await page.goto('/#/');
  await composer(page).fill('a draft');
  await page.goto(chat);
  await expect(composer(page)).toHaveValue('');
  const release = await holdModel(page);
  await page.reload();
  const text = 'word '.repeat(20_000);
  await composer(page).fill(text);
  await send(page).click();
  await page.goto('/#/');
  await expect(composer(page)).toHaveValue('a draft');
  release();
  await waitForModel(page);
  await expect(send(page)).not.toHaveAttribute('aria-disabled', 'true');
  await expect(composer(page)).toHaveValue('a draft');
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.goBack();
  await expect(composer(page)).toHaveValue(text);
  await expect(page.getByRole('alert')).toContainText('too long');
});

test('whoever goes elsewhere while a long question is measured stays there; it is answered in its own chat', async ({
  page,
}) => {
  const release = await holdModel(page);
  await open(page);
  await composer(page).fill(`What is this app? ${'Please say. '.repeat(200)}`);
  await send(page).click();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  release();
  const chat = page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('link', { name: /^What is/ });
  await expect(chat).toBeVisible({ timeout: 100_000 });
  await expect(page).toHaveURL(/#\/settings$/);
  await chat.click();
  await expect(page.getByRole('article', { name: 'You' })).toContainText('Please say.');
  await expect(replies(page)).toBeVisible();
  await page.goto('/#/');
  await expect(composer(page)).toHaveValue('');
});

test('what is typed survives navigation and a reload, each chat with its own', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  await composer(page).fill('half a thought');
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Chat', exact: true }).first().click();
  await expect(composer(page)).toHaveValue('half a thought');
  await page.reload();
  await expect(composer(page)).toHaveValue('half a thought');
  await page.goto('/#/');
  await expect(composer(page)).toHaveValue('');
});

test('Regenerate and Edit make versions that can be walked', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  await replies(page).getByRole('button', { name: 'Regenerate' }).click();
  await expect(replies(page).getByRole('button', { name: 'Previous version' })).toBeEnabled({
    timeout: 60_000,
  });
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
  const question = page.getByRole('article', { name: 'You' });
  await question.hover();
  await question.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Your question' }).fill('What can you answer?');
  await page.getByRole('button', { name: 'Ask again' }).click();
  await expect(question).toContainText('What can you answer?');
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
  await question.hover();
  await question.getByRole('button', { name: 'Previous version' }).click();
  await expect(question).toContainText('What is this app?');
  await question.getByRole('button', { name: 'Next version' }).click();
  await expect(question).toContainText('What can you answer?');
});

test('an edited reply says so', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  await replies(page).getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Reply text' }).fill('Changed by hand.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(replies(page)).toContainText('Changed by hand.');
  await expect(replies(page)).toContainText('edited');
});

test('Delete asks nothing and can be undone', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  await replies(page).getByRole('button', { name: 'Delete' }).click();
  await expect(replies(page)).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(replies(page)).toHaveCount(1);
});

test('Details show the exact prompt and how the reply came about', async ({ page }) => {
  await open(page);
  await ask(page, 'What is this app?');
  await replies(page).getByRole('button', { name: 'Details', exact: true }).click();
  const details = page.getByRole('region', { name: 'How this reply came about' });
  await expect(details).toContainText('Demo model');
  await expect(details).toContainText('llama.cpp');
  await expect(details.getByRole('group', { name: 'Prompt' })).toContainText('What is this app?');
});

test('closing the page in the middle leaves the question and an interrupted reply that Continue takes up', async ({
  page,
}) => {
  await open(page);
  // Held at the model, so that the page is surely closed before the reply is done.
  await page.route('**/models/demo/*.gguf', () => undefined);
  await page.reload();
  await composer(page).fill('What is this app?');
  await send(page).click();
  await expect(replies(page)).toHaveAttribute('aria-busy', 'true');
  await page.unroute('**/models/demo/*.gguf');
  await page.reload();
  await expect(replies(page)).toContainText(/interrupted/i);
  await replies(page).getByRole('button', { name: 'Continue' }).click();
  await expect(replies(page)).not.toHaveAttribute('aria-busy', 'true', { timeout: 60_000 });
  await expect(replies(page)).not.toContainText(/interrupted/i);
});

test('Stop gives up a reply that waits for the model and keeps the question', async ({ page }) => {
  await page.route('**/models/demo/*.gguf', () => undefined);
  await open(page);
  await composer(page).fill('What is this app?');
  await send(page).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(replies(page)).toContainText('Stopped before anything was written');
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  await expect(page.getByRole('article', { name: 'You' })).toContainText('What is this app?');
});

test('a model that does not arrive is told beside the reply, and the question is kept', async ({ page }) => {
  await page.route('**/models/demo/*.gguf', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' }),
  );
  await open(page);
  await composer(page).fill('What is this app?');
  await send(page).click();
  const alert = replies(page).getByRole('alert');
  await expect(alert).toBeVisible({ timeout: 60_000 });
  await expect(alert.getByRole('button', { name: 'Copy details' })).toBeVisible();
  await expect(page.getByRole('article', { name: 'You' })).toContainText('What is this app?');
});
