/** A second connection to the app's database, as another tab would have, offered to tests as `window.chats`. */
import { ChatDatabase } from '../../src/database/database.ts';
import { DATABASE_NAME } from '../../src/database/database-error.ts';
import { createFolder } from '../../src/conversations/data/folders.ts';
import { webReplyLocks } from '../../src/conversations/messages/reply-locks.ts';
import { startReply, type ReplyWriter } from '../../src/conversations/messages/replies.ts';
import { appendQuestion, changeConversation, listMessages } from '../../src/conversations/data/repository.ts';
import { createStore, type Store } from '../../src/conversations/data/store.ts';

let opened: Promise<Store> | null = null;
const writers = new Map<string, ReplyWriter>();

function open(): Promise<Store> {
  opened ??= openStore();
  return opened;
}

async function openStore(): Promise<Store> {
  const db = new ChatDatabase(DATABASE_NAME, null);
  await db.open();
  return createStore(db, { persistent: true, locks: webReplyLocks(navigator.locks) });
}

export interface Turn {
  readonly question: string;
  readonly answer: string;
}

const chats = {
  /** Makes a chat of finished turns. @returns its id. */
  async make(turns: readonly Turn[], title?: string): Promise<string> {
    const store = await open();
    let conversationId: string | null = null;
    let parentId: string | null = null;
    for (const turn of turns) {
      const { conversation, message } = await appendQuestion(store, {
        conversationId,
        parentId,
        text: turn.question,
      });
      const reply = await startReply(store, {
        conversationId: conversation.id,
        parentId: message.id,
        provenance: null,
      });
      await reply.finish({ status: 'complete', text: turn.answer, provenance: null });
      conversationId = conversation.id;
      parentId = reply.messageId;
    }
    if (conversationId === null) throw new Error('A chat needs a turn');
    if (title !== undefined) await changeConversation(store, conversationId, { title, titleFrom: 'person' });
    return conversationId;
  },
  /** Asks after the last message of a chat. @returns the message's id. */
  async ask(conversationId: string, text: string, parentId?: string): Promise<string> {
    const store = await open();
    const last = (await listMessages(store, conversationId)).sort((a, b) => a.createdAt - b.createdAt).at(-1);
    const { message } = await appendQuestion(store, {
      conversationId,
      parentId: parentId ?? last?.id ?? null,
      text,
    });
    return message.id;
  },
  /** Begins a reply that this page writes as long as it lives. */
  async beginReply(conversationId: string, parentId: string, text: string): Promise<string> {
    const reply = await startReply(await open(), { conversationId, parentId, provenance: null });
    reply.save(text);
    writers.set(reply.messageId, reply);
    return reply.messageId;
  },
  writeOn(messageId: string, text: string): void {
    writers.get(messageId)?.save(text);
  },
  async messages(
    conversationId: string,
  ): Promise<{ text: string; status: string; parentId: string | null; id: string }[]> {
    return (await listMessages(await open(), conversationId)).map(({ text, status, parentId, id }) => ({
      text,
      status,
      parentId,
      id,
    }));
  },
  async folder(name: string): Promise<string> {
    return (await createFolder(await open(), name, 'green')).id;
  },
};

declare global {
  interface Window {
    chats: typeof chats;
  }
}

window.chats = chats;
