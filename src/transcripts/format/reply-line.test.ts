import { expect, test } from 'vitest';
import { writeMarkdown } from '../export/export-markdown.ts';
import { readTranscriptText } from '../import/files/read-file.ts';
import { formatTime } from './reply-line.ts';
import { chatSaying, sourceOf, textOf } from './testing.ts';

test('a time that nobody knows is called unknown, and no 1970', () => {
  expect(formatTime(Date.UTC(2026, 10, 21, 9, 30))).toBe('2026-11-21 09:30 UTC');
  for (const time of [0, 7, 99_999, 8.65e15, Number.NaN]) expect(formatTime(time)).toBe('time unknown');
});

test('a message without a time comes back with its place in the order', async () => {
  const { conversation, messages } = chatSaying('a', 'b');
  const chat = { conversation, messages: messages.map((message, at) => ({ ...message, createdAt: at })) };
  const text = await textOf(writeMarkdown(sourceOf([chat])));
  expect(text.match(/time unknown/g)).toHaveLength(2);
  // A hash may hold the digits alone.
  expect(text).not.toContain('1970-');
  const read = await readTranscriptText(text);
  expect(read.integrity).toEqual({ state: 'consistent' });
  expect(read.chats[0]?.messages.map((message) => [message.text, message.createdAt])).toEqual([
    ['a', 0],
    ['b', 1],
  ]);
});
