/** The prompt panel, as people find it. */
import { expect, type Locator, type Page } from '@playwright/test';
import { ask } from './app.ts';

export const promptPanel = (page: Page): Locator => page.getByRole('complementary', { name: 'Prompt' });

export async function promptText(page: Page): Promise<string> {
  return (await promptPanel(page).locator('[data-prompt-text]').allTextContents()).join('');
}

/** The figure in “1,234 of 2,048 tokens”, once it is the model's own. */
async function promptTokens(page: Page): Promise<number> {
  const line = promptPanel(page).getByText(/^[\d,]+ of 2,048 tokens$/);
  await expect(promptPanel(page).getByText('Estimated from its length')).toBeHidden();
  return Number((await line.innerText()).split(' ')[0]?.replace(',', ''));
}

/** With the panel open: types, and asks; the prompt is the one that was shown, and as many tokens. @returns the reply. */
export async function askAsShown(page: Page, question: string, ends: string): Promise<Locator> {
  const box = page.getByRole('textbox', { name: 'Message' });
  await box.pressSequentially(question);
  await expect(promptPanel(page).getByRole('group', { name: 'What you type' })).toContainText(question);
  await expect.poll(() => promptText(page)).toContain(ends);
  const shown = await promptText(page);
  const tokens = await promptTokens(page);
  const reply = await ask(page, question);
  await reply.getByRole('button', { name: 'Details', exact: true }).click();
  await expect(reply.getByRole('group', { name: 'Prompt' })).toHaveText(shown, { useInnerText: false });
  await expect(reply.getByRole('region', { name: 'How this reply came about' })).toContainText(
    `${String(tokens)} read`,
  );
  return reply;
}
