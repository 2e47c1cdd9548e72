import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Message } from '../../database/records.ts';
import { readTranscriptText } from '../import/files/read-file.ts';
import { arbitraryChat, chatSaying, sourceOf, textOf } from '../format/testing.ts';
import { writeJsonl } from './export-jsonl.ts';

const SERVER = { name: 'Ward', host: 'llm.example.org', model: 'meditron-70b', fingerprint: 'fp' };

/** The line of a chat whose replies saw these system texts. */
async function lineOf(systemText: string | null, seen: readonly (string | null)[]): Promise<unknown> {
  const chat = chatSaying(...seen.map((_, at) => `text ${at}`));
  const messages = chat.messages.map((message, at): Message => {
    const saw = seen[at] ?? null;
    const provenance =
      saw === null
        ? null
        : message.provenance && { ...message.provenance, systemText: saw, prompt: `P${at}`, server: SERVER };
    return { ...message, role: saw === null ? 'user' : 'assistant', provenance };
  });
  const source = sourceOf([{ conversation: { ...chat.conversation, systemText }, messages }]);
  return JSON.parse((await textOf(writeJsonl(source))).split('\n')[0] ?? '') as unknown;
}

const said = (texts: readonly string[]) =>
  texts.map((text) => expect.objectContaining({ content: text }) as unknown);

test('a chat without a system text of its own brings the one its replies saw, and each its own prompt', async () => {
  expect(await lineOf(null, [null, 'Be brief.', null, 'Be kind.'])).toMatchObject({
    messages: [{ role: 'system', content: 'Be kind.' }, ...said(['text 0', 'text 1', 'text 2', 'text 3'])],
    metadata: {
      turns: [
        { written_by_model: false, prompt: '', server: '' },
        { written_by_model: false },
        { written_by_model: true, system_text: 'Be brief.', prompt: 'P1', server: 'Ward (llm.example.org)' },
        { written_by_model: false },
        { written_by_model: true, system_text: 'Be kind.', prompt: 'P3' },
      ],
    },
  });
});

test('its own system text comes first, and none is none', async () => {
  expect(await lineOf('Mine.', [null, 'Mine.'])).toMatchObject({
    messages: [{ role: 'system', content: 'Mine.' }, ...said(['text 0', 'text 1'])],
  });
  for (const [own, seen] of [
    ['', [null, '']],
    [null, [null, '']],
    [null, [null]],
  ] as const)
    expect(await lineOf(own, seen)).toMatchObject({
      messages: [{ role: 'user' }, ...said(seen.slice(1).map(() => 'text 1'))],
    });
});

/** The shape a dataset tool infers: names and types, `[…]` for the one type of a list's entries. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = new Set((value as unknown[]).map((each) => JSON.stringify(shapeOf(each))));
    expect(shapes.size, 'a list of one type, never empty').toBe(1);
    return [...shapes];
  }
  expect(value, 'no null').not.toBeNull();
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

test('every line of every file has one shape', async () => {
  const shapes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryChat, { maxLength: 4 }), async (chats) => {
      const text = await textOf(writeJsonl(sourceOf(chats)));
      for (const line of text.split('\n').slice(0, -1)) shapes.add(JSON.stringify(shapeOf(JSON.parse(line))));
    }),
    { numRuns: 60 },
  );
  expect([...shapes]).toHaveLength(1);
});

test('its texts, title, times and edited marks come back', async () => {
  const chat = chatSaying('Q', 'A');
  const messages = chat.messages.map((message, at): Message => ({
    ...message,
    role: at === 0 ? 'user' : 'assistant',
    edited: at === 1,
    createdAt: 1_700_000_000_000 + at,
  }));
  const conversation = { ...chat.conversation, title: 'Kept', createdAt: 1_700_000_000_000, systemText: 'S' };
  const read = await readTranscriptText(await textOf(writeJsonl(sourceOf([{ conversation, messages }]))));
  expect(read.chats[0]).toMatchObject({
    conversation: { title: 'Kept', createdAt: 1_700_000_000_000, systemText: 'S' },
    messages: [
      { text: 'Q', edited: false, createdAt: 1_700_000_000_000 },
      { text: 'A', edited: true, createdAt: 1_700_000_000_001 },
    ],
  });
});
