/** Whatever stands inside the known shapes of other programs: what comes in fits the app's own records, or a typed error says why not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { folderRecord } from '../../../database/records.ts';
import { AppError } from '../../../errors/app-error.ts';
import { transcriptChat } from '../../format/document.ts';
import { readTranscriptText } from '../files/read-file.ts';
import { canvasText } from './chatgpt/canvas.ts';
import { withoutCitationMarkers } from './chatgpt/citations.ts';
import { readForeign } from './foreign.ts';
import { flattenTree } from './trees/node-tree.ts';

const any = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('', ' ', '\uD83D', null, 1e300));
const loose = (members: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(Object.fromEntries(Object.entries(members).map(([key, value]) => [key, fc.oneof(value, any)])), {
    requiredKeys: [],
  });
const role = fc.constantFrom('user', 'assistant', 'system', 'Human', 'gpt', 'tool', 'developer');
const part = loose({ type: fc.constantFrom('text', 'image_url', 'tool_use'), text: fc.string() });
const content = fc.oneof(fc.string(), fc.array(part, { maxLength: 3 }));
const messages = fc.array(loose({ role, content, tool_calls: fc.array(any, { maxLength: 1 }) }), {
  maxLength: 6,
});
const name = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor');
const node = loose({
  parent: name,
  message: loose({
    author: loose({ role }),
    create_time: fc.double(),
    recipient: fc.constantFrom('all', 'python'),
    metadata: loose({ is_visually_hidden_from_conversation: fc.boolean() }),
    content: loose({
      content_type: fc.constantFrom('text', 'multimodal_text', 'code'),
      parts: fc.array(part),
    }),
  }),
});
const file = fc.oneof(
  loose({
    chats: fc.array(
      loose({ id: fc.string(), title: fc.string(), folder: name, messages, config: fc.constant({}) }),
      { maxLength: 3 },
    ),
    folders: fc.dictionary(name, loose({ name: fc.string(), color: fc.constantFrom('#be123c', '#00f') })),
  }),
  fc.array(loose({ id: fc.nat(), items: fc.array(loose({ from: role, value: fc.string() })) }), {
    maxLength: 3,
  }),
  fc.array(loose({ messages, meta: loose({ title: fc.string(), createdAt: fc.nat() }) }), { maxLength: 3 }),
  fc.array(
    loose({
      id: fc.string(),
      title: fc.string(),
      create_time: fc.double(),
      current_node: name,
      mapping: fc.dictionary(name, node, { maxKeys: 5 }),
    }),
    { maxLength: 2 },
  ),
);

test('every chat and folder that comes in fits the records, and twice gives the same', async () => {
  await fc.assert(
    fc.asyncProperty(file, async (value) => {
      const text = JSON.stringify(value);
      try {
        const read = await readTranscriptText(text);
        for (const chat of read.chats) {
          expect(transcriptChat.parse(chat)).toEqual(chat);
          const ids = new Set(chat.messages.map(({ id }) => id));
          for (const { parentId } of chat.messages) if (parentId !== null) expect(ids).toContain(parentId);
          expect(ids).toContain(chat.conversation.leafId);
          expect(chat.conversation.title.trim()).not.toBe('');
        }
        for (const folder of read.folders) expect(folderRecord.parse(folder)).toEqual(folder);
        expect(await readTranscriptText(text)).toEqual(read);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        expect(error.code).toMatch(/^transcript\//);
      }
    }),
    { numRuns: 500 },
  );
});

test('canvas code may have more runs of the fence than one call takes arguments', () => {
  const code = JSON.stringify({ name: 'x', type: 'code/js', content: '` '.repeat(1_000_000) });
  expect(canvasText(code)).toContain('```js');
});

// Minutes, while the time grew with the square of the length.
test('references that are opened and never closed end soon', () => {
  const text = `cite ${'【1†'.repeat(200_000)}`;
  expect(withoutCitationMarkers(text, {})).toBe(text);
  expect(withoutCitationMarkers('So【7†a source】.', {})).toBe('So.');
});

test('of a chat longer than any that is taken no more is read than shows that', async () => {
  let read = 0;
  const next = (): string => String((read += 1));
  const many = (each: object): object[] => Array.from<object>({ length: 100_200 }).fill(each);
  const versions = {
    get versions() {
      return [{ role: 'user', content: next() }];
    },
  };
  const lists = [
    many({
      role: 'user',
      get content() {
        return next();
      },
    }),
    many(versions),
  ];
  for (const messages of lists) {
    read = 0;
    const { chats, skipped } = await readForeign({ name: 'a', messages }, '');
    expect([chats, skipped]).toEqual([[], [{ what: 'conversation 1', why: 'more than 100000 messages' }]]);
    // Some are looked at to find out what the file is.
    expect(read).toBeLessThan(100_100);
  }
  read = 0;
  const circle = new Map(lists[0]?.map((_, at) => [String(at), String((at + 1) % 100_200)]));
  flattenTree(circle, () => ({ kind: 'said', message: { role: 'user', text: next(), createdAt: 0 } }));
  expect(read).toBeLessThan(100_100);
});
