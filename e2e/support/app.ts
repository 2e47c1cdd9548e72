/** What every journey does, by the roles and names people rely on. */
import { expect, type Locator, type Page } from '@playwright/test';

/**
 * For what needs no model: the Demo model, which loads by itself and takes half the work of opening the app, does not arrive, in
 * this tab or another of its context.
 */
export async function withoutModel(page: Page): Promise<void> {
  await page.context().route('**/models/demo/**', (request) => request.abort());
}

export async function acceptNotice(page: Page): Promise<void> {
  const notice = page.getByRole('dialog', { name: 'Advisory notice' });
  await notice.getByRole('button', { name: 'I understand' }).click();
  await expect(notice).toBeHidden();
}

/** Waits until a model is ready; the Demo model loads by itself. */
export async function waitForModel(page: Page, name = 'Demo model', timeout = 100_000): Promise<void> {
  const status = page.getByRole('status', { name: 'Model status' });
  await expect(status).toContainText(name, { timeout });
  await expect(status).toContainText(/ready/i, { timeout });
}

/** Sends a question and waits for the whole reply. @returns the reply's article. */
export async function ask(page: Page, question: string, timeout = 100_000): Promise<Locator> {
  const replies = page.getByRole('article', { name: 'Model' });
  const before = await replies.count();
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.getByRole('button', { name: 'Send' }).click();
  const reply = replies.nth(before);
  await expect(reply).toBeVisible({ timeout });
  await expect(reply).not.toHaveAttribute('aria-busy', 'true', { timeout });
  return reply;
}
