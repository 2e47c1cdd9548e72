/** Between records and rows: the keys lists are read by, and what a list or a screen never sees. */
import { AppError } from '../../errors/app-error.ts';
import type { ChatDatabase } from '../../database/database.ts';
import type { Conversation, Message, Provenance, ReplyFacts, ShownMessage } from '../../database/records.ts';
import type { ConversationRow, MessageRow, PromptRow, SearchLogRow } from '../../database/schema.ts';
import { buildTree, type MessageTree } from '../messages/tree.ts';
import { foldText } from '../search/words.ts';

/** An index entry holds a copy of the title; longer ones sort by their beginning. */
const TITLE_KEY_CHARACTERS = 80;
/** A list shows one line; a search result too. */
const AUTO_TITLE_CHARACTERS = 60;
/** Named so that no import or paste can bloat every list row. */
export const TITLE_MAX_CHARACTERS = 200;
/** What people count as one character may be any number of code units (accents can be piled up); the longest emoji have 15. */
const UNITS_PER_CHARACTER = 16;

export function toConversationRow(conversation: Conversation, deleted = false): ConversationRow {
  return {
    ...toConversation(conversation),
    order: deleted ? null : conversation.pinned ? 0 : 1,
    shelf: conversation.folderId ?? '',
    byUpdated: -conversation.updatedAt,
    byCreated: -conversation.createdAt,
    byTitle: foldText(conversation.title).slice(0, TITLE_KEY_CHARACTERS),
  };
}

/** Named field by field: rows carry keys that are no business of screens and exports. */
export function toConversation(row: Conversation): Conversation {
  const { id, title, titleFrom, createdAt, updatedAt, folderId, pinned, leafId } = row;
  const { promptFormat, systemText, sampling, promptSetup } = row;
  return {
    id,
    title,
    titleFrom,
    createdAt,
    updatedAt,
    folderId,
    pinned,
    leafId,
    promptFormat,
    systemText,
    sampling,
    ...(promptSetup && { promptSetup }),
  };
}

export function toMessageRow(message: ShownMessage | Message): MessageRow {
  return {
    ...message,
    provenance: message.provenance ? withoutPrompt(message.provenance) : null,
    deletedAt: null,
  };
}

export function toShownMessage(row: MessageRow): ShownMessage {
  const message: ShownMessage & { deletedAt?: number | null } = { ...row };
  delete message.deletedAt;
  return message;
}

export function withoutPrompt(provenance: ReplyFacts | Provenance): ReplyFacts {
  const facts: Partial<Provenance> & ReplyFacts = { ...provenance };
  delete facts.prompt;
  delete facts.tokens;
  return facts;
}

/** What `withoutPrompt` leaves out. */
export function toPromptRow(messageId: string, { prompt, tokens }: Provenance): PromptRow {
  return { messageId, prompt, ...(tokens && { tokens }) };
}

export function withPrompt(facts: ReplyFacts, row: PromptRow | undefined): Provenance {
  return { ...facts, prompt: row?.prompt ?? '', ...(row?.tokens && { tokens: row.tokens }) };
}

/** A title from the first question: its first line with words in it, cut at a word. Never empty. */
export function titleFromQuestion(text: string): string {
  // The title needs a line, not a 100 kB message.
  const line = (/\S[^\n\r]*/.exec(text)?.[0] ?? '')
    .slice(0, UNITS_PER_CHARACTER * AUTO_TITLE_CHARACTERS)
    .replace(/\s+/gu, ' ')
    .trim();
  if (line === '') return 'New chat';
  const cut = firstCharacters(line, AUTO_TITLE_CHARACTERS);
  if (cut === line) return line;
  const space = cut.lastIndexOf(' ');
  return `${(space > AUTO_TITLE_CHARACTERS / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:.–—-]+$/u, '')}…`;
}

/** A title as a person typed it: one line, not endless. Empty when nothing is left. */
export function cleanTitle(title: string): string {
  // Trimmed again, so that a title that was cut once stays as it is.
  return firstCharacters(title.replace(/\s+/gu, ' ').trim(), TITLE_MAX_CHARACTERS).trimEnd();
}

/** Cut between characters as people count them, so that no emoji or accent is split. */
function firstCharacters(text: string, count: number): string {
  let end = 0;
  let seen = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (seen++ === count || end + segment.length > count * UNITS_PER_CHARACTER) break;
    end += segment.length;
  }
  return text.slice(0, end);
}

/** The row of a conversation that is not deleted. @throws AppError `conversation/not-found` */
export async function requireConversation(db: ChatDatabase, id: string): Promise<ConversationRow> {
  const row = await db.conversations.get(id);
  if (typeof row?.order !== 'number') throw new AppError('conversation/not-found', `No conversation ${id}`);
  return row;
}

/** The message rows that are not deleted. */
export async function loadTree(db: ChatDatabase, conversationId: string): Promise<MessageTree<MessageRow>> {
  const rows = await db.messages.where('conversationId').equals(conversationId).toArray();
  return buildTree(rows.filter((row) => row.deletedAt === null));
}

/** Notes in the running transaction that the index must look at a text again. */
export function logMessages(db: ChatDatabase, messageIds: Iterable<string>): PromiseLike<unknown> {
  return db.searchLog.bulkAdd(Array.from(messageIds, (id): SearchLogRow => ({ doc: `m:${id}` })));
}

export function logTitle(db: ChatDatabase, conversationId: string): PromiseLike<unknown> {
  return db.searchLog.add({ doc: `t:${conversationId}` });
}

/** The same for a whole chat that was hidden: the index may have passed over it meanwhile. */
export async function logConversation(db: ChatDatabase, id: string): Promise<void> {
  await logTitle(db, id);
  await logMessages(db, await db.messages.where('conversationId').equals(id).primaryKeys());
}
