/** Nothing gets lost between two stores, nothing changes unnoticed, and damaged files end in a report or a typed error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importConversations } from '../../../conversations/data/whole/whole-chats.ts';
import { createUniverse, openTestStore } from '../../../conversations/data/test-store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { canonicalJson } from './canonical.ts';
import type { TranscriptChat } from '../document.ts';
import { documentSha256, toDocument, writeJson } from '../../export/export-json.ts';
import { writeJsonl } from '../../export/export-jsonl.ts';
import { writeMarkdown } from '../../export/export-markdown.ts';
import { readTranscriptText } from '../../import/files/read-file.ts';
import { readInPieces } from '../../import/files/read-in-pieces.ts';
import { sourceFromStore } from '../../export/store-source.ts';
import { arbitraryChat, chatSaying, sourceOf, textOf } from '../testing.ts';

const someChats = fc.uniqueArray(arbitraryChat, {
  maxLength: 3,
  selector: ({ conversation }) => conversation.id,
});

test('a store exported, and imported into an empty one, is the same store; a second time changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(someChats, async (chats) => {
      const [first, second] = [
        await openTestStore(createUniverse(), 'a'),
        await openTestStore(createUniverse(), 'b'),
      ];
      await importConversations(first, chats);
      const source = await sourceFromStore(first, 'all', '1.2.3', 1_700_000_000_000);
      const read = await readTranscriptText(await textOf(writeJson(source)));
      expect(read.integrity).toEqual({ state: 'consistent' });
      expect(await importConversations(second, read.chats, read.folders)).toEqual({
        added: chats.length,
        merged: 0,
        unchanged: 0,
        refused: [],
      });
      const again = await sourceFromStore(second, 'all', '1.2.3', 1_700_000_000_000);
      expect(await toDocument(again)).toEqual(await toDocument(source));
      expect(await importConversations(second, read.chats, read.folders)).toEqual({
        added: 0,
        merged: 0,
        unchanged: chats.length,
        refused: [],
      });
      first.db.close();
      second.db.close();
    }),
    { numRuns: 30 },
  );
});

test('a text of each Unicode plane comes back, and so do lone surrogates', async () => {
  const planes = Array.from({ length: 17 }, (_, plane) =>
    String.fromCodePoint(plane * 0x1_0000 + 0x41, plane * 0x1_0000 + 0xfffd),
  );
  for (const text of [...planes, '\uD800', '\uDFFF', 'a\uDC00b\uD83D']) {
    const [chat] = fc.sample(
      arbitraryChat.filter(({ messages }) => messages.length > 0),
      { numRuns: 1, seed: 3 },
    );
    if (!chat) throw new Error('the sample is empty');
    const said = { ...chat, messages: chat.messages.map((message) => ({ ...message, text })) };
    for (const file of [await textOf(writeJson(sourceOf([said])))]) {
      // As a file on a disk would bring it back.
      const read = await readTranscriptText(new TextDecoder().decode(new TextEncoder().encode(file)));
      expect(read.integrity).toEqual({ state: 'consistent' });
      expect(read.chats).toEqual([said]);
    }
  }
});

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The places in a value that can be changed by themselves. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Array.isArray(value)
    ? (value as readonly Json[]).flatMap((each, index) => places(each, [...path, index]))
    : Object.entries(value).flatMap(([key, each]) => places(each, [...path, key]));
  return Array.isArray(value) && value.length > 0 ? [path, ...inside] : inside;
}

function changed(value: Json, path: readonly (string | number)[]): Json {
  const [step, ...rest] = path;
  if (step === undefined) {
    if (typeof value === 'string') return `${value}\u200b`;
    if (typeof value === 'number') return value + 1;
    if (typeof value === 'boolean') return !value;
    if (Array.isArray(value)) return (value as readonly Json[]).slice(1);
    return 0;
  }
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((each, index) => (index === step ? changed(each, rest) : each));
  }
  const members = Object.entries(value as Record<string, Json>);
  return Object.fromEntries(members.map(([key, each]) => [key, key === step ? changed(each, rest) : each]));
}

test('any change of any member anywhere changes the hash', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryChat, fc.nat(), async (chat, pick) => {
      const { sha256, ...document } = await toDocument(sourceOf([chat]));
      const all = places(document as unknown as Json);
      const path = all[pick % all.length] ?? [];
      const other = changed(document as unknown as Json, path) as unknown as typeof document;
      // Beyond 2^53 adding one adds nothing.
      fc.pre(canonicalJson(other) !== canonicalJson(document));
      expect(await documentSha256(document)).toBe(sha256);
      expect(await documentSha256(other), path.join('.')).not.toBe(sha256);
    }),
    { numRuns: 400 },
  );
});

test('a reply changed in a file comes in as an edited one, however the file is read; the others stay as they were', async () => {
  const chat = chatSaying('Ask.', 'Take one.', 'Thanks.');
  const filed = { ...chat, messages: chat.messages.map((message) => ({ ...message, edited: false })) };
  const json = (await textOf(writeJson(sourceOf([filed])))).replace('Take one.', 'Take ten.');
  const { sha256, ...document } = await toDocument(sourceOf([filed]));
  const cut = {
    ...document,
    conversations: document.conversations.map((each) => ({ ...each, messages: each.messages.slice(1) })),
  };
  for (const read of [await readTranscriptText(json), await partsOf(json)]) {
    const messages = read.chats.flatMap((each) => each.messages);
    expect(messages.map(({ text, edited }) => [text, edited])).toEqual([
      ['Ask.', false],
      ['Take ten.', true],
      ['Thanks.', false],
    ]);
    // What was done to it stands in the next export, too.
    expect(await textOf(writeMarkdown(sourceOf(read.chats)))).toContain('edited');
  }
  const fewer = await readTranscriptText(canonicalJson({ ...cut, sha256 }));
  expect(fewer.integrity).toMatchObject({ differences: [expect.stringContaining('1 message is missing')] });
  expect(fewer.chats[0]?.messages.map(({ edited }) => edited)).toEqual([false, false]);
});

/** The same file as one that is too large to be read whole. */
async function partsOf(text: string): Promise<{ readonly chats: readonly TranscriptChat[] }> {
  const chats: TranscriptChat[] = [];
  for await (const part of readInPieces(new Blob([text]), { streamFrom: 0 })) chats.push(...part.chats);
  return { chats };
}

test('a damaged or tampered file of any format is read, or refused by a typed error', async () => {
  const file = fc.oneof(
    someChats.map((chats) => () => textOf(writeJson(sourceOf(chats)))),
    someChats.map((chats) => () => textOf(writeMarkdown(sourceOf(chats)))),
    someChats.map((chats) => () => textOf(writeJsonl(sourceOf(chats)))),
  );
  const damage = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(40),
    put: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('{', '[', '"', '\\', '\u0000', '}]', 'null')),
  });
  await fc.assert(
    fc.asyncProperty(file, fc.array(damage, { minLength: 1, maxLength: 4 }), async (write, blows) => {
      let text = await write();
      for (const { at, length, put } of blows) {
        const start = Math.floor(at * text.length);
        text = text.slice(0, start) + put + text.slice(start + length);
      }
      await readOrRefusal(text);
    }),
    { numRuns: 300 },
  );
});

/** @throws AssertionError when what is thrown is not typed. */
async function readOrRefusal(text: string) {
  try {
    return await readTranscriptText(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^transcript\//);
    return error;
  }
}
