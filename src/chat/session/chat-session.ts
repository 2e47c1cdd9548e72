/**
 * A tab's conversation with its model, free of React: questions in, replies out, one at a time in the order asked.
 *
 * A question is stored before anything is done with it, and its (empty) reply beside it, so that a second question can
 * follow the first while a model loads or writes: it waits in sight, and a crash leaves both as interrupted replies that
 * Continue takes up. The text on its way lives in `live`, batched per frame, and in the store's own throttled copy.
 */
import { onConversationDeleted } from '../../conversations/data/lifetime/deletion.ts';
import type { Message } from '../../database/records.ts';
import { continueReply, startReply, type ReplyWriter } from '../../conversations/messages/replies.ts';
import {
  appendQuestion,
  editMessage,
  getConversation,
  getProvenance,
  insertMessage,
  listMessages,
} from '../../conversations/data/repository.ts';
import type { Store } from '../../conversations/data/store.ts';
import { buildTree, pathTo } from '../../conversations/messages/tree.ts';
import type { LoadedModel } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import { NO_CHOICES } from './chat-choices.ts';
import { createLiveReplies, type LiveRepliesStore } from './reply/live-replies.ts';
import type {
  ChatModel,
  ChatSessionContext,
  ReplyTask,
  Opening,
  Question,
  VersionHow,
} from './session-types.ts';
import { writeReply, type ReplyEnd } from './reply/write-reply.ts';

/**
 * Longer texts are measured against the window before they are stored, even if a model must load for it: what does not
 * fit stays in the composer. Shorter ones fit every window there is.
 */
const MEASURED_BEFORE_STORING = 2000;
/** As many as are shown beside a token. */
const BRANCH_ALTERNATIVES = 5;
/** How long an ended reply is kept beside its stored row, which other queries may deliver later. */
const ENDED_KEPT_MS = 5000;

export class ChatSession {
  readonly live: LiveRepliesStore = createLiveReplies();
  readonly #parts: ChatSessionContext;
  #queue: ReplyTask[] = [];
  #running: ReplyTask | null = null;
  /** One at a time: replies, and what else needs the model. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: ChatSessionContext) {
    this.#parts = parts;
    onConversationDeleted((conversationId) => {
      for (const job of this.#jobs()) if (job.conversationId === conversationId) job.controller.abort();
    });
  }

  /**
   * Stores a question and asks for its reply. Resolves when the question is on the disk and its reply on its way, or the
   * reason why not told to `onUnanswered`: a question that is stored must not stay in the composer, to be stored twice.
   * @throws AppError `prompt/empty`, `prompt/message-too-long`, `storage/full`, `engine/not-loaded`, …: nothing was stored
   * and the text stays with the caller.
   */
  async send(question: Question): Promise<{ readonly conversationId: string; readonly messageId: string }> {
    if (question.text.trim() === '') throw new AppError('prompt/empty', 'the message has no text');
    const store = await this.#parts.store();
    const parentId = await this.#lastWanted(store, question);
    await this.#requireAnswerable(store, { ...question, parentId });
    const { conversation, message } = await appendQuestion(store, {
      conversationId: question.conversationId,
      parentId,
      text: question.text,
      ...question.choices,
    });
    await this.#answer(store, message).catch(this.#parts.onUnanswered);
    return { conversationId: conversation.id, messageId: message.id };
  }

  /**
   * Asks for another reply to the same question, beside the one there is.
   * @param how of this reply alone; the chat's own choices stay.
   * @returns its message's id. @throws AppError `conversation/not-found`, `storage/full`
   */
  async regenerate(
    reply: Pick<Message, 'conversationId' | 'parentId'>,
    how: VersionHow = {},
  ): Promise<string> {
    if (reply.parentId === null) throw new AppError('prompt/empty', 'there is no question to answer');
    const question = { id: reply.parentId, conversationId: reply.conversationId };
    return this.#answer(await this.#parts.store(), question, how);
  }

  /** Goes on with the beginning of a reply and another token, as a version beside it. Throws as `regenerate`. */
  async branch(reply: Pick<Message, 'conversationId' | 'parentId'>, opening: Opening): Promise<void> {
    const { conversationId, parentId } = reply;
    if (parentId === null) throw new AppError('prompt/empty', 'there is no question to answer');
    const begin = { conversationId, parentId, provenance: null, text: opening.text };
    const writer = await startReply(await this.#parts.store(), begin);
    this.#enqueue(conversationId, writer, { variation: { topAlternatives: BRANCH_ALTERNATIVES } }, opening);
  }

  /**
   * Runs what needs the model but writes no message, when no reply is being written; replies asked for meanwhile wait.
   * @throws AppError what `ChatModel` throws, and `aborted`.
   */
  aside<T>(work: (model: ChatModel, loaded: LoadedModel) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#inTurn(async () => {
      signal.throwIfAborted();
      const { model } = this.#parts;
      const loaded = await model.ensureLoaded(signal);
      await model.permit(signal);
      return work(model, loaded);
    });
  }

  /** Asks for a reply to a question that has none. */
  async answer(question: Pick<Message, 'id' | 'conversationId'>): Promise<void> {
    await this.#answer(await this.#parts.store(), question);
  }

  /** Asks a question anew in other words: a new version beside the old one, with its own reply. Resolves and throws as `send`. */
  async editQuestion(
    question: Pick<Message, 'id' | 'conversationId' | 'parentId'>,
    text: string,
  ): Promise<void> {
    if (text.trim() === '') throw new AppError('prompt/empty', 'the message has no text');
    const store = await this.#parts.store();
    const { conversationId, parentId } = question;
    await this.#requireAnswerable(store, { conversationId, parentId, text });
    const message = await editMessage(store, { messageId: question.id, text, sent: true });
    await this.#answer(store, message).catch(this.#parts.onUnanswered);
  }

  /** Changes either side's text by hand and asks nothing: a new version marked as edited. */
  async editText(messageId: string, text: string): Promise<void> {
    await editMessage(await this.#parts.store(), { messageId, text, sent: false });
  }

  /** Puts a text of either side after a message, marked as edited; what followed it stays as another version. @throws AppError `prompt/empty`, `storage/full` */
  async insertAfter(
    message: Pick<Message, 'id' | 'conversationId'>,
    role: Message['role'],
    text: string,
  ): Promise<void> {
    if (text.trim() === '') throw new AppError('prompt/empty', 'the message has no text');
    const { conversationId, id: parentId } = message;
    await insertMessage(await this.#parts.store(), { conversationId, parentId, role, text });
  }

  /** Goes on with a reply that was stopped, cut off or ended by its length. @throws AppError `engine/busy`, `storage/full`, … */
  async continue(reply: Pick<Message, 'id' | 'conversationId'>): Promise<void> {
    const store = await this.#parts.store();
    const trace = (await getProvenance(store, reply.id))?.tokens;
    const writer = await continueReply(store, reply.id);
    const how = trace ? { variation: { topAlternatives: BRANCH_ALTERNATIVES } } : {};
    this.#enqueue(reply.conversationId, writer, how, trace ? { trace } : null);
  }

  /** Number of tokens of a text, for a prompt that is not sent. @throws AppError `engine/not-loaded`, … */
  countTokens(text: string): Promise<number> {
    return this.#parts.model.countTokens(text);
  }

  /** Ends the reply being written in this chat; if none is, gives up the ones that wait. */
  stop(conversationId: string): void {
    if (this.#running?.conversationId === conversationId) {
      this.#running.controller.abort();
      return;
    }
    for (const job of this.#queue.filter((waiting) => waiting.conversationId === conversationId)) {
      job.controller.abort();
    }
  }

  /** Ends one reply, being written or waiting: its message is deleted, or a person gives it up. */
  stopReply(messageId: string): void {
    if (this.#running?.messageId === messageId) this.#running.controller.abort();
    this.#queue.find((job) => job.messageId === messageId)?.controller.abort();
  }

  /** Gives up replies whose messages were deleted, with what stood above them or by themselves. */
  async stopDeleted(conversationId: string): Promise<void> {
    const left = await listMessages(await this.#parts.store(), conversationId);
    const ids = new Set(left.map((message) => message.id));
    for (const job of this.#jobs()) {
      if (job.conversationId === conversationId && !ids.has(job.messageId)) job.controller.abort();
    }
  }

  /** The reply being written, then those that wait. */
  #jobs(): readonly ReplyTask[] {
    return this.#running ? [this.#running, ...this.#queue] : [...this.#queue];
  }

  /**
   * What a question follows. A person who asks on while a reply is on its way means to follow it, also before the screen
   * shows it; unless the screen shows another version, which it does not belong to.
   */
  async #lastWanted(store: Store, { conversationId, parentId }: Question): Promise<string | null> {
    const jobs = this.#jobs().filter((job) => job.conversationId === conversationId);
    if (conversationId === null || jobs.length === 0) return parentId;
    const tree = buildTree(await listMessages(store, conversationId));
    const follows = ({ messageId }: ReplyTask): boolean =>
      parentId === null || pathTo(tree, messageId).some(({ id }) => id === parentId);
    return jobs.findLast(follows)?.messageId ?? parentId;
  }

  async #requireAnswerable(store: Store, question: Question): Promise<void> {
    const { model } = this.#parts;
    const problem = model.unusable();
    if (problem) throw problem;
    await model.permit();
    if (question.text.length <= MEASURED_BEFORE_STORING) return;
    const loaded = await model.ensureLoaded(new AbortController().signal);
    const { conversationId } = question;
    const conversation = conversationId === null ? undefined : await getConversation(store, conversationId);
    const { prepareReply } = await this.#parts.prompting();
    await prepareReply(store, {
      loaded,
      countTokens: (text) => model.countTokens(text),
      turns: [{ id: 'question', role: 'user', text: question.text }],
      choices: conversation ?? question.choices ?? NO_CHOICES,
      preferences: this.#parts.preferences(),
    });
  }

  async #answer(
    store: Store,
    question: Pick<Message, 'id' | 'conversationId'>,
    how: VersionHow = {},
  ): Promise<string> {
    const { conversationId } = question;
    const { place = 'shown' } = how;
    const writer = await startReply(store, {
      conversationId,
      parentId: question.id,
      provenance: null,
      place,
    });
    this.#enqueue(conversationId, writer, how);
    return writer.messageId;
  }

  #enqueue(
    conversationId: string,
    writer: ReplyWriter,
    how: VersionHow,
    opening: ReplyTask['opening'] = null,
  ): void {
    const { messageId } = writer;
    const job: ReplyTask = {
      conversationId,
      messageId,
      writer,
      controller: new AbortController(),
      how,
      opening,
    };
    this.live.put({
      conversationId,
      messageId,
      phase: this.#running ? 'waiting-turn' : 'waiting-model',
      status: 'streaming',
      text: writer.startText,
      completionTokens: 0,
      timeToFirstTokenMs: null,
      tokensPerSecond: 0,
      waiting: null,
      error: null,
    });
    job.controller.signal.addEventListener('abort', () => {
      this.#giveUp(job);
    });
    this.#queue.push(job);
    void this.#work();
  }

  /** A waiting job is over at once; the running one ends by its own signal. */
  #giveUp(job: ReplyTask): void {
    if (!this.#queue.includes(job)) return;
    this.#queue = this.#queue.filter((waiting) => waiting !== job);
    this.#end(job, { status: 'stopped', text: job.writer.startText, error: null, provenance: null });
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      this.#running = job;
      try {
        const next = job;
        await this.#inTurn(async () => {
          this.#end(next, await writeReply(next, this.#parts, this.live));
        });
      } finally {
        this.#running = null;
      }
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #end({ messageId, writer }: ReplyTask, { status, text, error, provenance }: ReplyEnd): void {
    this.live.change(messageId, { phase: 'ended', status, text, error, waiting: null });
    const saved = writer.finish({ status, text, errorCode: error?.code ?? null, provenance });
    // A failure keeps its details for "Copy details" as long as the tab lives; the row keeps the code.
    if (error) return;
    void saved.then(() =>
      setTimeout(() => {
        if (this.live.getState().replies.get(messageId)?.phase === 'ended') this.live.remove(messageId);
      }, ENDED_KEPT_MS),
    );
  }
}
