import { expect, test } from 'vitest';
import { importConversations } from '../../../conversations/data/whole/whole-chats.ts';
import { openTestStore } from '../../../conversations/data/test-store.ts';
import type { TranscriptChat } from '../../format/document.ts';
import { omissionsText } from './omissions.ts';
import { readTranscriptText } from '../files/read-file.ts';
import type { ReadFile } from '../read-result.ts';

const read = (file: unknown): Promise<ReadFile> => readTranscriptText(JSON.stringify(file));
const only = ({ chats }: ReadFile): TranscriptChat => chats[0] ?? expect.fail('no chat');
const saidIn = (chat: TranscriptChat) => chat.messages.map(({ role, text }) => [role, text]);

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
  const found = await read(file);
  expect(found.kind).toBe('chatgpt');
  expect(found.skipped).toHaveLength(1);
  expect(found.omitted).toEqual({ tool: 1 });
  const { conversation, messages } = only(found);
  expect(conversation).toMatchObject({ title: 'Anatomy', createdAt: 1_700_000_000_000 });
  const byText = new Map(messages.map((message) => [message.text, message]));
  const question = byText.get('Name the carpal bones.');
  expect(byText.get('Scaphoid…')?.parentId).toBe(question?.id);
  expect(byText.get('Eight bones…')?.parentId).toBe(question?.id);
  expect(conversation.leafId).toBe(byText.get('Thanks')?.id);
});

test('ChatGPT: what has no text is counted, and its children keep their place', async () => {
  const message = (role: string, content: object, more: object = {}) => ({
    author: { role },
    content,
    ...more,
  });
  const text = (...parts: string[]) => ({ content_type: 'text', parts });
  const picture = { content_type: 'image_asset_pointer', asset_pointer: 'file-service://x' };
  const hidden = { metadata: { is_visually_hidden_from_conversation: true } };
  const mapping = {
    root: { parent: null, message: null },
    empty: { parent: 'root', message: message('system', text(''), hidden) },
    profile: {
      parent: 'empty',
      message: message('user', { content_type: 'user_editable_context', user_profile: 'x' }, hidden),
    },
    voice: {
      parent: 'profile',
      message: message('user', {
        content_type: 'multimodal_text',
        parts: [
          { content_type: 'audio_transcription', text: 'What is this?', direction: 'in' },
          { content_type: 'audio_asset_pointer' },
          picture,
        ],
      }),
    },
    call: { parent: 'voice', message: message('assistant', text('search()'), { recipient: 'browser' }) },
    none: { parent: 'call', message: message('assistant', { content_type: 'text', parts: null }) },
    odd: { parent: 'none', message: { author: null } },
    thoughts: { parent: 'odd', message: message('assistant', { content_type: 'thoughts', thoughts: [] }) },
    drawn: {
      parent: 'thoughts',
      message: message('tool', { content_type: 'multimodal_text', parts: [picture] }),
    },
    answer: { parent: 'drawn', message: message('assistant', text('A scaphoid.'), { recipient: 'all' }) },
  };
  const found = await read([{ title: 'T', id: 'x', mapping, current_node: 'answer' }]);
  const chat = only(found);
  expect(saidIn(chat)).toEqual([
    ['user', 'What is this?'],
    ['assistant', 'A scaphoid.'],
  ]);
  expect(chat.messages[1]?.parentId).toBe(chat.messages[0]?.id);
  expect(chat.conversation.systemText).toBeNull();
  expect(found.omitted).toEqual({
    hidden: 1,
    recording: 1,
    picture: 2,
    tool: 1,
    empty: 1,
    unreadable: 1,
    reasoning: 1,
  });
});

test('the same file twice gives the same ids', async () => {
  const file = [
    {
      conversations: [
        { from: 'human', value: 'Q' },
        { from: 'gpt', value: 'A' },
      ],
    },
  ];
  const [one, two] = [await read(file), await read(file)];
  expect(one).toEqual(two);
  expect(one.kind).toBe('sharegpt');
  expect(saidIn(only(one))).toEqual([
    ['user', 'Q'],
    ['assistant', 'A'],
  ]);
});

test('ShareGPT: items, names in any case, a null text and tools cost only their own message', async () => {
  const items = [
    { from: 'system', value: 'Be brief.' },
    { from: 'Human', value: 'Q' },
    { from: 'ChatGPT', value: null },
    { from: 'function_call', value: '{}' },
    { from: 'observation', value: '{}' },
    { from: 'model', value: 'A' },
    { from: 'user', value: 'Q2' },
    { from: 'bot', value: 'A2' },
    { from: 'narrator', value: 'Meanwhile' },
    'nothing',
  ];
  const found = await read([{ id: 'QWJhYvA_0', items }]);
  expect(found.kind).toBe('sharegpt');
  expect(saidIn(only(found))).toEqual([
    ['user', 'Q'],
    ['assistant', 'A'],
    ['user', 'Q2'],
    ['assistant', 'A2'],
  ]);
  expect(only(found).conversation.systemText).toBe('Be brief.');
  expect(found.omitted).toEqual({ empty: 1, tool: 2, role: 1, unreadable: 1 });
});

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Q' },
  { role: 'assistant', content: [{ type: 'text', text: 'A' }] },
];

test('BetterChatGPT: its export with folders, and the bare list of before', async () => {
  const legacy = await read([{ id: '1', title: 'T', messages, config: { model: 'm' } }]);
  expect(legacy.kind).toBe('better-chatgpt');
  expect(only(legacy).conversation).toMatchObject({ title: 'T', systemText: 'Be brief.' });

  const config = {
    model: 'gpt-4',
    max_tokens: 4000,
    temperature: 1,
    presence_penalty: 0,
    top_p: 1,
    frequency_penalty: 0,
  };
  const file = {
    chats: [
      { id: 'b7c9', title: 'New Chat 1', messages, config, titleSet: false, folder: 'f1' },
      { id: 'b7ca', title: '', messages, config, titleSet: false },
      // A fork keeps its texts in a store beside the chats.
      { id: 'b7cb', title: 'Branches', branchTree: { rootId: 'n', nodes: {} }, config, titleSet: true },
    ],
    folders: {
      f1: { id: 'f1', name: ' Anatomy ', expanded: true, order: 0, color: '#be123c' },
      f2: { id: 'f2', name: '', expanded: false, order: 1 },
      f3: null,
    },
    version: 1,
  };
  const found = await read(file);
  expect(found.kind).toBe('better-chatgpt');
  expect(found.chats.map(({ conversation }) => conversation.title)).toEqual(['New Chat 1', 'Q']);
  expect(found.folders).toMatchObject([
    { name: 'Anatomy', colour: 'red' },
    { name: 'New folder', colour: 'grey' },
  ]);
  expect(found.chats.map(({ conversation }) => conversation.folderId)).toEqual([found.folders[0]?.id, null]);
  expect(found.skipped.map(({ what }) => what)).toEqual(['a folder', 'conversation 3']);
  const store = await openTestStore();
  expect(await importConversations(store, found.chats, found.folders)).toMatchObject({ added: 2 });
  expect(await importConversations(store, found.chats, found.folders)).toMatchObject({ unchanged: 2 });
});

test('OpenAI messages, one chat or many', async () => {
  const one = await read({ messages });
  expect(one.kind).toBe('openai-messages');
  const lines = await readTranscriptText(
    `${JSON.stringify({ messages })}\n${JSON.stringify({ messages: [{ role: 'user', content: 'x' }] })}\n`,
  );
  expect(lines.chats).toHaveLength(2);
  expect(only(await read(messages)).messages).toHaveLength(2);
});

test('OpenAI: developers are systems, texts in parts are read, tools and pictures are counted', async () => {
  const found = await read({
    messages: [
      { role: 'system', content: 'One.' },
      { role: 'developer', content: [{ type: 'text', text: { value: 'Two.', annotations: [] } }] },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Q' },
          { type: 'image_url', image_url: { url: 'data:,' } },
          { type: 'file', file: {} },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function' }] },
      { role: 'tool', tool_call_id: 'c', content: '4' },
      { role: 'assistant', content: '' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { content: 'nobody said this' },
    ],
  });
  expect(saidIn(only(found))).toEqual([
    ['user', 'Q'],
    ['assistant', 'No.'],
  ]);
  expect(only(found).conversation.systemText).toBe('One.\n\nTwo.');
  expect(found.omitted).toEqual({ picture: 1, attachment: 1, tool: 2, empty: 1, unreadable: 1 });
});

test('what was left out is said in plain words', () => {
  expect(omissionsText({})).toBe('');
  expect(omissionsText({ picture: 1 })).toBe('1 picture was left out');
  expect(omissionsText({ picture: 1, tool: 3 })).toBe('3 tool messages and 1 picture were left out');
  expect(omissionsText({ tool: 1, picture: 2, hidden: 1 })).toBe(
    '1 tool message, 2 pictures and 1 hidden message were left out',
  );
});

test('a chat of nothing but tools says so', async () => {
  const found = await read([
    { messages: [{ role: 'tool', content: 'x' }], meta: 'odd' },
    { messages: [{ role: 'user', content: 'Q' }] },
  ]);
  expect(found.skipped).toEqual([
    {
      what: 'conversation 1',
      why: 'it holds no text of a person or a model; 1 tool message was left out',
    },
  ]);
  expect(found.omitted).toEqual({});
});

test('JSONL: a line that can’t be read is skipped by its number, the first one, too', async () => {
  const line = (content: string) => JSON.stringify({ messages: [{ role: 'user', content }] });
  const broken = await readTranscriptText([line('a'), '', '{"messages":[', line('b')].join('\n'));
  expect(broken.chats).toHaveLength(2);
  expect(broken.skipped).toEqual([{ what: 'line 3', why: 'it is not valid JSON' }]);
  const first = await readTranscriptText(['{"messages":', line('a'), line('b')].join('\r\n'));
  expect(first.chats).toHaveLength(2);
  expect(first.skipped).toEqual([{ what: 'line 1', why: 'it is not valid JSON' }]);
});

test('messages without a time keep their order and say none', async () => {
  const { conversation, messages: timeless } = only(await read({ messages }));
  expect(timeless.map(({ createdAt }) => createdAt)).toEqual([0, 1]);
  expect(conversation).toMatchObject({ createdAt: 0, updatedAt: 0 });
});

test('titles are cleaned and cut between characters', async () => {
  const title = async (content: string, given: string) =>
    only(await read([{ id: '1', title: given, messages: [{ role: 'user', content }], config: {} }]))
      .conversation.title;
  expect(await title(' \n ', '')).toBe('Untitled');
  expect(await title('Q', '  Bones\nand  joints ')).toBe('Bones and joints');
  expect(await title(`${'a'.repeat(59)}🫀🫀🫀`, '')).toBe(`${'a'.repeat(59)}🫀…`);
});
