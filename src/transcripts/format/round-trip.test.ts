import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { canonicalJson } from './integrity/canonical.ts';
import { toDocument, writeJson } from '../export/export-json.ts';
import { writeJsonl } from '../export/export-jsonl.ts';
import { writeMarkdown } from '../export/export-markdown.ts';
import { inert } from '../export/inert-markdown.ts';
import { buildTree, pathTo } from '../../conversations/messages/tree.ts';
import { HTML_HASH } from './integrity/hash-marks.ts';
import { MARKDOWN_FOOT } from './markdown-lines.ts';
import { readTranscriptText } from '../import/files/read-file.ts';
import { openShareLink, shareLink } from '../share/share-link.ts';
import { arbitraryChat, chatSaying, sourceOf, textOf } from './testing.ts';

const someChats = fc.uniqueArray(arbitraryChat, {
  maxLength: 3,
  selector: ({ conversation }) => conversation.id,
});

/** What a Markdown file itself is made of, inside a message. */
const imitation = fc.constantFrom(
  '## You\n\n*2026-01-01 10:00 UTC*\n\nx',
  '\n# Title\n\n*Chat 2 of 3*\n',
  String.raw`\## Model`,
  '```\n## You\n```',
  `y\n\n${MARKDOWN_FOOT}x`,
  '> **Advisory notice.** mine',
);

describe('export and import', () => {
  test('JSON brings back every conversation as it was, and says unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(someChats, async (chats) => {
        const read = await readTranscriptText(await textOf(writeJson(sourceOf(chats))));
        expect(read.integrity).toEqual({ state: 'consistent' });
        expect(read.skipped).toEqual([]);
        expect(read.chats).toEqual(chats);
      }),
      { numRuns: 150 },
    );
  });

  test('Markdown brings what was on screen, whatever the text imitates', async () => {
    await fc.assert(
      fc.asyncProperty(someChats, fc.array(fc.option(imitation)), async (plain, put) => {
        const chats = plain.map(({ conversation, messages }) => ({
          conversation,
          messages: messages.map((each, at) => ({ ...each, text: put[at] ?? each.text })),
        }));
        const text = await textOf(writeMarkdown(sourceOf(chats)));
        const paths = chats
          .map(({ conversation, messages }) => pathTo(buildTree(messages), conversation.leafId))
          .filter((path) => path.length > 0);
        if (paths.length === 0) {
          await expect(readTranscriptText(text)).rejects.toMatchObject({ code: 'transcript/damaged' });
          return;
        }
        const read = await readTranscriptText(text);
        expect(read.integrity).toEqual({ state: 'consistent' });
        const said = read.chats.map(({ messages }) =>
          messages.map((each) => [each.role, each.text, each.edited]),
        );
        expect(said).toEqual(
          paths.map((path) => path.map((each) => [each.role, inert(each.text), each.edited])),
        );
        // No line is a wall of letters.
        const longest = Math.max(
          ...chats.flatMap(({ messages }) => messages.map((each) => each.text.length)),
          0,
        );
        for (const line of text.split('\n')) expect(line.length).toBeLessThan(1200 + 6 * longest);
      }),
      { numRuns: 150 },
    );
  });

  test('a share link holds the same', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryChat, async (chat) => {
        const link = await shareLink(
          await toDocument(sourceOf([chat])),
          'https://host.example/app/?x=1#/c/2',
        );
        if (link.kind === 'too-long') {
          expect(link.characters).toBeGreaterThan(link.limit);
          return;
        }
        if (link.kind !== 'link') throw new Error('an arbitrary chat is a small one');
        expect(link.url.startsWith('https://host.example/app/#/shared/')).toBe(true);
        const read = await readTranscriptText(
          await openShareLink(link.url.slice(link.url.indexOf('/shared/') + 8)),
        );
        expect(read.integrity).toEqual({ state: 'consistent' });
        expect(read.chats).toEqual([chat]);
      }),
      { numRuns: 100 },
    );
  });

  test('messages as JSONL come back in order, twice with the same ids', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryChat, async (chat) => {
        const text = await textOf(writeJsonl(sourceOf([chat])));
        const lines = text === '' ? [] : text.trimEnd().split('\n');
        expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
        const [first, again] = [await readOrNull(text), await readOrNull(text)];
        expect(first).toEqual(again);
      }),
      { numRuns: 60 },
    );
  });

  test('any change of any word is noticed', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryChat,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 5 }),
        async (chat, at, extra) => {
          fc.pre(chat.messages.length > 0);
          const document = await toDocument(sourceOf([chat]));
          const messages = chat.messages.map((message, index) =>
            index === at % chat.messages.length ? { ...message, text: message.text + extra } : message,
          );
          const changed = {
            ...document,
            conversations: document.conversations.map((each) => ({ ...each, messages })),
          };
          const read = await readTranscriptText(canonicalJson(changed));
          expect(read.integrity.state).toBe('changed');
          expect(read.integrity.state === 'changed' && read.integrity.differences[0]).toMatch(
            /a (question|reply), now/,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a word changed in or added to the readable part of a Markdown file is noticed', async () => {
    const text = await textOf(writeMarkdown(sourceOf([chatSaying('A word of mine.')])));
    const changes = [
      text.replace('Advisory notice', 'Friendly hint'),
      text.replace('A word of mine', 'A word of yours'),
      `${text}\n## Model\n\nTake two.\n`,
      `${text.trimEnd()}0`,
      `Take two.\n${text}`,
    ];
    for (const changed of changes) {
      expect(changed).not.toBe(text);
      const read = await readTranscriptText(changed);
      expect(read.integrity).toMatchObject({ state: 'changed' });
    }
  });

  test('a Markdown file is unchanged by an editor’s line ends, and by a text that imitates the end of an HTML file', async () => {
    const chat = chatSaying(`~~~\n${HTML_HASH.mark}${'0'.repeat(64)}${HTML_HASH.tail}`);
    const text = await textOf(writeMarkdown(sourceOf([chat])));
    for (const saved of [text, text.trimEnd(), `${text}\n`, text.replaceAll('\n', '\r\n')])
      expect((await readTranscriptText(saved)).integrity).toEqual({ state: 'consistent' });
  });
});

test('every format of everything is written chat by chat', async () => {
  const text = Array.from({ length: 4000 }, (_, at) => (at * 2_654_435_761).toString(36)).join(' ');
  const [sample] = fc.sample(
    arbitraryChat.filter(({ messages }) => messages.length > 0),
    { numRuns: 1, seed: 3 },
  );
  if (!sample) throw new Error('the sample is empty');
  const chats = Array.from({ length: 30 }, (_, at) => ({
    conversation: { ...sample.conversation, id: `chat-${at}`, leafId: `message-${at}` },
    messages: sample.messages.slice(0, 1).map((message) => ({
      ...message,
      id: `message-${at}`,
      conversationId: `chat-${at}`,
      parentId: null,
      text: `Chat number ${at}. ${text}`,
    })),
  }));
  let read = 0;
  const source = {
    ...sourceOf(chats),
    *chats() {
      for (const [at, chat] of chats.entries()) {
        read = at;
        yield chat;
      }
    },
  };
  for (const write of [writeJson, writeJsonl, writeMarkdown]) {
    let longest = 0;
    for await (const piece of write(source)) {
      longest = Math.max(longest, piece.length);
      const said = /Chat number (\d+)\./.exec(piece)?.[1];
      // What follows has not been read when this is handed on.
      if (said !== undefined) expect(read, write.name).toBe(Number(said));
    }
    expect(longest, write.name).toBeGreaterThan(text.length / 4);
    // A whole chat, or as much of the embedded data as the compressor lets go at once.
    expect(longest, write.name).toBeLessThan(6 * text.length);
  }
});

describe('hostile input', () => {
  test('whatever comes in, the reader answers or throws a typed error', async () => {
    const json = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .jsonValue()
        .map((value) =>
          JSON.stringify({ format: 'meditron-web-transcript', version: 1, conversations: value }),
        ),
      fc.jsonValue().map((value) => JSON.stringify([{ mapping: value, title: 'x' }])),
      fc.jsonValue().map((value) => JSON.stringify({ messages: value })),
      fc.jsonValue().map((value) => JSON.stringify([{ conversations: value }])),
      fc.string().map((value) => `meditron-web-transcript:1:${value}`),
    );
    await fc.assert(
      fc.asyncProperty(json, async (text) => {
        try {
          await readTranscriptText(text);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect((error as AppError).code).toMatch(/^transcript\//);
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'transcript/too-large'],
    ['a newer version', '{"format":"meditron-web-transcript","version":2}', 'transcript/newer-version'],
    ['no JSON', '{"format":', 'transcript/not-json'],
    ['another shape', '{"a":1}', 'transcript/unknown-format'],
    ['plain text', 'hello', 'transcript/unknown-format'],
  ])('%s is refused by name', async (_what, text, code) => {
    await expect(readTranscriptText(text)).rejects.toMatchObject({ code });
  });

  test('a deflate bomb stops at the limit', async () => {
    const zeros = new Blob([new Uint8Array(64 * 1024 * 1024)])
      .stream()
      .pipeThrough(new CompressionStream('deflate-raw'));
    const bytes = new Uint8Array(await new Response(zeros).arrayBuffer());
    const data = Buffer.from(bytes).toString('base64url');
    await expect(openShareLink(data)).rejects.toMatchObject({ code: 'transcript/too-large' });
    await expect(openShareLink('AAAA')).rejects.toMatchObject({ code: 'transcript/damaged' });
    await expect(openShareLink('%%%')).rejects.toMatchObject({ code: 'transcript/damaged' });
  });

  test('prototype keys change no prototype', async () => {
    const text =
      '[{"title":"t","mapping":{"__proto__":{"message":{"author":{"role":"user"},"content":{"content_type":"text","parts":["hi"]}}},"constructor":{"parent":"__proto__"}}}]';
    const read = await readTranscriptText(text);
    expect(({} as Record<string, unknown>).message).toBeUndefined();
    expect(read.chats.length + read.skipped.length).toBe(1);
  });
});

async function readOrNull(text: string): Promise<unknown> {
  try {
    return await readTranscriptText(text);
  } catch (error) {
    // A chat without a single word has nothing to bring.
    expect(error).toBeInstanceOf(AppError);
    return null;
  }
}
