/** From what a file says to the app's own rows. */
import { importedTitle } from '../../../conversations/data/whole/imported-title.ts';
import type { Conversation, Message } from '../../../database/records.ts';
import type { TranscriptChat } from '../../format/document.ts';
import type { FileKind } from '../read-result.ts';
import type { PlainChat } from './plain-chat.ts';

type Digest = (value: unknown) => string;

export interface Surroundings {
  readonly kind: FileKind;
  readonly folderId: string | null;
  /** From `shortDigests`. */
  readonly digest: Digest;
}

/** Gives a chat of any source its ids and its place in the app. */
export function chatOf(plain: PlainChat, { kind, folderId, digest }: Surroundings): TranscriptChat {
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
