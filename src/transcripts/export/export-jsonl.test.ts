import { expect, test } from 'vitest';
import type { Message } from '../../database/records.ts';
import { writeJsonl } from './export-jsonl.ts';
import { chatSaying, sourceOf, textOf } from '../format/testing.ts';

/** The line of a chat whose replies saw these system texts. */
async function lineOf(systemText: string | null, seen: readonly (string | null)[]): Promise<unknown> {
  const chat = chatSaying(...seen.map((_, at) => `text ${at}`));
  const messages = chat.messages.map((message, at): Message => {
    const saw = seen[at] ?? null;
    const provenance = saw === null ? null : message.provenance && { ...message.provenance, systemText: saw };
    return { ...message, role: saw === null ? 'user' : 'assistant', provenance };
  });
  const source = sourceOf([{ conversation: { ...chat.conversation, systemText }, messages }]);
  return JSON.parse((await textOf(writeJsonl(source))).split('\n')[1] ?? '') as unknown;
}

const said = (texts: readonly string[]) =>
  texts.map((text) => expect.objectContaining({ content: text }) as unknown);

test('a chat without a system text of its own brings the one its replies saw', async () => {
  const line = await lineOf(null, [null, 'Be brief.', null, 'Be kind.']);
  expect(line).toMatchObject({
    messages: [{ role: 'system', content: 'Be kind.' }, ...said(['text 0', 'text 1', 'text 2', 'text 3'])],
    meta: { replies: [{ message: 2, systemText: 'Be brief.' }, { message: 4 }] },
  });
  expect(line).not.toHaveProperty('meta.replies.1.systemText');
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
