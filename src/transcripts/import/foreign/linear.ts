/** Chats that are a list of messages: OpenAI's form, BetterChatGPT and ShareGPT. */
import { z } from '../../../lib/zod.ts';
import { readContent } from './content-parts.ts';
import { LeftOutTally } from './omissions.ts';
import type { PlainChat, PlainMessage } from './plain-chat.ts';

export const openAiMessage = z.object({
  role: z.string(),
  content: z.unknown().optional(),
  tool_calls: z.array(z.unknown()).nullish().catch(null),
  function_call: z.unknown().optional(),
});
const shareGptMessage = z.object({ from: z.string(), value: z.unknown().optional() });

const sourceId = z.union([z.string(), z.number()]).optional().catch(undefined);
const listWith = (one: z.ZodType) =>
  z.array(z.unknown()).refine((list) => list.some((each) => one.safeParse(each).success));

export const openAiChat = z.object({
  id: sourceId,
  messages: listWith(openAiMessage),
  // Ours (export-jsonl.ts); other programs have none.
  meta: z
    .object({
      title: z.string().optional(),
      createdAt: z.number().int().min(0).max(8.64e15).optional(),
      edited: z.array(z.number()).optional(),
    })
    .optional()
    .catch(undefined),
});

export const betterChat = z.object({
  id: sourceId,
  title: z.string().catch(''),
  folder: z.string().optional().catch(undefined),
  // Forks that keep the texts in a store of their own have none here.
  messages: z.array(z.unknown()).optional().catch(undefined),
  config: z.record(z.string(), z.unknown()),
});

export const shareGptChat = z
  .object({
    id: sourceId,
    conversations: listWith(shareGptMessage).optional().catch(undefined),
    items: listWith(shareGptMessage).optional().catch(undefined),
  })
  .refine(({ conversations, items }) => conversations ?? items);

/** What each program calls who speaks, in small letters. */
const ROLES: ReadonlyMap<string, 'system' | 'user' | 'assistant' | 'tool' | 'picture'> = new Map([
  ...['system', 'developer'].map((name) => [name, 'system'] as const),
  ...['user', 'human'].map((name) => [name, 'user'] as const),
  ...['assistant', 'gpt', 'chatgpt', 'model', 'bot', 'ai', 'bing', 'bard', 'claude', 'gemini'].map(
    (name) => [name, 'assistant'] as const,
  ),
  ...[
    'tool',
    'function',
    'function_call',
    'function_response',
    'tool_call',
    'tool_response',
    'observation',
  ].map((name) => [name, 'tool'] as const),
  ['image', 'picture'],
]);

export function readOpenAi(value: unknown): PlainChat | null {
  const parsed = openAiChat.safeParse(value);
  if (!parsed.success) return null;
  const { id, messages, meta } = parsed.data;
  const chat = linear(messages.map(openAiTurn), new Set(meta?.edited));
  return {
    ...chat,
    title: meta?.title ?? '',
    createdAt: meta?.createdAt ?? 0,
    identity: identityOf(id, chat),
  };
}

export function readBetter(value: unknown): PlainChat | null {
  const parsed = betterChat.safeParse(value);
  if (!parsed.success || !parsed.data.messages) return null;
  const { id, title, folder, messages } = parsed.data;
  const chat = linear(messages.map(openAiTurn));
  return { ...chat, title, folder, identity: identityOf(id, chat) };
}

export function readShareGpt(value: unknown): PlainChat | null {
  const parsed = shareGptChat.safeParse(value);
  if (!parsed.success) return null;
  const { id, conversations, items } = parsed.data;
  const chat = linear((conversations ?? items ?? []).map(shareGptTurn));
  return { ...chat, identity: identityOf(id, chat) };
}

/** Ids of these programs may be no more than places in a file, so the first message is part of what tells chats apart. */
function identityOf(id: string | number | undefined, chat: PlainChat): PlainChat['identity'] {
  return id === undefined ? null : [String(id), chat.messages[0]?.text ?? ''];
}

interface Turn {
  readonly role: string;
  readonly content: unknown;
  readonly callsTool: boolean;
}

function openAiTurn(value: unknown): Turn | null {
  const parsed = openAiMessage.safeParse(value);
  if (!parsed.success) return null;
  const { role, content, tool_calls, function_call } = parsed.data;
  return { role, content, callsTool: (tool_calls?.length ?? 0) > 0 || Boolean(function_call) };
}

function shareGptTurn(value: unknown): Turn | null {
  const parsed = shareGptMessage.safeParse(value);
  return (parsed.success && { role: parsed.data.from, content: parsed.data.value, callsTool: false }) || null;
}

/** @param edited places in `turns`. */
function linear(turns: readonly (Turn | null)[], edited: ReadonlySet<number> = new Set()): PlainChat {
  const messages: PlainMessage[] = [];
  const systemTexts: string[] = [];
  const leftOut = new LeftOutTally();
  for (const [index, turn] of turns.entries()) {
    const role = turn && ROLES.get(turn.role.trim().toLowerCase());
    if (!turn) leftOut.add('unreadable');
    else if (!role) leftOut.add('role');
    else if (role === 'tool' || role === 'picture') leftOut.add(role);
    else {
      const { text, leftOut: parts } = readContent(turn.content, '');
      leftOut.addAll(parts);
      if (turn.callsTool) leftOut.add('tool');
      if (text === '') {
        if (!turn.callsTool && Object.keys(parts).length === 0) leftOut.add('empty');
      } else if (role === 'system') systemTexts.push(text);
      else
        messages.push({
          role,
          text,
          parent: messages.length === 0 ? null : messages.length - 1,
          createdAt: 0,
          ...(edited.has(index) && { edited: true }),
        });
    }
  }
  return {
    title: '',
    createdAt: 0,
    systemText: systemTexts.length === 0 ? null : systemTexts.join('\n\n'),
    messages,
    leaf: null,
    identity: null,
    leftOut: leftOut.total(),
  };
}
