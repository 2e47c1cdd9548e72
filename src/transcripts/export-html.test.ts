// @vitest-environment happy-dom
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeHtml } from './export-html.tsx';
import { readTranscriptText } from './read-file.ts';
import { arbitraryChat, sourceOf, textOf } from './testing.ts';

// KaTeX refuses documents in quirks mode, which this one claims to be in.
Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });

test('HTML brings back every conversation as it was, and says unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryChat, async (chat) => {
      const text = await textOf(writeHtml(sourceOf([chat])));
      const read = await readTranscriptText(text);
      expect(read.integrity).toEqual({ state: 'unchanged' });
      expect(read.chats).toEqual([chat]);
    }),
    { numRuns: 40 },
  );
});

test('a word changed in the readable part is noticed, although the data inside is whole', async () => {
  const [chat] = fc.sample(arbitraryChat, { numRuns: 1, seed: 11 });
  const text = await textOf(writeHtml(sourceOf(chat ? [chat] : [])));
  const read = await readTranscriptText(text.replace('Advisory notice', 'Friendly hint'));
  expect(read.integrity).toMatchObject({ state: 'changed' });
});
