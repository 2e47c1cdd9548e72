/**
 * A reply from its first token to its last. While it is written its text lies apart from its message (`partials`), saved at
 * most four times a second; the end moves it into the message. A tab that dies leaves a `streaming` row whose lock is free.
 */
import { create } from 'zustand';
import { AppError } from '../../errors/app-error.ts';
import type { Message, Provenance } from '../../database/records.ts';
import { requireMessage } from '../data/repository.ts';
import { loadTree, logMessages, requireConversation, toPromptRow, withoutPrompt } from '../data/rows.ts';
import { newId, type Store, write } from '../data/store.ts';
import { pathTo } from './tree.ts';
import { setTabLeaf } from '../panel/tab-view.ts';
import { throttleText } from '../../database/write-queue.ts';

export interface ReplyEnd {
  readonly status: 'complete' | 'stopped' | 'failed';
  /** The whole text. */
  readonly text: string;
  readonly errorCode?: string | null;
  readonly provenance: Provenance | null;
}

export interface ReplyWriter {
  readonly messageId: string;
  /** The text that was there at the start: empty, or what a continued reply goes on from. */
  readonly startText: string;
  /**
   * Records how the reply comes about as soon as that is known, so that a crash does not take it away.
   * Call it before the first `save`. Never rejects: what can't be written is tried again.
   */
  describe(provenance: Provenance): Promise<void>;
  /** Remembers the whole text so far and saves it soon; cheap enough to call for every token. */
  save(text: string): void;
  /**
   * Ends the reply. Resolves when it is on the disk; on a full disk that waits until there is room, while the reply is
   * shown from memory, so let nothing on screen wait for it. Never rejects.
   */
  finish(end: ReplyEnd): Promise<void>;
}

/** Ended replies that are not on the disk yet, shown in place of their rows. */
export const useUnsavedReplies = create<{
  readonly replies: ReadonlyMap<string, Pick<Message, 'text' | 'status' | 'errorCode'>>;
}>(() => ({ replies: new Map() }));

/**
 * A message as a reader has it on screen: a reply's text lies apart while it is written, and in memory where its end found no room.
 * @param partial what is saved of it while it is written.
 */
export function asShown<T extends Pick<Message, 'id' | 'text' | 'status' | 'errorCode'>>(
  message: T,
  partial: string | undefined,
): T {
  const unsaved = useUnsavedReplies.getState().replies.get(message.id);
  if (unsaved) return { ...message, ...unsaved };
  return message.status === 'streaming' ? { ...message, text: partial ?? message.text } : message;
}

/**
 * Adds an empty reply under a question (the first one or another version) and takes its lock. It comes on screen unless
 * another tab moved the chat to a branch without the question.
 * @throws AppError `conversation/not-found` when the question is gone, `storage/full`
 */
export async function startReply(
  store: Store,
  reply: {
    readonly conversationId: string;
    readonly parentId: string;
    readonly provenance: Provenance | null;
    /** What it begins with. */
    readonly text?: string;
    /** `aside`: a version that does not come on screen. */
    readonly place?: 'shown' | 'aside';
  },
): Promise<ReplyWriter> {
  const { db } = store;
  const { text = '', place = 'shown' } = reply;
  const at = store.now();
  const messageId = newId(at);
  // Before the row exists, so that no tab ever sees it without its writer.
  const release = await store.locks.hold(messageId);
  try {
    await write(store, () =>
      db.transaction('rw', [db.conversations, db.messages, db.prompts, db.partials], async () => {
        const conversation = await requireConversation(db, reply.conversationId);
        await requireMessage(store, reply.parentId);
        await db.messages.add({
          id: messageId,
          conversationId: conversation.id,
          parentId: reply.parentId,
          role: 'assistant',
          text: '',
          createdAt: at,
          status: 'streaming',
          edited: false,
          errorCode: null,
          provenance: reply.provenance && withoutPrompt(reply.provenance),
          deletedAt: null,
        });
        if (reply.provenance) await db.prompts.put(toPromptRow(messageId, reply.provenance));
        await db.partials.put({ messageId, conversationId: conversation.id, text, savedAt: at });
        const { leafId } = conversation;
        const shown =
          leafId === reply.parentId ||
          pathTo(await loadTree(db, conversation.id), leafId).some(
            (message) => message.id === reply.parentId,
          );
        if (place === 'shown' && (shown || leafId === null))
          await db.conversations.put({ ...conversation, leafId: messageId });
      }),
    );
  } catch (thrown) {
    release();
    throw thrown;
  }
  // Regenerating: this tab looks at the new version.
  if (place === 'shown') setTabLeaf(reply.conversationId, messageId);
  return replyWriter(store, { messageId, conversationId: reply.conversationId, startText: text, release });
}

/**
 * Goes on with a reply that was stopped, cut off or ended by its length.
 * @throws AppError `conversation/not-found`, `engine/busy` when a tab is writing it, `storage/full`
 */
export async function continueReply(store: Store, messageId: string): Promise<ReplyWriter> {
  const { db } = store;
  if ((await store.locks.held([messageId])).has(messageId)) {
    throw new AppError('engine/busy', 'Another tab is writing this reply');
  }
  const release = await store.locks.hold(messageId);
  try {
    const { conversationId, text } = await write(store, () =>
      db.transaction('rw', [db.messages, db.partials], async () => {
        const message = await requireMessage(store, messageId);
        const text = (await db.partials.get(messageId))?.text ?? message.text;
        await db.messages.put({ ...message, text, status: 'streaming', errorCode: null });
        await db.partials.put({
          messageId,
          conversationId: message.conversationId,
          text,
          savedAt: store.now(),
        });
        return { conversationId: message.conversationId, text };
      }),
    );
    return replyWriter(store, { messageId, conversationId, startText: text, release });
  } catch (thrown) {
    release();
    throw thrown;
  }
}

function replyWriter(
  store: Store,
  reply: { messageId: string; conversationId: string; startText: string; release: () => void },
): ReplyWriter {
  const { messageId, conversationId, startText, release } = reply;
  const { db } = store;
  const key = `reply:${messageId}`;
  const partial = throttleText(store.queue, key, (text) =>
    // Only while one of the two is there: a purged chat must not leave a partial behind. Where tabs know nothing of each other
    // (no Web Locks: plain http), another may have taken this writer for dead, and the partial away.
    db.transaction('rw', [db.partials, db.messages], async () => {
      if ((await db.partials.get(messageId)) ?? (await db.messages.get(messageId))) {
        await db.partials.put({ messageId, conversationId, text, savedAt: store.now() });
      }
    }),
  );
  return {
    messageId,
    startText,
    describe: (provenance) =>
      store.queue.put(`provenance:${messageId}`, () =>
        db.transaction('rw', [db.messages, db.prompts], async () => {
          const message = await db.messages.get(messageId);
          // Ended meanwhile: its end says more.
          if (message?.status !== 'streaming') return;
          await db.messages.put({ ...message, provenance: withoutPrompt(provenance) });
          await db.prompts.put(toPromptRow(messageId, provenance));
        }),
      ),
    save: (text) => {
      partial.save(text);
    },
    async finish(end) {
      setUnsaved(messageId, { text: end.text, status: end.status, errorCode: end.errorCode ?? null });
      partial.forget();
      await store.queue.put(key, () => endReply(store, messageId, end));
      release();
      setUnsaved(messageId, null);
    },
  };
}

/** A deleted reply is ended, too, so that Undo brings back all of it; a purged one is left alone. */
function endReply(store: Store, messageId: string, end: ReplyEnd): PromiseLike<void> {
  const { db } = store;
  return db.transaction(
    'rw',
    [db.conversations, db.messages, db.prompts, db.partials, db.searchLog],
    async () => {
      await db.partials.delete(messageId);
      const message = await db.messages.get(messageId);
      if (!message) return;
      await db.messages.put({
        ...message,
        text: end.text,
        status: end.status,
        errorCode: end.errorCode ?? null,
        provenance: end.provenance ? withoutPrompt(end.provenance) : message.provenance,
      });
      if (end.provenance) await db.prompts.put(toPromptRow(messageId, end.provenance));
      await logMessages(db, [messageId]);
      const conversation = await db.conversations.get(message.conversationId);
      if (conversation) {
        const updatedAt = Math.max(store.now(), conversation.updatedAt);
        await db.conversations.put({ ...conversation, updatedAt, byUpdated: -updatedAt });
      }
    },
  );
}

/**
 * Marks replies whose writer is gone as interrupted and moves what was saved of them into their messages.
 * Call it at the start and when a lock became free. @returns the ids of the replies it marked.
 */
export async function markInterrupted(store: Store): Promise<string[]> {
  const { db } = store;
  const ids = await db.partials.toCollection().primaryKeys();
  if (ids.length === 0) return [];
  const alive = await store.locks.held(ids);
  const dead = ids.filter((id) => !alive.has(id) && !useUnsavedReplies.getState().replies.has(id));
  if (dead.length === 0) return [];
  return write(store, () =>
    db.transaction('rw', [db.messages, db.partials, db.searchLog], async () => {
      const marked: string[] = [];
      for (const messageId of dead) {
        // Read again: its writer may have ended it between the look at the locks and now.
        const partial = await db.partials.get(messageId);
        if (!partial) continue;
        await db.partials.delete(messageId);
        const message = await db.messages.get(messageId);
        // Interrupted already: its writer, taken for dead, went on.
        if (message?.status !== 'streaming' && message?.status !== 'interrupted') continue;
        await db.messages.put({ ...message, text: partial.text, status: 'interrupted' });
        marked.push(messageId);
      }
      await logMessages(db, marked);
      return marked;
    }),
  );
}

/** Marks a reply as interrupted as soon as its writer dies; returns when it was ended or marked. */
export async function watchReply(store: Store, messageId: string, signal: AbortSignal): Promise<void> {
  await store.locks.whenFree(messageId, signal);
  await markInterrupted(store);
}

function setUnsaved(messageId: string, reply: Pick<Message, 'text' | 'status' | 'errorCode'> | null): void {
  useUnsavedReplies.setState(({ replies }) => {
    const next = new Map(replies);
    if (reply) next.set(messageId, reply);
    else next.delete(messageId);
    return { replies: next };
  });
}
