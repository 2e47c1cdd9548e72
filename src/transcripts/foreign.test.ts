import { expect, test } from 'vitest';
import { readTranscriptText } from './read-file.ts';

const node = (parent: string | null, role: string, text: string) => ({
  parent,
  message: { author: { role }, create_time: 1_700_000_000, content: { content_type: 'text', parts: [text] } },
});

test('ChatGPT: branches survive, tools and hidden nodes are stepped over', async () => {
  const file = [
    {
      title: 'Anatomy',
      id: 'abc',
      create_time: 1_700_000_000,
      current_node: 'd',
      mapping: {
        root: { parent: null, message: null },
        sys: node('root', 'system', ''),
        a: node('sys', 'user', 'Name the carpal bones.'),
        tool: {
          parent: 'a',
          message: { author: { role: 'tool' }, content: { content_type: 'code', text: 'x' } },
        },
        b: node('tool', 'assistant', 'Scaphoid…'),
        c: node('a', 'assistant', 'Eight bones…'),
        d: node('c', 'user', 'Thanks'),
      },
    },
    { title: 'broken', mapping: 7 },
  ];
  const read = await readTranscriptText(JSON.stringify(file));
  expect(read.kind).toBe('chatgpt');
  expect(read.skipped).toHaveLength(1);
  const { conversation, messages } = read.chats[0] ?? expect.fail('no chat');
  expect(conversation).toMatchObject({ title: 'Anatomy', createdAt: 1_700_000_000_000 });
  const byText = new Map(messages.map((message) => [message.text, message]));
  const question = byText.get('Name the carpal bones.');
  expect(byText.get('Scaphoid…')?.parentId).toBe(question?.id);
  expect(byText.get('Eight bones…')?.parentId).toBe(question?.id);
  expect(conversation.leafId).toBe(byText.get('Thanks')?.id);
});

test('the same file twice gives the same ids', async () => {
  const text = JSON.stringify([
    {
      conversations: [
        { from: 'human', value: 'Q' },
        { from: 'gpt', value: 'A' },
      ],
    },
  ]);
  const [one, two] = [await readTranscriptText(text), await readTranscriptText(text)];
  expect(one).toEqual(two);
  expect(one.kind).toBe('sharegpt');
  expect(one.chats[0]?.messages.map(({ role, text: said }) => [role, said])).toEqual([
    ['user', 'Q'],
    ['assistant', 'A'],
  ]);
});

test('BetterChatGPT and OpenAI messages', async () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Q' },
    { role: 'assistant', content: [{ type: 'text', text: 'A' }] },
  ];
  const better = await readTranscriptText(
    JSON.stringify([{ id: '1', title: 'T', messages, config: { model: 'm' } }]),
  );
  expect(better.kind).toBe('better-chatgpt');
  expect(better.chats[0]?.conversation).toMatchObject({ title: 'T', systemText: 'Be brief.' });
  const openai = await readTranscriptText(JSON.stringify({ messages }));
  expect(openai.kind).toBe('openai-messages');
  const lines = await readTranscriptText(
    `${JSON.stringify({ messages })}\n${JSON.stringify({ messages: [{ role: 'user', content: 'x' }] })}\n`,
  );
  expect(lines.chats).toHaveLength(2);
  const bare = await readTranscriptText(JSON.stringify(messages));
  expect(bare.chats[0]?.messages).toHaveLength(2);
});
