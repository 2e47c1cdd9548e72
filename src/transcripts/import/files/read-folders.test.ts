/** A folder that can't be read costs only itself, in a file of any size. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeJson } from '../../export/export-json.ts';
import { readTranscriptText } from './read-file.ts';
import { readInPieces } from './read-in-pieces.ts';
import { arbitraryChat, sourceOf, textOf } from '../../format/testing.ts';

const good = { id: 'f', name: 'Bones', colour: 'red', createdAt: 1 };

test.each([
  ['is not readable', { ...good, id: 'g', name: 7 }],
  ['has the id of another', { ...good, name: 'Again' }],
])('a folder that %s is skipped, whole or in parts', async (_what, bad) => {
  const chats = fc.sample(arbitraryChat, { numRuns: 2, seed: 9 });
  const folders = [good, bad] as (typeof good)[];
  const text = await textOf(writeJson({ ...sourceOf(chats), folders }));
  const whole = await readTranscriptText(text);
  expect(whole).toMatchObject({ chats, folders: [good], integrity: { state: 'changed' } });
  expect(whole.skipped).toHaveLength(1);

  const parts = readInPieces(new Blob([text]), { streamFrom: 0 });
  const first = await parts.next();
  // They come with chats: a file that fails before them leaves nothing behind.
  expect(first.value).toEqual({ chats, folders: [good] });
  expect((await parts.next()).value).toMatchObject({
    skipped: whole.skipped,
    integrity: { state: 'changed' },
  });
});
