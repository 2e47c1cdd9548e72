/**
 * Conversations of other programs, as they export them: ChatGPT's conversations.json, BetterChatGPT, ShareGPT, and messages in
 * OpenAI's form (JSON or JSONL). Each becomes the app's own tree; ids follow from the content, so that the same file twice
 * makes no duplicates.
 */
import { z } from '../lib/zod.ts';
import { AppError } from '../lib/errors.ts';
import type { Conversation, Message } from '../conversations/records.ts';
import { canonicalJson, shortDigests } from './canonical.ts';
import { chatGptConversation, readChatGpt } from './foreign-chatgpt.ts';
import { refusal } from './read-own.ts';
import type { TranscriptChat } from './document.ts';
import type { PlainChat, PlainMessage } from './plain-chat.ts';
import type { FileKind, ReadFile, Skipped } from './read-result.ts';

type Reader = (value: unknown) => PlainChat | null;

const content = z.union([
  z.string(),
  z.array(z.union([z.string(), z.object({ text: z.string().optional() })])),
  z.null(),
]);
const openAiChat = z.object({
  messages: z.array(z.object({ role: z.string(), content: content.optional() })).min(1),
  // Ours (export-jsonl.ts); other programs have none.
  meta: z
    .object({
      title: z.string().optional(),
      createdAt: z.number().int().min(0).max(8.64e15).optional(),
      edited: z.array(z.number()).optional(),
    })
    .optional(),
});
const betterChat = z.object({
  id: z.string().optional(),
  title: z.string().default(''),
  messages: z.array(z.object({ role: z.string(), content: content.optional() })).min(1),
  config: z.unknown(),
});
const shareGptChat = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  conversations: z.array(z.object({ from: z.string(), value: z.string() })).min(1),
});

/** The order matters: the first whose first entry fits reads the whole file. */
const READERS: readonly { readonly kind: FileKind; readonly fits: z.ZodType; readonly read: Reader }[] = [
  { kind: 'chatgpt', fits: chatGptConversation, read: readChatGpt },
  { kind: 'sharegpt', fits: shareGptChat, read: readShareGpt },
  {
    kind: 'better-chatgpt',
    fits: betterChat.extend({ config: z.record(z.string(), z.unknown()) }),
    read: readBetter,
  },
  { kind: 'openai-messages', fits: openAiChat, read: readOpenAi },
];

/** @throws AppError `transcript/unknown-format` */
export async function readForeign(value: unknown, text: string): Promise<ReadFile> {
  const entries = listOf(value);
  const reader = READERS.find(({ fits }) => entries.some((entry) => fits.safeParse(entry).success));
  if (!reader)
    throw new AppError('transcript/unknown-format', 'No entry has a known shape.', {
      characters: text.length,
    });
  const digest = await shortDigests();
  const chats: TranscriptChat[] = [];
  const skipped: Skipped[] = [];
  for (const [index, entry] of entries.entries()) {
    if (isFileNote(entry)) continue;
    const plain = reader.read(entry);
    const what = `conversation ${index + 1}`;
    if (!plain) skipped.push({ what, why: 'it has another shape than the rest of the file' });
    else if (plain.messages.length === 0)
      skipped.push({ what, why: 'it holds no text of a person or a model' });
    else {
      const chat = toChat(plain, reader.kind, digest);
      const problem = refusal(chat);
      if (problem === null) chats.push(chat);
      else skipped.push({ what, why: problem });
    }
  }
  return { kind: reader.kind, chats, folders: [], skipped, integrity: { state: 'unknown' } };
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    // A bare list of messages is one conversation.
    return openAiChat.safeParse({ messages: value }).success ? [{ messages: value }] : (value as unknown[]);
  }
  return [value];
}

/** Our own JSONL's first and last lines speak of the file and hold no messages. */
function isFileNote(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && 'meta' in entry && !('messages' in entry);
}

function readOpenAi(value: unknown): PlainChat | null {
  const parsed = openAiChat.safeParse(value);
  if (!parsed.success) return null;
  const { messages, meta } = parsed.data;
  return linear(
    messages,
    { title: meta?.title ?? '', createdAt: meta?.createdAt ?? 0, sourceId: null },
    new Set(meta?.edited),
  );
}

function readBetter(value: unknown): PlainChat | null {
  const parsed = betterChat.safeParse(value);
  if (!parsed.success) return null;
  return linear(parsed.data.messages, {
    title: parsed.data.title,
    createdAt: 0,
    sourceId: parsed.data.id ?? null,
  });
}

function readShareGpt(value: unknown): PlainChat | null {
  const parsed = shareGptChat.safeParse(value);
  if (!parsed.success) return null;
  const roles: Record<string, string> = {
    human: 'user',
    user: 'user',
    gpt: 'assistant',
    chatgpt: 'assistant',
    bing: 'assistant',
    bard: 'assistant',
    assistant: 'assistant',
    system: 'system',
  };
  const messages = parsed.data.conversations.map(({ from, value: text }) => ({
    role: Object.hasOwn(roles, from) ? (roles[from] ?? '') : '',
    content: text,
  }));
  return linear(messages, {
    title: '',
    createdAt: 0,
    sourceId: parsed.data.id === undefined ? null : String(parsed.data.id),
  });
}

function linear(
  source: readonly { readonly role: string; readonly content?: z.infer<typeof content> | undefined }[],
  about: { readonly title: string; readonly createdAt: number; readonly sourceId: string | null },
  /** Places in `source`. */
  edited: ReadonlySet<number> = new Set(),
): PlainChat {
  const messages: PlainMessage[] = [];
  let systemText: string | null = null;
  for (const [index, { role, content: body }] of source.entries()) {
    const text = textOf(body ?? null);
    if (role === 'system') systemText = text;
    else if ((role === 'user' || role === 'assistant') && text !== '') {
      messages.push({
        role,
        text,
        parent: messages.length === 0 ? null : messages.length - 1,
        createdAt: about.createdAt,
        ...(edited.has(index) && { edited: true }),
      });
    }
  }
  return { ...about, systemText, messages, leaf: null };
}

function textOf(body: z.infer<typeof content>): string {
  if (body === null) return '';
  if (typeof body === 'string') return body;
  return body.map((part) => (typeof part === 'string' ? part : (part.text ?? ''))).join('');
}

function toChat(plain: PlainChat, kind: FileKind, digest: (value: unknown) => string): TranscriptChat {
  const key =
    plain.sourceId ?? canonicalJson([plain.title, plain.messages.map(({ role, text }) => [role, text])]);
  const conversationId = `${kind}-${digest([kind, key])}`;
  const idOf = (index: number) => `${conversationId}-${index}`;
  const messages = plain.messages.map((each, index): Message => ({
    id: idOf(index),
    conversationId,
    parentId: each.parent === null ? null : idOf(each.parent),
    role: each.role,
    text: each.text,
    // Messages without a time keep their order by counting milliseconds.
    createdAt: (each.createdAt || plain.createdAt) + index,
    status: 'complete',
    edited: each.edited ?? false,
    errorCode: null,
    provenance: null,
  }));
  const first = plain.messages.find(({ role }) => role === 'user') ?? plain.messages[0];
  const conversation: Conversation = {
    id: conversationId,
    title: (plain.title.trim() || (first?.text ?? '')).replace(/\s+/g, ' ').slice(0, 60),
    titleFrom: plain.title.trim() ? 'person' : 'auto',
    createdAt: plain.createdAt,
    updatedAt: messages.reduce((latest, { createdAt }) => Math.max(latest, createdAt), plain.createdAt),
    folderId: null,
    pinned: false,
    leafId: messages.length === 0 ? null : idOf(plain.leaf ?? messages.length - 1),
    promptFormat: null,
    systemText: plain.systemText,
    sampling: null,
  };
  return { conversation, messages };
}
