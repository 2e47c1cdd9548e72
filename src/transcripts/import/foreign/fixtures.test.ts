/** Files as other programs write them, small; what each must bring is written beside it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildTree, pathTo, versionPlace } from '../../../conversations/messages/tree.ts';
import type { TranscriptChat } from '../../format/document.ts';
import { readTranscriptText } from '../files/read-file.ts';
import { withoutCitationMarkers } from './chatgpt/citations.ts';

const fixture = (name: string) =>
  readTranscriptText(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'));
const read = (file: unknown) => readTranscriptText(JSON.stringify(file));

/** Who says what on the path on screen, with `version/versions` where there is more than one. */
function path({ conversation, messages }: TranscriptChat): string[] {
  const tree = buildTree(messages);
  return pathTo(tree, conversation.leafId).map(({ id, role, text }) => {
    const { index, count } = versionPlace(tree, id);
    return `${role}${count > 1 ? ` ${String(index + 1)}/${String(count)}` : ''}: ${text}`;
  });
}

describe('ChatGPT', () => {
  test('references become links or go; the words they show stay', async () => {
    const { chats } = await fixture('chatgpt-citations.json');
    expect(chats[0]?.messages[1]?.text).toBe(
      'Metformin is first line ([diabetes.org](https://example.org/a)). See Metformin and.\n\nOld style.',
    );
  });

  test('a canvas document comes in, and so does a reply of nothing but code', async () => {
    const { chats, omitted } = await fixture('chatgpt-canvas.json');
    expect(chats.map(path)).toEqual([
      [
        'user: Draft a discharge letter in canvas',
        'assistant: *Canvas: Letter*\n\n# Discharge letter\n\nDear colleague, ...',
        'assistant: I drafted the letter.',
        'user: Answer as raw JSON only',
        'assistant: ```json\n{"dose_mg": 5}\n```',
      ],
    ]);
    expect(omitted).toEqual({ tool: 1 });
  });

  test.each([
    ['', ''],
    ['5\uE200cite\uE202turn0search1', '5'],
    ['5 mg citeturn0search3turn0news8.', '5 mg.'],
    ['\uE203a dose\uE204\uE200cite\uE202turn1view0\uE201', 'a dose'],
    ['see \uE200url\uE202WHO\uE202https://who.int/\uE201', 'see [WHO](<https://who.int/>)'],
    ['see \uE200url\uE202WHO\uE202turn0search0\uE201.', 'see WHO.'],
    ['\uE200entity\uE202["drug"\uE201 5', ' 5'],
    ['\uE200image_group\uE202{"query":["x"]}\uE201Text', 'Text'],
    ['5 mg【3:0†a.pdf】 a day', '5 mg a day'],
    ['recite 【quoted】 \uF8FF', 'recite 【quoted】 \uF8FF'],
  ])('%j is read as %j', (text, clean) => {
    expect(withoutCitationMarkers(text, {})).toBe(clean);
  });

  test('an older reference leads where the list beside the text says', () => {
    const citations = [{ metadata: { title: 'A [b]', url: 'https://a.example/' } }, { metadata: {} }];
    expect(withoutCitationMarkers('x【0†source】 y【1†source】', { citations })).toBe(
      String.raw`x[A \[b\]](<https://a.example/>) y`,
    );
  });
});

test('llama.cpp’s web page: versions and title', async () => {
  const { kind, chats } = await fixture('llamacpp-webui.json');
  expect(kind).toBe('llamacpp-webui');
  expect(chats).toHaveLength(1);
  expect(chats[0]?.conversation.title).toBe('Warfarin questions');
  expect(chats[0]?.messages).toHaveLength(3);
  expect(chats.map(path)).toEqual([
    ['user: Does warfarin interact with aspirin?', 'assistant 2/2: SECOND TRY: yes, bleeding'],
  ]);
});

test('BetterChatGPT: chats with and without settings, all without', async () => {
  const { kind, chats, skipped } = await fixture('better-mixed-config.json');
  expect(kind).toBe('better-chatgpt');
  expect(skipped).toEqual([]);
  expect(chats.map(({ conversation }) => conversation.title)).toEqual(['With', 'Without config']);
  const messages = [{ role: 'user', content: 'Q' }];
  const bare = await read({
    chats: [{ title: 'Bare', folder: 'f', messages }],
    folders: { f: { name: 'Wards' } },
  });
  expect(bare).toMatchObject({ kind: 'better-chatgpt', folders: [{ name: 'Wards' }] });
  expect(bare.chats[0]?.conversation).toMatchObject({ title: 'Bare', folderId: bare.folders[0]?.id });
});

test('a title beside the messages is kept, whatever it is called', async () => {
  expect((await fixture('title-messages.json')).chats[0]?.conversation.title).toBe('Ward round notes');
  const messages = [{ role: 'user', content: 'Q' }];
  for (const name of ['title', 'name', 'topic'])
    expect((await read({ [name]: 'Kept', messages })).chats[0]?.conversation.title).toBe('Kept');
});

test('ShareGPT with role and content; files of both shapes', async () => {
  const { kind, chats } = await fixture('sharegpt-role-content.json');
  expect([kind, ...chats.map(path)]).toEqual(['sharegpt', ['user: q', 'assistant: r']]);
  const mixed = await read([
    { conversations: [{ from: 'human', value: 'a' }] },
    { messages: [{ role: 'user', content: 'b' }] },
    { conversation: [{ role: 'user', content: 'c' }] },
  ]);
  expect(mixed.chats.map(path)).toEqual([['user: a'], ['user: b'], ['user: c']]);
});

test('messages with `text`, `sender` or `parts`, in a chat or bare', async () => {
  const turns = [
    { role: 'user', text: 'a', content: null, timestamp: 1_700_000_000 },
    { sender: 'assistant', text: 'b' },
    { author: 'user', parts: [{ text: 'c' }], createdAt: '2024-05-01T10:00:00Z' },
    { author: { role: 'assistant' }, message: 'd' },
  ];
  for (const file of [{ messages: turns }, turns]) {
    const { chats } = await read(file);
    expect(chats.map(path)).toEqual([['user: a', 'assistant: b', 'user: c', 'assistant: d']]);
    expect(chats[0]?.messages.map(({ createdAt }) => createdAt)).toEqual([
      1_700_000_000_000,
      0,
      Date.UTC(2024, 4, 1, 10),
      1,
    ]);
  }
});

test('Jan’s messages, a line each', async () => {
  const line = (role: string, value: string, created_at: number) =>
    JSON.stringify({
      object: 'thread.message',
      thread_id: 't',
      role,
      content: [{ type: 'text', text: { value, annotations: [] } }],
      created_at,
    });
  const { chats } = await readTranscriptText(
    [line('user', 'Q', 1_700_000_000_000), line('assistant', 'A', 1_700_000_001_000)].join('\n'),
  );
  expect(chats.map(path)).toEqual([['user: Q', 'assistant: A']]);
  expect(chats[0]?.messages[1]?.createdAt).toBe(1_700_000_001_000);
});

test('Open WebUI: versions, title, folded reasoning', async () => {
  const message = (role: string, parentId: string | null, content: string) => ({ role, parentId, content });
  const history = {
    currentId: 'a2',
    messages: {
      q: message('user', null, '<details type="reasoning">mine</details>'),
      a1: message('assistant', 'q', 'One.'),
      a2: message('assistant', 'q', '<details type="reasoning" done="true">\n> Hm.\n</details>\nTwo.'),
    },
  };
  const { kind, chats, omitted } = await read([
    { id: 'x', title: 'Listed', created_at: 1_700_000_000, chat: { title: 'Inner', history } },
  ]);
  expect(kind).toBe('open-webui');
  expect(chats[0]?.conversation).toMatchObject({ title: 'Listed', createdAt: 1_700_000_000_000 });
  expect(chats.map(path)).toEqual([
    ['user: <details type="reasoning">mine</details>', 'assistant 2/2: Two.'],
  ]);
  expect(omitted).toEqual({ reasoning: 1 });
});

test('LM Studio: versions with the one on screen, steps, reasoning', async () => {
  const text = (said: string) => [{ type: 'text', text: said }];
  const question = {
    versions: [{ type: 'singleStep', role: 'user', content: text('Q') }],
    currentlySelected: 0,
  };
  const steps = (said: string) => ({
    type: 'multiStep',
    role: 'assistant',
    steps: [
      { type: 'contentBlock', style: { type: 'thinking' }, content: text('hm') },
      { type: 'contentBlock', content: text(said) },
      { type: 'debugInfoBlock', debugInfo: 'x' },
    ],
  });
  const { kind, chats, omitted } = await read({
    name: 'Ward',
    createdAt: 1_700_000_000_000,
    systemPrompt: 'Be brief.',
    messages: [question, { versions: [steps('A'), steps('A')], currentlySelected: 0 }, question],
  });
  expect(kind).toBe('lm-studio');
  expect(chats[0]?.conversation).toMatchObject({ title: 'Ward', systemText: 'Be brief.' });
  expect(chats.map(path)).toEqual([['user: Q', 'assistant 1/2: A', 'user: Q']]);
  expect(omitted).toEqual({ reasoning: 2 });
});

test('Chatbox: a dump with threads and with ways that are not on screen', async () => {
  const message = (id: string, role: string, text: string) => ({
    id,
    role,
    contentParts: [{ type: 'text', text }],
    timestamp: 1_700_000_000_000,
  });
  const { kind, chats } = await read({
    __exported_items: ['conversations'],
    'chat-sessions-list': [{ id: 's', name: 'Listed' }],
    'session:s': {
      id: 's',
      name: 'Session',
      messages: [
        message('0', 'system', 'Be kind.'),
        message('1', 'user', 'Q'),
        message('2', 'assistant', 'A2'),
      ],
      messageForksHash: {
        1: {
          position: 1,
          lists: [
            { id: 'l', messages: [message('3', 'assistant', 'A1')] },
            { id: 'm', messages: [] },
          ],
        },
        3: { position: 0, lists: [{ id: 'n', messages: [message('4', 'user', 'Q2')] }] },
      },
      threads: [{ id: 't', name: 'Earlier', messages: [message('5', 'user', 'Old')] }],
    },
  });
  expect(kind).toBe('chatbox');
  expect(chats.map(({ conversation }) => conversation.title)).toEqual(['Session', 'Earlier']);
  expect(chats.map(path)).toEqual([['user: Q', 'assistant 1/2: A2'], ['user: Old']]);
  expect(chats[0]?.messages.map(({ text }) => text).sort()).toEqual(['A1', 'A2', 'Q', 'Q2']);
  expect(chats[0]?.conversation.systemText).toBe('Be kind.');
});

test('Claude: branches by parent, older files in their order', async () => {
  const message = (uuid: string, sender: string, text: string, parent?: string) => ({
    uuid,
    sender,
    text,
    content: [{ type: 'text', text }],
    created_at: '2024-05-01T10:00:00Z',
    ...(parent !== undefined && { parent_message_uuid: parent }),
  });
  const root = '00000000-0000-4000-8000-000000000000';
  const { kind, chats } = await read([
    {
      uuid: 'c1',
      name: 'Tree',
      chat_messages: [
        message('q', 'human', 'Q', root),
        message('a', 'assistant', 'A1', 'q'),
        message('b', 'assistant', 'A2', 'q'),
      ],
    },
    { uuid: 'c2', name: '', chat_messages: [message('q2', 'human', 'Q2'), message('a2', 'assistant', 'A')] },
  ]);
  expect(kind).toBe('claude');
  expect(chats.map(path)).toEqual([
    ['user: Q', 'assistant 2/2: A2'],
    ['user: Q2', 'assistant: A'],
  ]);
});

test('LibreChat: flat and nested', async () => {
  const message = (messageId: string, parentMessageId: string, byUser: boolean, text: string) => ({
    messageId,
    parentMessageId,
    isCreatedByUser: byUser,
    sender: byUser ? 'User' : 'GPT-4',
    text,
  });
  const [question, answer] = [message('q', '0', true, 'Q'), message('a', 'q', false, 'A')];
  for (const messages of [[question, answer], [{ ...question, children: [answer] }]]) {
    const { kind, chats } = await read({ conversationId: 'c', title: 'T', messages });
    expect([kind, ...chats.map(path)]).toEqual(['librechat', ['user: Q', 'assistant: A']]);
  }
});

test('NextChat’s store', async () => {
  const sessions = [
    { id: 's', topic: 'Topic', messages: [{ role: 'user', content: 'Q', date: '1/1/2024' }] },
  ];
  const { chats } = await read({ 'chat-next-web-store': { sessions } });
  expect(chats[0]?.conversation.title).toBe('Topic');
});
