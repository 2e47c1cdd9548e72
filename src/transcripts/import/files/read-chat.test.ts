/** An odd record in a file of the app's own costs itself, and no word beside it; whole or in parts. */
import { expect, test } from 'vitest';
import { writeJson } from '../../export/export-json.ts';
import { chatSaying, sourceOf, textOf } from '../../format/testing.ts';
import { readTranscriptText } from './read-file.ts';
import { readInPieces } from './read-in-pieces.ts';

type Loose = Record<string, unknown>;
interface LooseChat {
  conversation: Loose;
  messages: (Loose & { provenance: Loose })[];
}

const CHAT = '{"conversation":';

async function fileWith(damage: (chat: LooseChat) => void): Promise<string> {
  const text = await textOf(writeJson(sourceOf([chatSaying('one', 'two', 'three'), chatSaying()])));
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(CHAT));
  const chat = JSON.parse(lines[at]?.replace(/,$/, '') ?? '') as LooseChat;
  damage(chat);
  lines[at] = `${JSON.stringify(chat)},`;
  return lines.join('\n');
}

async function readBoth(text: string) {
  const whole = await readTranscriptText(text);
  const parts = readInPieces(new Blob([text]), { streamFrom: 0 });
  const first = await parts.next();
  const report = (await parts.next()).value;
  expect(first.value).toMatchObject({ chats: whole.chats });
  expect(report).toMatchObject({ skipped: whole.skipped, integrity: whole.integrity });
  return whole;
}

test.each([
  ['a number that is none', 'provenance', 'decodeTokensPerSecond', null],
  ['a kind of another version', 'provenance', 'finishReason', 'tired'],
  ['a rating of another version', null, 'rating', { stars: 5 }],
  ['comparisons that are none', null, 'comparisons', [{ other: 7 }]],
] as const)('%s in one record costs that record and no word', async (_, inside, key, value) => {
  const text = await fileWith(({ messages }) => {
    const second = messages[1];
    if (!second) throw new Error('no message');
    (inside ? second.provenance : second)[key] = value;
  });
  const { chats, skipped, integrity } = await readBoth(text);
  expect(chats[0]?.messages.map((message) => message.text)).toEqual(['one', 'two', 'three']);
  expect(chats[0]?.messages.map(({ provenance }) => provenance !== null)).toEqual([
    true,
    inside === null,
    true,
  ]);
  expect(skipped).toHaveLength(1);
  expect(skipped[0]?.what).toMatch(/^what is known of message 2 of /);
  expect(integrity.state).toBe('changed');
});

test('a message without words, and settings that are none, cost themselves', async () => {
  const text = await fileWith(({ conversation, messages }) => {
    conversation.sampling = { temperature: 'hot' };
    delete messages[1]?.text;
  });
  const { chats, skipped } = await readBoth(text);
  expect(chats[0]?.conversation.sampling).toBeNull();
  expect(chats[0]?.messages.map((message) => message.text)).toEqual(['one', 'three']);
  expect(skipped.map(({ what }) => what)).toEqual([expect.stringMatching(/^message 2 of /)]);
  const unset = await readBoth(await fileWith(({ conversation }) => (conversation.sampling = 7)));
  expect(unset.skipped.map(({ what }) => what)).toEqual([expect.stringMatching(/^the settings of /)]);
});
