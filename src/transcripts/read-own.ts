/** Reads the app's own transcript file: schema, hash, and what was changed since. */
import { AppError } from '../lib/errors.ts';
import type { Message } from '../conversations/records.ts';
import { shortDigests } from './canonical.ts';
import {
  filedChat,
  transcriptDocument,
  transcriptHeader,
  TRANSCRIPT_FORMAT,
  TRANSCRIPT_VERSION,
  type FiledChat,
  type TranscriptChat,
} from './document.ts';
import { documentSha256 } from './export-json.ts';
import { MAX_MESSAGES_PER_CHAT, MAX_TEXT_CHARACTERS } from './limits.ts';
import type { Integrity, ReadFile, Skipped } from './read-result.ts';

/** @returns null when the value is not a file of ours. @throws AppError `transcript/newer-version`, `transcript/damaged` */
export async function readOwn(value: unknown): Promise<ReadFile | null> {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('format' in value) ||
    value.format !== TRANSCRIPT_FORMAT
  )
    return null;
  const version = 'version' in value ? value.version : null;
  if (typeof version === 'number' && version > TRANSCRIPT_VERSION) {
    throw new AppError(
      'transcript/newer-version',
      `Version ${version}; this app knows ${TRANSCRIPT_VERSION}.`,
      { version },
    );
  }
  const outline = transcriptHeader.extend({ folders: transcriptDocument.shape.folders }).safeParse(value);
  if (!outline.success || !('conversations' in value) || !Array.isArray(value.conversations)) {
    const issue = outline.success ? undefined : outline.error.issues[0];
    throw new AppError(
      'transcript/damaged',
      issue ? `${issue.path.join('.')}: ${issue.message}` : 'No conversations.',
    );
  }
  const chats: FiledChat[] = [];
  const skipped: Skipped[] = [];
  for (const [index, each] of (value.conversations as unknown[]).entries()) {
    const parsed = filedChat.safeParse(each);
    const problem = parsed.success
      ? refusal(parsed.data)
      : `${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''}`;
    if (parsed.success && problem === null) chats.push(parsed.data);
    else skipped.push({ what: `conversation ${index + 1}`, why: problem ?? 'not readable' });
  }
  const { folders, ...header } = outline.data;
  const sha256 = 'sha256' in value && typeof value.sha256 === 'string' ? value.sha256 : '';
  const intact =
    skipped.length === 0 && (await documentSha256({ ...header, folders, conversations: chats })) === sha256;
  const integrity: Integrity = intact
    ? { state: 'unchanged' }
    : { state: 'changed', differences: await differences(chats, skipped) };
  return { kind: 'meditron-web', chats: chats.map(withoutDigests), folders, skipped, integrity };
}

function withoutDigests({ conversation, messages }: FiledChat): TranscriptChat {
  return { conversation, messages };
}

/** Why a chat of the right shape is still not taken. */
export function refusal({ conversation, messages }: TranscriptChat): string | null {
  if (messages.length > MAX_MESSAGES_PER_CHAT) return `more than ${MAX_MESSAGES_PER_CHAT} messages`;
  if (new Set(messages.map(({ id }) => id)).size !== messages.length) return 'two messages with the same id';
  if (messages.some((message) => message.conversationId !== conversation.id))
    return 'a message of another conversation';
  const long = messages.find(({ text }) => text.length > MAX_TEXT_CHARACTERS);
  return long ? `a message of more than ${MAX_TEXT_CHARACTERS} characters` : null;
}

async function differences(chats: readonly FiledChat[], skipped: readonly Skipped[]): Promise<string[]> {
  const digest = await shortDigests();
  const found = chats.flatMap(({ conversation, messages, digests }) => {
    const changed = messages.filter((message, index) => digest(message) !== digests[index]);
    const missing = digests.length - messages.length;
    return [
      ...changed.map((message) => `in “${conversation.title}”: ${describe(message)}`),
      ...(missing > 0 ? [`in “${conversation.title}”: ${missing} messages are missing`] : []),
    ];
  });
  if (found.length > 0 || skipped.length > 0)
    return [...found, ...skipped.map(({ what }) => `${what} can’t be read`)];
  return ['a title, a folder, the order of messages or the notice at the top (no message’s own text)'];
}

function describe({ role, text }: Message): string {
  const start = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `${role === 'user' ? 'a question' : 'a reply'}, now “${start}”`;
}
