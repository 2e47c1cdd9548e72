/** Chats that are a list of messages: OpenAI's form and its kin, BetterChatGPT, ShareGPT, Chatbox. */
import { z } from '../../../lib/zod.ts';
import { OmissionCounts } from './omissions.ts';
import { isOverlong, type PlainChat, type PlainMessage } from './plain-chat.ts';
import { timeOf } from './times.ts';
import { isTurn, readTurn, saidIn, type Turn } from './turns.ts';

const sourceId = z.union([z.string(), z.number()]).optional().catch(undefined);
const words = z.string().optional().catch(undefined);
const turns = z.array(z.unknown()).refine((list) => list.some((each) => isTurn(each)));

export const openAiChat = z.object({
  id: sourceId,
  title: words,
  name: words,
  topic: words,
  createdAt: z.unknown().optional(),
  created_at: z.unknown().optional(),
  messages: turns,
  // Ours (export-jsonl.ts); others' have members of other names.
  metadata: z
    .object({
      title: words,
      created_at: z.unknown().optional(),
      turns: z
        .array(
          z
            .object({ edited: z.boolean().catch(false), created_at: z.unknown().optional() })
            .catch({ edited: false }),
        )
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

const betterMembers = {
  id: sourceId,
  title: z.string().catch(''),
  folder: words,
  // Forks that keep the texts in a store of their own have none here.
  messages: z.array(z.unknown()).optional().catch(undefined),
};
const betterLoose = z.object(betterMembers);
/** Early and hand-made files lack the settings, but not the flag for a title a person gave. */
export const betterChat = z.union([
  z.object({ ...betterMembers, config: z.record(z.string(), z.unknown()) }),
  z.object({ ...betterMembers, titleSet: z.boolean() }),
]);

export const shareGptChat = z
  .object({
    id: sourceId,
    title: words,
    conversations: turns.optional().catch(undefined),
    conversation: turns.optional().catch(undefined),
    items: turns.optional().catch(undefined),
  })
  .refine(({ conversations, conversation, items }) => conversations ?? conversation ?? items);

export function readOpenAi(value: unknown): PlainChat | null {
  const parsed = openAiChat.safeParse(value);
  if (!parsed.success) return null;
  const { id, title, name, topic, messages, metadata, createdAt, created_at } = parsed.data;
  const chat = linear(messages, (each, index) => {
    const turn = readTurn(each);
    const own = metadata?.turns?.[index];
    return turn && own ? { ...turn, edited: own.edited, createdAt: timeOf(own.created_at) } : turn;
  });
  return {
    ...chat,
    title: title ?? name ?? topic ?? metadata?.title ?? '',
    createdAt: timeOf(createdAt ?? created_at ?? metadata?.created_at),
    identity: identityOf(id, chat),
  };
}

export function readBetter(value: unknown): PlainChat | null {
  const parsed = betterLoose.safeParse(value);
  if (!parsed.success || !parsed.data.messages) return null;
  const { id, title, folder, messages } = parsed.data;
  const chat = linear(messages);
  return { ...chat, title, folder, identity: identityOf(id, chat) };
}

export function readShareGpt(value: unknown): PlainChat | null {
  const parsed = shareGptChat.safeParse(value);
  if (!parsed.success) return null;
  const { id, title = '', conversations, conversation, items } = parsed.data;
  const chat = linear(conversations ?? conversation ?? items ?? []);
  return { ...chat, title, identity: identityOf(id, chat) };
}

/** Ids of these programs may be no more than places in a file, so the first message is part of what tells chats apart. */
function identityOf(id: string | number | undefined, chat: PlainChat): PlainChat['identity'] {
  return id === undefined ? null : [String(id), chat.messages[0]?.text ?? ''];
}

export function linear(
  list: readonly unknown[],
  turnOf: (value: unknown, index: number) => Turn | null = readTurn,
): PlainChat {
  const messages: PlainMessage[] = [];
  const systemTexts: string[] = [];
  const omitted = new OmissionCounts();
  for (const [index, each] of list.entries()) {
    if (isOverlong(messages)) break;
    const turn = turnOf(each, index);
    const said = saidIn(turn, omitted);
    if (said.kind === 'system') systemTexts.push(said.text);
    if (said.kind !== 'said') continue;
    messages.push({
      ...said.message,
      parent: messages.length === 0 ? null : messages.length - 1,
      ...(turn?.edited === true && { edited: true }),
    });
  }
  return {
    title: '',
    createdAt: 0,
    systemText: systemTexts.length === 0 ? null : systemTexts.join('\n\n'),
    messages,
    leaf: null,
    identity: null,
    omitted: omitted.total(),
  };
}
