/** A backup read chat by chat is the same as one read whole, or ends in a report or a typed error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Folder } from '../../database/records.ts';
import { AppError } from '../../errors/app-error.ts';
import type { TranscriptChat } from '../format/document.ts';
import { writeJson } from '../export/export-json.ts';
import { readBackup } from './read-backup.ts';
import { readTranscriptText } from './files/read-file.ts';
import { readInPieces } from './files/read-in-pieces.ts';
import type { ReadPiece, ReadReport } from './read-result.ts';
import { arbitraryChat, chatSaying, sourceOf, textOf } from '../format/testing.ts';

const someChats = fc.uniqueArray(arbitraryChat, {
  maxLength: 4,
  selector: ({ conversation }) => conversation.id,
});
const someFolders = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    name: fc.string({ unit: 'binary', maxLength: 20 }),
    colour: fc.string(),
    createdAt: fc.nat(),
  }),
  { maxLength: 3, selector: ({ id }) => id },
);

async function gather(parts: AsyncGenerator<ReadPiece, ReadReport | null, undefined>) {
  const chats: TranscriptChat[] = [];
  const folders: Folder[] = [];
  for (;;) {
    const next = await parts.next();
    if (next.done) return next.value && { ...next.value, chats, folders };
    chats.push(...next.value.chats);
    folders.push(...next.value.folders);
  }
}

test('it brings every chat and folder as they were, and says unchanged, whatever the line ends became', async () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\n\n', '\n \r\n');
  await fc.assert(
    fc.asyncProperty(someChats, someFolders, lineEnd, async (chats, folders, end) => {
      const text = await textOf(writeJson({ ...sourceOf(chats), folders }));
      const read = await gather(readBackup(new Blob([text.replaceAll('\n', end)])));
      expect(read).toEqual({
        kind: 'meditron-web',
        chats,
        folders,
        skipped: [],
        integrity: { state: 'consistent' },
      });
    }),
    { numRuns: 120 },
  );
});

test('what is damaged ends in a report or a typed error, and is never called unchanged', async () => {
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(40),
    put: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('{', '],', '"', '\n', '\u0000', '}]', 'null')),
  });
  await fc.assert(
    fc.asyncProperty(someChats, damage, async (chats, { at, length, put }) => {
      const text = await textOf(writeJson(sourceOf(chats)));
      const start = Math.floor(at * text.length);
      const damaged = text.slice(0, start) + put + text.slice(start + length);
      const bytes = new Blob([damaged]);
      const whole = await answerOf(async () => readTranscriptText(await bytes.text()));
      const parts = await answerOf(async () => gather(readInPieces(bytes, { streamFrom: 0 })));
      if (whole instanceof AppError || parts instanceof AppError || !parts) return;
      // Line ends put between members are no change to a whole reading; the other way round would be a lie.
      if (parts.integrity.state !== 'consistent') return;
      expect(whole.integrity.state).toBe('consistent');
      expect(parts.chats).toEqual(whole.chats);
    }),
    { numRuns: 300 },
  );
});

test('the chats before a cut come in, and the missing end is named', async () => {
  const chats = fc.sample(arbitraryChat, { numRuns: 3, seed: 5 });
  const text = await textOf(writeJson(sourceOf(chats)));
  const lines = text.split('\n');
  const third = lines.findIndex((line) => line.startsWith('"conversations"')) + 3;
  const cut = [...lines.slice(0, third), lines[third]?.slice(0, -20)].join('\n');
  const read = await gather(readBackup(new Blob([cut])));
  expect(read?.chats).toEqual(chats.slice(0, 2));
  expect(read?.skipped).toHaveLength(1);
  expect(read?.integrity).toMatchObject({ state: 'changed' });
  expect(JSON.stringify(read?.integrity)).toContain('the end of the file');
});

test('of a chat changed in every message no more is told than anybody reads', async () => {
  const chat = chatSaying(...Array.from({ length: 1100 }, (_, n) => `one ${String(n)}`));
  const text = await textOf(writeJson(sourceOf([chat])));
  const read = await gather(readBackup(new Blob([text.replaceAll('"text":"one ', '"text":"two ')])));
  expect(read?.chats[0]?.messages).toHaveLength(1100);
  if (read?.integrity.state !== 'changed') throw new Error('not seen to be changed');
  expect(read.integrity.differences).toHaveLength(1000);
  expect(read.integrity.differences[0]).toContain('two 0');
});

test('other files are left to the whole reading, a newer version is refused by name', async () => {
  expect(await gather(readBackup(new Blob(['[{"mapping":{}}]'])))).toBeNull();
  expect(await gather(readBackup(new Blob(['{\n "notice": {}}'])))).toBeNull();
  expect(await gather(readBackup(new Blob([])))).toBeNull();
  const text = await textOf(writeJson(sourceOf([])));
  const newer = new Blob([text.replace('"version":1', '"version":2')]);
  await expect(gather(readBackup(newer))).rejects.toMatchObject({ code: 'transcript/newer-version' });
});

async function answerOf<T>(read: () => Promise<T>): Promise<T | AppError> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error;
  }
}
