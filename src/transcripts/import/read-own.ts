/** Reads the app's own transcript file: schema, hash, and what was changed since. */
import { AppError } from '../../errors/app-error.ts';
import type { Message } from '../../database/records.ts';
import { shortDigests } from '../format/integrity/canonical.ts';
import {
  examRows,
  transcriptDocument,
  transcriptHeader,
  TRANSCRIPT_FORMAT,
  TRANSCRIPT_VERSION,
  type ExamRows,
  type FiledChat,
  type TranscriptChat,
  type TranscriptHeader,
} from '../format/document.ts';
import { checkSignature } from '../../formats/signature/signature.ts';
import { documentSha256 } from '../export/export-json.ts';
import { readFiledChat } from './files/read-chat.ts';
import type { ReadFile, Skipped } from './read-result.ts';

/** A file of the app says more of itself than others do. */
export interface OwnFile extends ReadFile {
  readonly header: TranscriptHeader;
}

/** @returns null when the value is not a file of ours. @throws AppError `transcript/newer-version`, `transcript/damaged` */
export async function readOwn(value: unknown): Promise<OwnFile | null> {
  if (
    typeof value !== 'object' ||
    value === null ||
    !('format' in value) ||
    value.format !== TRANSCRIPT_FORMAT
  )
    return null;
  checkVersion(value);
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
    const read = readFiledChat(each);
    if (typeof read === 'string') skipped.push({ what: `conversation ${index + 1}`, why: read });
    else {
      chats.push(read.chat);
      for (const each of read.lost) skipped.push(each);
    }
  }
  const exams: ExamRows[] = [];
  if ('exams' in value && Array.isArray(value.exams)) {
    for (const [index, each] of (value.exams as unknown[]).entries()) {
      const rows = examRows.safeParse(each);
      if (rows.success) exams.push(rows.data);
      else
        skipped.push({
          what: `part ${index + 1} of the exams`,
          why: 'it is not laid out as the app writes it',
        });
    }
  }
  const { folders, ...header } = outline.data;
  const sha256 = 'sha256' in value && typeof value.sha256 === 'string' ? value.sha256 : '';
  const intact =
    skipped.length === 0 &&
    (await documentSha256({ ...header, folders, conversations: chats, exams })) === sha256;
  const signed = 'signature' in value ? await checkSignature(value.signature, 'transcript', sha256) : null;
  const own = {
    kind: 'meditron-web',
    header,
    folders,
    skipped,
    ...(exams.length > 0 && { exams }),
    // A signature is of the check value: it fits where that does.
    ...(signed && { signed: { ...signed, fits: signed.fits === null ? null : signed.fits && intact } }),
  } as const;
  if (intact) {
    const whole = chats.map(({ conversation, messages }) => ({ conversation, messages }));
    return { ...own, chats: whole, integrity: { state: 'consistent' } };
  }
  const digest = await shortDigests();
  const found = chats.map((chat) => compared(chat, digest));
  const differences = allDifferences(
    found.flatMap((each) => each.differences),
    skipped,
  );
  return { ...own, chats: found.map(({ chat }) => chat), integrity: { state: 'changed', differences } };
}

/** @throws AppError `transcript/newer-version` */
export function checkVersion(value: object): void {
  const version = 'version' in value ? value.version : null;
  if (typeof version === 'number' && version > TRANSCRIPT_VERSION) {
    throw new AppError(
      'transcript/newer-version',
      `Version ${version}; this app knows ${TRANSCRIPT_VERSION}.`,
      { version },
    );
  }
}

/**
 * Finds what was changed since export. A changed message comes in as an edited one: it is no longer the model's own words, and
 * the next export would say nothing of the change.
 * @param digest from `shortDigests`.
 * @returns the chat as it is taken in, and the differences in words.
 */
export function compared(
  { conversation, messages, digests }: FiledChat,
  digest: (value: unknown) => string,
): { readonly chat: TranscriptChat; readonly differences: readonly string[] } {
  // By content and not by place: a message that is missing makes none of the others a changed one.
  const exported = new Set(digests);
  const changed = new Set(messages.filter((message) => !exported.has(digest(message))));
  const missing = digests.length - messages.length;
  return {
    chat: {
      conversation,
      messages: messages.map((message) => (changed.has(message) ? { ...message, edited: true } : message)),
    },
    differences: [
      ...Array.from(changed, (message) => `in “${conversation.title}”: ${describe(message)}`),
      ...(missing > 0
        ? [
            `in “${conversation.title}”: ${missing === 1 ? '1 message is' : `${missing} messages are`} missing`,
          ]
        : []),
    ],
  };
}

/** For a file whose hash does not agree. @param found in its chats. */
export function allDifferences(found: readonly string[], skipped: readonly Skipped[]): string[] {
  if (found.length > 0 || skipped.length > 0)
    return [...found, ...skipped.map(({ what }) => `${what} can’t be read`)];
  return ['a title, a folder, the order of messages or the notice at the top (no message’s own text)'];
}

function describe({ role, text }: Message): string {
  const start = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `${role === 'user' ? 'a question' : 'a reply'}, now “${start}”`;
}
