// @vitest-environment happy-dom
/** What goes out of the app reads as it was written, in every readable format. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documents } from '../../ui/markdown/meaning-testing.ts';
import { chatSaying, sourceOf, textOf } from '../format/testing.ts';
import { writeHtml } from './page/export-html.tsx';
import { writeMarkdown } from './export-markdown.ts';

// KaTeX refuses documents in quirks mode, which this one claims to be in.
Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });

function inOrder(shown: string, quantities: readonly string[]): string | null {
  const flat = shown.replace(/\s+/g, ' ');
  let at = 0;
  for (const quantity of quantities) {
    const found = flat.indexOf(quantity.replace(/\s+/g, ' '), at);
    if (found < 0) return quantity;
    at = found + 1;
  }
  return null;
}

const roles = ['user', 'assistant'] as const;

test('every quantity is in the HTML and the Markdown of a chat, to the letter and in order', async () => {
  await fc.assert(
    fc.asyncProperty(documents, fc.constantFrom(...roles), async ({ text, quantities }, role) => {
      const chat = chatSaying(text);
      const source = sourceOf([
        { ...chat, messages: chat.messages.map((message) => ({ ...message, role })) },
      ]);
      const page = new DOMParser().parseFromString(await textOf(writeHtml(source)), 'text/html');
      // Beside each formula stands its source.
      for (const set of page.querySelectorAll('.prose-math-set')) set.remove();
      expect(inOrder(page.querySelector('article')?.textContent ?? '', quantities), text).toBeNull();
      expect(inOrder(await textOf(writeMarkdown(source)), quantities), text).toBeNull();
    }),
    { numRuns: 150 },
  );
});

test('texts that run right to left say so in the HTML, with their quantities isolated', async () => {
  const chat = chatSaying('الجرعة هي 5-10 mg مرتين يوميًا.');
  const titled = { ...chat, conversation: { ...chat.conversation, title: 'جرعة 5 mg' } };
  for (const role of roles) {
    const source = sourceOf([
      { ...titled, messages: titled.messages.map((message) => ({ ...message, role })) },
    ]);
    const page = new DOMParser().parseFromString(await textOf(writeHtml(source)), 'text/html');
    for (const selector of ['h1', 'article [dir=auto]'])
      expect(page.querySelector(`${selector} bdi`)?.textContent, selector).toMatch(/^5/);
    expect(page.querySelector('h1')?.getAttribute('dir')).toBe('auto');
  }
});
