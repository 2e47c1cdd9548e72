/** Transcripts out of the database, one conversation at a time. */
import { readAllConversations, readConversation } from '../../conversations/data/whole/whole-chats.ts';
import { listFolders } from '../../conversations/data/folders.ts';
import type { Store } from '../../conversations/data/store.ts';
import { EXAM_TABLES, type ExamRows, type TranscriptChat } from '../format/document.ts';
import type { TranscriptSource } from './export-json.ts';
import { ModelTally } from '../format/header.ts';

/** Ids of conversations, or all of them. */
export type Selection = 'all' | readonly string[];

/**
 * Reads everything once for the header (which models wrote how many replies) and again for each walk of `chats`;
 * a single chat is held instead.
 * @param now milliseconds since the epoch.
 */
export async function sourceFromStore(
  store: Store,
  selection: Selection,
  appVersion: string,
  now: number,
): Promise<TranscriptSource> {
  const tally = new ModelTally();
  const folderIds = new Set<string>();
  const chats = await walkerOf(store, selection);
  for await (const chat of chats()) {
    tally.add(chat);
    if (chat.conversation.folderId !== null) folderIds.add(chat.conversation.folderId);
  }
  const folders = (await listFolders(store)).filter(({ id }) => selection === 'all' || folderIds.has(id));
  return {
    header: tally.header(now, appVersion),
    folders,
    chats,
    ...(selection === 'all' && { exams: () => examsOf(store) }),
  };
}

/** One chat is read once, so that all parts of its file speak of the same moment, even while a reply is being written. */
async function walkerOf(store: Store, selection: Selection): Promise<TranscriptSource['chats']> {
  if (selection === 'all' || selection.length !== 1) return () => chatsOf(store, selection);
  const held: TranscriptChat[] = [];
  for await (const chat of chatsOf(store, selection)) held.push(chat);
  return () => held;
}

/** Rows in one part: what is written and restored at once. */
const PART_ROWS = 500;

/** Question sets, practice and runs, table by table. */
async function* examsOf({ db }: Store): AsyncGenerator<ExamRows> {
  for (const table of EXAM_TABLES) {
    const keys = await db.table(table).toCollection().primaryKeys();
    for (let from = 0; from < keys.length; from += PART_ROWS) {
      const found: unknown[] = await db.table(table).bulkGet(keys.slice(from, from + PART_ROWS));
      const rows = found.filter(
        (row): row is Record<string, unknown> => typeof row === 'object' && row !== null,
      );
      if (rows.length > 0) yield { table, rows };
    }
  }
}

async function* chatsOf(store: Store, selection: Selection): AsyncGenerator<TranscriptChat> {
  if (selection === 'all') {
    for await (const { conversation, messages } of readAllConversations(store))
      yield { conversation, messages: [...messages] };
    return;
  }
  for (const id of selection) {
    const full = await readConversation(store, id);
    if (full) yield { conversation: full.conversation, messages: [...full.messages] };
  }
}
