/** What the bench of conversations and that of encrypted ones do alike. */
import type { Page } from '@playwright/test';

/** Says on the error output where the bench is: it works for many minutes. */
export function note(what: string): void {
  console.error(`  ${new Date().toTimeString().slice(0, 8)} ${what}`);
}

export function show(figures: object): string {
  return JSON.stringify(figures, (_, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  );
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Opens the long chat from a new one. @returns milliseconds until its end is on screen and the next event is answered. */
export async function openingTime(page: Page, id: string): Promise<number> {
  await page.getByRole('button', { name: 'New chat' }).click();
  await page.getByRole('heading', { name: 'Begin with a question' }).waitFor();
  await page.locator(`nav a[href="#/c/${id}"]`).waitFor();
  return page.evaluate((chat) => window.bench.open(chat), id);
}

/** @returns words typed letter by letter into the search, from rank 12 on, evenly in the logarithm of the rank. */
export function searchedWords(words: readonly string[], count: number): string[] {
  return Array.from(
    { length: count },
    (_, n) => words[Math.floor(12 * (words.length / 12) ** (n / count))] ?? 'the',
  );
}
