/** Conversations and their messages: reading, appending, versions. Every write is one transaction that other tabs can't split. */
import type { Sampling } from '../../lib/sampling.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Conversation, PromptSetup, Provenance, ShownMessage } from '../../database/records.ts';
import {
  cleanTitle,
  loadTree,
  logMessages,
  logTitle,
  requireConversation,
  titleFromQuestion,
  toConversation,
  toConversationRow,
  toShownMessage,
  withPrompt,
} from './rows.ts';
import type { ConversationRow, MessageRow } from '../../database/schema.ts';
import { draftId, NEW_CHAT_DRAFT } from './tab/drafts.ts';
import { newId, type Store, write } from './store.ts';
import { setTabLeaf } from '../panel/tab-view.ts';
import { latestLeaf, type MessageTree } from '../messages/tree.ts';

export type ConversationSort = 'updated' | 'created' | 'title';

export interface ListQuery {
  /** A folder's id, chats in no folder, or every chat. */
  readonly folder:
    | { readonly kind: 'all' }
    | { readonly kind: 'none' }
    | { readonly kind: 'one'; readonly id: string };
  readonly sort: ConversationSort;
}

const SORT_KEY = { updated: 'byUpdated', created: 'byCreated', title: 'byTitle' } as const;

function listed(store: Store, { folder, sort }: ListQuery) {
  const key = SORT_KEY[sort];
  const { conversations } = store.db;
  if (folder.kind === 'all') return conversations.orderBy(`[order+${key}]`);
  const shelf = folder.kind === 'one' ? folder.id : '';
  // Arrays sort after every string and number, so an empty one is an upper end.
  return conversations.where(`[shelf+order+${key}]`).between([shelf], [shelf, []]);
}

/** Sealed titles are in no index: such a list is read whole, and sorted here as the index would. */
async function byTitle(store: Store, query: ListQuery): Promise<ConversationRow[]> {
  const rows = await listed(store, { ...query, sort: 'updated' }).toArray();
  return rows.sort(
    (a, b) => (a.order ?? 0) - (b.order ?? 0) || (a.byTitle < b.byTitle ? -1 : a.byTitle > b.byTitle ? 1 : 0),
  );
}

function isSortedHere(store: Store, { sort }: ListQuery): boolean {
  return sort === 'title' && store.db.protection.kind !== 'off';
}

/** One page of the list, pinned chats first, read from an index. */
export async function listConversations(
  store: Store,
  query: ListQuery,
  page: { readonly offset: number; readonly limit: number },
): Promise<Conversation[]> {
  if (isSortedHere(store, query)) {
    const sorted = await byTitle(store, query);
    return sorted.slice(page.offset, page.offset + page.limit).map(toConversation);
  }
  const collection = listed(store, query);
  // With no offset Dexie fetches all rows in one request; with one it walks a cursor.
  const rows = await (page.offset > 0 ? collection.offset(page.offset) : collection)
    .limit(page.limit)
    .toArray();
  return rows.map(toConversation);
}

/** How many chats the list has. */
export async function countConversations(store: Store, query: ListQuery): Promise<number> {
  return listed(store, query).count();
}

/** The ids of all chats of a list, in its order. */
export async function listConversationIds(store: Store, query: ListQuery): Promise<string[]> {
  if (isSortedHere(store, query)) return (await byTitle(store, query)).map(({ id }) => id);
  return listed(store, query).primaryKeys();
}

/** The chat after (`1`) or before (`-1`) `id` in the list; the first or last one when `id` is not in it. */
export async function neighbourConversation(
  store: Store,
  query: ListQuery,
  id: string | null,
  step: 1 | -1,
): Promise<string | null> {
  const ids = await listConversationIds(store, query);
  const at = id === null ? -1 : ids.indexOf(id);
  if (at < 0) return (step === 1 ? ids[0] : ids.at(-1)) ?? null;
  return ids[at + step] ?? null;
}

/** @returns undefined when there is none or it is deleted. */
export async function getConversation(store: Store, id: string): Promise<Conversation | undefined> {
  const row = await store.db.conversations.get(id);
  return row && row.order !== null ? toConversation(row) : undefined;
}

/** All messages that are not deleted, every version, in no particular order. Their texts while streaming are `listPartials`. */
export async function listMessages(store: Store, conversationId: string): Promise<ShownMessage[]> {
  const rows = await store.db.messages.where('conversationId').equals(conversationId).toArray();
  return rows.filter((row) => row.deletedAt === null).map(toShownMessage);
}

/** Messages by id, in the order asked for, without those that are deleted. */
export async function getMessages(store: Store, ids: readonly string[]): Promise<ShownMessage[]> {
  const rows = await store.db.messages.bulkGet([...ids]);
  return rows.flatMap((row) => (row?.deletedAt === null ? [toShownMessage(row)] : []));
}

/** The saved texts of replies that are being written in a conversation, by message id. */
export async function listPartials(
  store: Store,
  conversationId: string,
): Promise<ReadonlyMap<string, string>> {
  const rows = await store.db.partials.where('conversationId').equals(conversationId).toArray();
  return new Map(rows.map((row) => [row.messageId, row.text]));
}

/** Everything about a reply, with the exact prompt. @returns null for messages no model wrote. */
export async function getProvenance(store: Store, messageId: string): Promise<Provenance | null> {
  const { db } = store;
  return db.transaction('r', [db.messages, db.prompts], async () => {
    const message = await db.messages.get(messageId);
    if (!message?.provenance) return null;
    const prompt = await db.prompts.get(messageId);
    return withPrompt(message.provenance, prompt);
  });
}

export interface NewQuestion {
  /** null starts a new conversation. */
  readonly conversationId: string | null;
  /** The message it follows, as the person saw it; null for a first message. */
  readonly parentId: string | null;
  readonly text: string;
  /** For a new conversation. */
  readonly folderId?: string | null;
  readonly promptFormat?: string | null;
  readonly systemText?: string | null;
  readonly sampling?: Sampling | null;
  readonly promptSetup?: PromptSetup | undefined;
}

/**
 * Stores a question, and the conversation if it is the first one, and shows it. Resolves when it is on the disk: only then may
 * it be sent. When another tab wrote under the same parent meanwhile, both stay, as versions beside each other.
 * This tab's draft of it is taken away in the same transaction; those of other tabs are theirs.
 * @throws AppError `storage/full` (the text stays with the caller), `conversation/not-found`
 */
export async function appendQuestion(
  store: Store,
  question: NewQuestion,
): Promise<{ readonly conversation: Conversation; readonly message: ShownMessage }> {
  const { db } = store;
  const stored = await write(store, () =>
    db.transaction('rw', [db.conversations, db.messages, db.drafts, db.searchLog], async () => {
      const at = store.now();
      const conversation =
        question.conversationId === null
          ? newConversation(at, question)
          : await requireConversation(db, question.conversationId);
      const tree = question.conversationId === null ? null : await loadTree(db, conversation.id);
      const message = newMessage(at, {
        conversationId: conversation.id,
        parentId: tree ? await livingParent(store, tree, question.parentId) : null,
        role: 'user',
        text: question.text,
      });
      await db.drafts.delete(draftId(store, question.conversationId ?? NEW_CHAT_DRAFT));
      return saveAndShow(store, conversation, message, at);
    }),
  );
  setTabLeaf(stored.conversation.id, stored.message.id);
  return stored;
}

export interface NewMessage {
  readonly conversationId: string;
  readonly parentId: string | null;
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** false: a person's own words, in nobody's place. */
  readonly edited?: boolean;
}

/** Puts a text of either side into the chat after `parentId`, marked as edited unless told otherwise. What followed stays as another version. */
export async function insertMessage(store: Store, input: NewMessage): Promise<ShownMessage> {
  const { db } = store;
  const stored = await write(store, () =>
    db.transaction('rw', [db.conversations, db.messages, db.searchLog], async () => {
      const at = store.now();
      const conversation = await requireConversation(db, input.conversationId);
      const tree = await loadTree(db, conversation.id);
      const parentId = await livingParent(store, tree, input.parentId);
      const { conversationId, role, text, edited = true } = input;
      const message = { ...newMessage(at, { conversationId, parentId, role, text }), edited };
      return (await saveAndShow(store, conversation, message, at)).message;
    }),
  );
  setTabLeaf(stored.conversationId, stored.id);
  return stored;
}

/**
 * Makes a new version beside a message and shows it; the old one and what followed it stay.
 * `sent`: a question asked anew, which is not an edit of the record; everything else is marked as edited.
 * @throws AppError `conversation/not-found`
 */
export async function editMessage(
  store: Store,
  edit: { readonly messageId: string; readonly text: string; readonly sent: boolean },
): Promise<ShownMessage> {
  const { db } = store;
  const stored = await write(store, () =>
    db.transaction('rw', [db.conversations, db.messages, db.prompts, db.searchLog], async () => {
      const at = store.now();
      const old = await requireMessage(store, edit.messageId);
      const conversation = await requireConversation(db, old.conversationId);
      const { conversationId, parentId, role } = old;
      const message: ShownMessage = {
        ...newMessage(at, { conversationId, parentId, role, text: edit.text }),
        edited: role === 'assistant' || !edit.sent,
        // An edited reply keeps saying how the text it was made from came about.
        provenance: old.provenance,
      };
      const prompt = old.provenance ? await db.prompts.get(old.id) : undefined;
      if (prompt) await db.prompts.put({ ...prompt, messageId: message.id });
      return (await saveAndShow(store, conversation, message, at)).message;
    }),
  );
  setTabLeaf(stored.conversationId, stored.id);
  return stored;
}

/** Shows a version (Previous/Next version, a search result): its newest end becomes the path on screen. */
export async function showMessage(store: Store, messageId: string): Promise<{ readonly leafId: string }> {
  const { db } = store;
  const shown = await write(store, () =>
    db.transaction('rw', [db.conversations, db.messages], async () => {
      const message = await requireMessage(store, messageId);
      const conversation = await requireConversation(db, message.conversationId);
      const leafId = latestLeaf(await loadTree(db, conversation.id), messageId);
      if (conversation.leafId !== leafId) await db.conversations.put({ ...conversation, leafId });
      return { conversationId: conversation.id, leafId };
    }),
  );
  setTabLeaf(shown.conversationId, shown.leafId);
  return shown;
}

/** @returns whether the title was taken; an empty one is not. */
export async function renameConversation(store: Store, id: string, title: string): Promise<boolean> {
  const clean = cleanTitle(title);
  if (clean === '') return false;
  await changeConversation(store, id, { title: clean, titleFrom: 'person' });
  return true;
}

export type ConversationChoices = Partial<
  Pick<
    Conversation,
    'title' | 'titleFrom' | 'pinned' | 'folderId' | 'promptFormat' | 'systemText' | 'sampling' | 'promptSetup'
  >
>;

/** Pins, files or sets the choices of a conversation. Does not count as an update of it. @throws AppError `conversation/not-found` */
export async function changeConversation(
  store: Store,
  id: string,
  changes: ConversationChoices,
): Promise<void> {
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', [db.conversations, db.searchLog], async () => {
      const conversation = await requireConversation(db, id);
      await db.conversations.put(toConversationRow({ ...conversation, ...changes }));
      if (changes.title !== undefined) await logTitle(db, id);
    }),
  );
}

function newConversation(at: number, question: NewQuestion): ConversationRow {
  return toConversationRow({
    id: newId(at),
    title: titleFromQuestion(question.text),
    titleFrom: 'auto',
    createdAt: at,
    updatedAt: at,
    folderId: question.folderId ?? null,
    pinned: false,
    leafId: null,
    promptFormat: question.promptFormat ?? null,
    systemText: question.systemText ?? null,
    sampling: question.sampling ?? null,
    ...(question.promptSetup && { promptSetup: question.promptSetup }),
  });
}

function newMessage(at: number, input: NewMessage): ShownMessage {
  return {
    id: newId(at),
    ...input,
    createdAt: at,
    status: 'complete',
    edited: false,
    errorCode: null,
    provenance: null,
  };
}

async function saveAndShow(
  store: Store,
  conversation: ConversationRow,
  message: ShownMessage,
  at: number,
): Promise<{ conversation: Conversation; message: ShownMessage }> {
  const { db } = store;
  // An automatic title follows the first question, also when that is asked anew in other words.
  const retitled = message.role === 'user' && message.parentId === null && conversation.titleFrom === 'auto';
  const title = retitled ? titleFromQuestion(message.text) : conversation.title;
  const changed = {
    ...conversation,
    title,
    leafId: message.id,
    updatedAt: Math.max(at, conversation.updatedAt),
  };
  await db.messages.add({ ...message, deletedAt: null });
  await db.conversations.put(toConversationRow(changed));
  await logMessages(db, [message.id]);
  if (retitled) await logTitle(db, conversation.id);
  return { conversation: toConversation(changed), message };
}

/** The row of a message that is not deleted. Runs in the caller's transaction. @throws AppError `conversation/not-found` */
export async function requireMessage(store: Store, id: string): Promise<MessageRow> {
  const message = await store.db.messages.get(id);
  if (message?.deletedAt !== null) throw new AppError('conversation/not-found', `No message ${id}`);
  return message;
}

/** `parentId`, or the nearest message above it that another tab has not deleted meanwhile. */
async function livingParent(
  store: Store,
  tree: MessageTree<MessageRow>,
  parentId: string | null,
): Promise<string | null> {
  let current = parentId;
  const seen = new Set<string>();
  while (current !== null && !tree.byId.has(current)) {
    if (seen.has(current)) return null;
    seen.add(current);
    current = (await store.db.messages.get(current))?.parentId ?? null;
  }
  return current;
}
