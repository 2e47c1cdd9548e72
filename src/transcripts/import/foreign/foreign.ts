/**
 * Conversations of other programs, as they export them: ChatGPT's conversations.json, BetterChatGPT, ShareGPT, and messages in
 * OpenAI's form (JSON or JSONL). Each becomes the app's own tree; ids follow from the content, so that the same file twice
 * makes no duplicates.
 */
import { z } from '../../../lib/zod.ts';
import { AppError } from '../../../errors/app-error.ts';
import { importedTitle } from '../../../conversations/data/imported-title.ts';
import type { Conversation, Message } from '../../../database/records.ts';
import { shortDigests } from '../../format/canonical.ts';
import { chatGptConversation, readChatGpt } from './chatgpt.ts';
import { readBetterFolders } from './better-chatgpt-folders.ts';
import {
  betterChat,
  openAiChat,
  openAiMessage,
  readBetter,
  readOpenAi,
  readShareGpt,
  shareGptChat,
} from './linear.ts';
import { LeftOutTally, leftOutText } from './omissions.ts';
import { refusal } from '../read-own.ts';
import type { TranscriptChat } from '../../format/document.ts';
import type { PlainChat } from './plain-chat.ts';
import type { FileKind, ReadFile, Skipped } from '../read-result.ts';

type Reader = (value: unknown) => PlainChat | null;
type Digest = (value: unknown) => string;

/** The order matters: the first whose first entry fits reads the whole file. */
const READERS: readonly { readonly kind: FileKind; readonly fits: z.ZodType; readonly read: Reader }[] = [
  { kind: 'chatgpt', fits: chatGptConversation, read: readChatGpt },
  { kind: 'sharegpt', fits: shareGptChat, read: readShareGpt },
  { kind: 'better-chatgpt', fits: betterChat, read: readBetter },
  { kind: 'openai-messages', fits: openAiChat, read: readOpenAi },
];

/** BetterChatGPT wraps its chats together with their folders. */
const wrapped = z.object({ chats: z.array(z.unknown()) });

/** @throws AppError `transcript/unknown-format` */
export async function readForeign(value: unknown, text: string): Promise<ReadFile> {
  const entries = listOf(value);
  const reader = READERS.find(({ fits }) => entries.some((entry) => fits.safeParse(entry).success));
  if (!reader)
    throw new AppError('transcript/unknown-format', 'No entry has a known shape.', {
      characters: text.length,
    });
  const digest = await shortDigests();
  const folders = readBetterFolders(reader.kind === 'better-chatgpt' ? value : null, digest);
  const chats: TranscriptChat[] = [];
  const skipped: Skipped[] = [...folders.skipped];
  const leftOut = new LeftOutTally();
  for (const [index, entry] of entries.entries()) {
    if (isFileNote(entry)) continue;
    const plain = reader.read(entry);
    const what = `conversation ${index + 1}`;
    if (!plain) skipped.push({ what, why: 'it has another shape than the app can read' });
    else if (plain.messages.length === 0) {
      const but = leftOutText(plain.leftOut);
      skipped.push({ what, why: `it holds no text of a person or a model${but && `; ${but}`}` });
    } else {
      const folder = plain.folder === undefined ? undefined : folders.byKey.get(plain.folder);
      const chat = toChat(plain, { kind: reader.kind, folderId: folder?.id ?? null, digest });
      const problem = refusal(chat);
      if (problem === null) {
        chats.push(chat);
        leftOut.addAll(plain.leftOut);
      } else skipped.push({ what, why: problem });
    }
  }
  return {
    kind: reader.kind,
    chats,
    folders: [...folders.byKey.values()],
    skipped,
    leftOut: leftOut.total(),
    integrity: { state: 'unknown' },
  };
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) {
    const list = value as unknown[];
    // A bare list of messages is one conversation.
    return list.some((each) => openAiMessage.safeParse(each).success) ? [{ messages: list }] : list;
  }
  const inside = wrapped.safeParse(value);
  return inside.success ? inside.data.chats : [value];
}

/** Our own JSONL's first and last lines speak of the file and hold no messages. */
function isFileNote(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && 'meta' in entry && !('messages' in entry);
}

interface Surroundings {
  readonly kind: FileKind;
  readonly folderId: string | null;
  readonly digest: Digest;
}

function toChat(plain: PlainChat, { kind, folderId, digest }: Surroundings): TranscriptChat {
  const identity = plain.identity ?? [plain.title, plain.messages.map(({ role, text }) => [role, text])];
  const conversationId = `${kind}-${digest([kind, identity])}`;
  const ids = messageIds(plain, conversationId, digest);
  const messages = withOrderedTimes(plain).map(({ message, createdAt }, index): Message => ({
    id: ids[index] ?? '',
    conversationId,
    parentId: message.parent === null ? null : (ids[message.parent] ?? null),
    role: message.role,
    text: message.text,
    createdAt,
    status: 'complete',
    edited: message.edited ?? false,
    errorCode: null,
    provenance: null,
  }));
  const times = plain.messages.flatMap(({ createdAt }) => (createdAt > 0 ? [createdAt] : []));
  const createdAt = plain.createdAt || times.reduce((first, at) => Math.min(first, at), times[0] ?? 0);
  const conversation: Conversation = {
    id: conversationId,
    ...importedTitle({ title: plain.title, titleFrom: 'person' }, messages),
    createdAt,
    updatedAt: times.reduce((latest, at) => Math.max(latest, at), createdAt),
    folderId,
    pinned: false,
    leafId: ids[plain.leaf ?? ids.length - 1] ?? null,
    promptFormat: null,
    systemText: plain.systemText,
    sampling: null,
  };
  return { conversation, messages };
}

/**
 * A message is the same as one of an earlier file when the source says so by its name, or when it and everything above it
 * read the same: a chat that has grown goes on, and a text that was changed becomes a version beside the old one.
 */
function messageIds(plain: PlainChat, conversationId: string, digest: Digest): readonly string[] {
  const ids: string[] = [];
  for (const { parent, role, text, key } of plain.messages) {
    const above = parent === null ? '' : (ids[parent] ?? '');
    ids.push(
      `${conversationId}-${digest(key === undefined ? [above, role, text] : ['node', key, role, text])}`,
    );
  }
  return ids;
}

/** Messages of one time, or of none, keep their order by counting milliseconds. */
function withOrderedTimes({ messages }: PlainChat) {
  const taken = new Map<number, number>();
  return messages.map((message) => {
    const before = taken.get(message.createdAt) ?? 0;
    taken.set(message.createdAt, before + 1);
    return { message, createdAt: message.createdAt + before };
  });
}
