/**
 * Random histories of two tabs against a simple model: send, edit, delete, undo, draft, file, import, reply, continue, the clock
 * set back and forth, a tab killed and opened again. After every step each chat has the messages it should, once, and each draft
 * is where it was left. `HISTORIES=500` runs more; a failure is shrunk and names its seed.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppError } from '../../errors/app-error.ts';
import { continueReply, markInterrupted, startReply, type ReplyWriter } from '../messages/replies.ts';
import { deleteConversation, deleteMessage, purgeAllDeleted, undoDeletion } from './lifetime/deletion.ts';
import { abandonedDrafts, draftWriter, getDraft, NEW_CHAT_DRAFT } from './tab/drafts.ts';
import { changeConversation, appendQuestion, editMessage, listMessages } from './repository.ts';
import type { Store } from './store.ts';
import { createUniverse, killTab, openTestStore, type Universe } from './test-store.ts';
import { importConversations, readConversation, type FullConversation } from './whole/whole-chats.ts';

const RUNS = Number(process.env.HISTORIES ?? 60);
const TABS = ['a', 'b'] as const;
type Tab = (typeof TABS)[number];

interface ModelMessage {
  readonly id: string;
  readonly parentId: string | null;
  readonly text: string;
  readonly role: 'user' | 'assistant';
  status: 'complete' | 'streaming' | 'interrupted';
  /** The deletion that hides it; null: it is shown. */
  hiddenBy: string | null;
}
interface ModelChat {
  readonly id: string;
  readonly messages: Map<string, ModelMessage>;
  folder: string | null;
  hiddenBy: string | null;
}
type ModelDeletion =
  | { readonly kind: 'chat'; readonly chatId: string }
  | { readonly kind: 'message'; readonly chatId: string; readonly top: string; ids: readonly string[] };

/** What a person who watched would say there is. */
class Model {
  readonly chats = new Map<string, ModelChat>();
  readonly deletions = new Map<string, ModelDeletion>();
  readonly drafts = new Map<Tab, Map<string, string>>(TABS.map((tab) => [tab, new Map<string, string>()]));
  exported: FullConversation | null = null;

  shownChats(): ModelChat[] {
    return [...this.chats.values()].filter((chat) => chat.hiddenBy === null);
  }

  /** Of all chats that are shown, in the order they were made. */
  shownMessages(): { readonly chat: ModelChat; readonly message: ModelMessage }[] {
    return this.shownChats().flatMap((chat) =>
      [...chat.messages.values()]
        .filter((message) => message.hiddenBy === null)
        .map((message) => ({ chat, message })),
    );
  }

  add(chat: ModelChat, message: Omit<ModelMessage, 'hiddenBy'>): void {
    chat.messages.set(message.id, { ...message, hiddenBy: null });
  }

  hide(chat: ModelChat, top: string, deletion: string): void {
    const ids = new Set([top]);
    // Parents are made before their children.
    for (const message of chat.messages.values())
      if (message.hiddenBy === null && message.parentId !== null && ids.has(message.parentId))
        ids.add(message.id);
    for (const id of ids) {
      const message = chat.messages.get(id);
      if (message) message.hiddenBy ??= deletion;
    }
    this.deletions.set(deletion, { kind: 'message', chatId: chat.id, top, ids: [...ids] });
  }

  undo(deletionId: string): void {
    const deletion = this.deletions.get(deletionId);
    if (!deletion) return;
    this.deletions.delete(deletionId);
    const chat = this.chats.get(deletion.chatId);
    if (!chat) return;
    if (deletion.kind === 'chat') {
      chat.hiddenBy = null;
      return;
    }
    for (const id of deletion.ids) {
      const message = chat.messages.get(id);
      if (message?.hiddenBy === deletionId) message.hiddenBy = null;
    }
    // What stands above and was deleted later comes back, too: it can't be shown without.
    const top = chat.messages.get(deletion.ids[0] ?? '');
    const above = top?.parentId ? chat.messages.get(top.parentId) : undefined;
    if (above?.hiddenBy) this.undo(above.hiddenBy);
  }

  purge(): void {
    for (const [id, deletion] of this.deletions) {
      const chat = this.chats.get(deletion.chatId);
      if (!chat) continue;
      if (deletion.kind === 'chat') {
        if (chat.hiddenBy === id) {
          this.chats.delete(chat.id);
          for (const drafts of this.drafts.values()) drafts.delete(chat.id);
        }
      } else
        for (const message of chat.messages.values())
          if (message.hiddenBy === id) chat.messages.delete(message.id);
    }
    this.deletions.clear();
  }

  import({ conversation, messages }: FullConversation): void {
    const chat: ModelChat = this.chats.get(conversation.id) ?? {
      id: conversation.id,
      messages: new Map(),
      folder: conversation.folderId,
      hiddenBy: null,
    };
    this.chats.set(chat.id, chat);
    const wanted = new Set<string>();
    for (const message of messages) {
      const known = chat.messages.get(message.id);
      if (known?.hiddenBy === null) continue;
      if (!known)
        this.add(chat, {
          id: message.id,
          parentId: message.parentId,
          text: message.text,
          role: message.role,
          status: message.status === 'streaming' ? 'interrupted' : (message.status as 'complete'),
        });
      wanted.add(message.id);
      for (let at = message.parentId; at !== null; at = chat.messages.get(at)?.parentId ?? null)
        wanted.add(at);
    }
    const grown = wanted.size > 0 || chat.hiddenBy !== null;
    for (const id of wanted) {
      const message = chat.messages.get(id);
      if (message) message.hiddenBy = null;
    }
    if (!grown) return;
    chat.hiddenBy = null;
    for (const [id, deletion] of this.deletions) {
      if (deletion.chatId !== chat.id) continue;
      if (deletion.kind === 'chat') this.deletions.delete(id);
      else {
        deletion.ids = deletion.ids.filter((each) => !wanted.has(each));
        if (deletion.ids.length === 0) this.deletions.delete(id);
      }
    }
  }
}

interface Real {
  readonly universe: Universe;
  readonly tabs: Map<Tab, Store>;
  /** Replies on their way, by message. */
  readonly writers: Map<string, { readonly tab: Tab; readonly writer: ReplyWriter }>;
  count: number;
}

const storeOf = (real: Real, tab: Tab): Store => real.tabs.get(tab) ?? expect.fail('no such tab');

/** What every tab sees, against the model. */
async function check(model: Model, real: Real): Promise<void> {
  for (const tab of TABS) {
    const store = storeOf(real, tab);
    const rows = await store.db.conversations.toArray();
    const shown = rows.filter((row) => row.order !== null);
    expect(shown.map(({ id }) => id).sort()).toEqual(
      model
        .shownChats()
        .map(({ id }) => id)
        .sort(),
    );
    for (const chat of model.shownChats()) {
      expect(shown.find(({ id }) => id === chat.id)?.folderId ?? null).toBe(chat.folder);
      const messages = await listMessages(store, chat.id);
      const found = messages.map(({ id, parentId, text, status }): Facts => [id, parentId, text, status]);
      const expected = [...chat.messages.values()]
        .filter((message) => message.hiddenBy === null)
        .map(({ id, parentId, text, status }): Facts => [
          id,
          parentId,
          status === 'streaming' ? '' : text,
          status,
        ]);
      expect(byId(found)).toEqual(byId(expected));
    }
    for (const key of [NEW_CHAT_DRAFT, ...model.chats.keys()])
      expect(await getDraft(store, key), `draft of ${tab} in ${key}`).toBe(
        model.drafts.get(tab)?.get(key) ?? '',
      );
  }
}

type Facts = readonly [id: string, ...unknown[]];

function byId(list: readonly Facts[]): readonly Facts[] {
  return list.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

type Step = (model: Model, real: Real) => Promise<void>;

/** How often each step was taken, and what all else was compared after it. */
const taken = new Map<string, number>();

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #step: Step;
  constructor(name: string, step: Step) {
    this.#name = name;
    this.#step = step;
  }
  check(): boolean {
    return true;
  }
  async run(model: Model, real: Real): Promise<void> {
    await this.#step(model, real);
    await check(model, real);
    const [kind = ''] = this.#name.split('(');
    taken.set(kind, (taken.get(kind) ?? 0) + 1);
  }
  toString(): string {
    return this.#name;
  }
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

function send(tab: Tab, at: number, inNew: boolean): Step {
  return async (model, real) => {
    real.count += 1;
    const text = `Q${String(real.count)}`;
    const place = inNew ? undefined : pick(model.shownMessages(), at);
    const { conversation, message } = await appendQuestion(storeOf(real, tab), {
      conversationId: place?.chat.id ?? null,
      parentId: place?.message.id ?? null,
      text,
    });
    const chat = model.chats.get(conversation.id) ?? {
      id: conversation.id,
      messages: new Map<string, ModelMessage>(),
      folder: null,
      hiddenBy: null,
    };
    model.chats.set(chat.id, chat);
    model.add(chat, {
      id: message.id,
      parentId: place?.message.id ?? null,
      text,
      role: 'user',
      status: 'complete',
    });
    // Its own draft, and no other's.
    model.drafts.get(tab)?.delete(place?.chat.id ?? NEW_CHAT_DRAFT);
  };
}

function edit(tab: Tab, at: number): Step {
  return async (model, real) => {
    const place = pick(model.shownMessages(), at);
    if (!place || place.message.status === 'streaming') return;
    real.count += 1;
    const text = `E${String(real.count)}`;
    const { id, parentId, role } = place.message;
    const made = await editMessage(storeOf(real, tab), { messageId: id, text, sent: role === 'user' });
    model.add(place.chat, { id: made.id, parentId, text, role, status: 'complete' });
  };
}

function deleteOne(tab: Tab, at: number, whole: boolean): Step {
  return async (model, real) => {
    const place = pick(model.shownMessages(), at);
    if (!place) return;
    const { chat, message } = place;
    if (whole) {
      const id = await deleteConversation(storeOf(real, tab), chat.id);
      chat.hiddenBy = id;
      model.deletions.set(id, { kind: 'chat', chatId: chat.id });
    } else model.hide(chat, message.id, await deleteMessage(storeOf(real, tab), message.id));
  };
}

function undo(tab: Tab, at: number): Step {
  return async (model, real) => {
    const id = pick([...model.deletions.keys()], at);
    if (id === undefined) return;
    await undoDeletion(storeOf(real, tab), id);
    model.undo(id);
    // Too late, or once more: nothing happens.
    expect(await undoDeletion(storeOf(real, tab), id)).toBe(false);
  };
}

function draft(tab: Tab, at: number, inNew: boolean): Step {
  return async (model, real) => {
    real.count += 1;
    const key = inNew ? NEW_CHAT_DRAFT : (pick(model.shownChats(), at)?.id ?? NEW_CHAT_DRAFT);
    const writer = draftWriter(storeOf(real, tab), key);
    writer.save(`D${String(real.count)}`);
    await writer.flush();
    model.drafts.get(tab)?.set(key, `D${String(real.count)}`);
  };
}

function move(tab: Tab, at: number, folder: string | null): Step {
  return async (model, real) => {
    const chat = pick(model.shownChats(), at);
    if (!chat) return;
    await changeConversation(storeOf(real, tab), chat.id, { folderId: folder });
    chat.folder = folder;
  };
}

function exportChat(tab: Tab, at: number): Step {
  return async (model, real) => {
    const chat = pick(model.shownChats(), at);
    if (chat) model.exported = (await readConversation(storeOf(real, tab), chat.id)) ?? null;
  };
}

function importAgain(tab: Tab): Step {
  return async (model, real) => {
    if (!model.exported) return;
    model.import(model.exported);
    await importConversations(storeOf(real, tab), [model.exported]);
    const again = await importConversations(storeOf(real, tab), [model.exported]);
    expect(again).toMatchObject({ added: 0, merged: 0, unchanged: 1 });
  };
}

function begin(tab: Tab, at: number): Step {
  return async (model, real) => {
    const questions = model.shownMessages().filter(({ message }) => message.role === 'user');
    const place = pick(questions, at);
    if (!place) return;
    const writer = await startReply(storeOf(real, tab), {
      conversationId: place.chat.id,
      parentId: place.message.id,
      provenance: null,
    });
    real.count += 1;
    real.writers.set(writer.messageId, { tab, writer });
    model.add(place.chat, {
      id: writer.messageId,
      parentId: place.message.id,
      text: `A${String(real.count)}`,
      role: 'assistant',
      status: 'streaming',
    });
  };
}

function finish(at: number): Step {
  return async (model, real) => {
    const found = pick([...real.writers], at);
    if (!found) return;
    const [id, { writer }] = found;
    real.writers.delete(id);
    const chat = [...model.chats.values()].find((each) => each.messages.has(id));
    const message = chat?.messages.get(id);
    await writer.finish({ status: 'complete', text: message?.text ?? 'gone', provenance: null });
    if (message) message.status = 'complete';
  };
}

/** Both tabs press Continue at once: one goes on, the other is told. */
function continueFromBoth(at: number): Step {
  return async (model, real) => {
    const cut = model
      .shownMessages()
      .filter(({ message }) => message.role === 'assistant' && message.status !== 'streaming');
    const place = pick(cut, at);
    if (!place) return;
    const { id } = place.message;
    // Where both looked before either held it, the second waits for the first and goes on after it.
    const goOn = async (store: Store): Promise<string> => {
      const writer = await continueReply(store, id);
      await writer.finish({ status: 'complete', text: place.message.text, provenance: null });
      return writer.startText;
    };
    const outcomes = await Promise.allSettled(TABS.map((tab) => goOn(storeOf(real, tab))));
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toBe(place.message.text);
      else expect((outcome.reason as AppError).code).toBe('engine/busy');
    }
    place.message.status = 'complete';
  };
}

function kill(tab: Tab): Step {
  return async (model, real) => {
    killTab(real.universe, storeOf(real, tab));
    for (const [id, { tab: of }] of real.writers) {
      if (of !== tab) continue;
      real.writers.delete(id);
      real.universe.locks.crash(id);
      for (const chat of model.chats.values()) {
        const message = chat.messages.get(id);
        if (!message) continue;
        chat.messages.set(id, { ...message, text: '', status: 'interrupted' });
      }
    }
    const other = storeOf(real, tab === 'a' ? 'b' : 'a');
    await markInterrupted(other);
    // What the killed tab drafted is found by the one that lives.
    for (const [key, text] of model.drafts.get(tab) ?? [])
      expect((await abandonedDrafts(other, key)).map((each) => each.text)).toContain(text);
    real.tabs.set(tab, await openTestStore(real.universe, tab));
  };
}

const tab = fc.constantFrom(...TABS);
const at = fc.nat(1000);
const yes = fc.boolean();
const hour = 3_600_000;
const commands = [
  fc
    .tuple(tab, at, yes)
    .map(([t, n, inNew]) => new Command(`send(${t}, ${String(n)}, ${String(inNew)})`, send(t, n, inNew))),
  fc
    .tuple(tab, at, yes)
    .map(([t, n, inNew]) => new Command(`send(${t}, ${String(n)}, ${String(inNew)})`, send(t, n, inNew))),
  fc.tuple(tab, at).map(([t, n]) => new Command(`edit(${t}, ${String(n)})`, edit(t, n))),
  fc
    .tuple(tab, at, yes)
    .map(
      ([t, n, whole]) => new Command(`delete(${t}, ${String(n)}, ${String(whole)})`, deleteOne(t, n, whole)),
    ),
  fc.tuple(tab, at).map(([t, n]) => new Command(`undo(${t}, ${String(n)})`, undo(t, n))),
  fc
    .tuple(tab, at, yes)
    .map(([t, n, inNew]) => new Command(`draft(${t}, ${String(n)}, ${String(inNew)})`, draft(t, n, inNew))),
  fc
    .tuple(tab, at, fc.constantFrom('f', 'g', null))
    .map(([t, n, folder]) => new Command(`move(${t}, ${String(n)}, ${String(folder)})`, move(t, n, folder))),
  fc.tuple(tab, at).map(([t, n]) => new Command(`export(${t}, ${String(n)})`, exportChat(t, n))),
  tab.map((t) => new Command(`import(${t})`, importAgain(t))),
  fc.tuple(tab, at).map(([t, n]) => new Command(`begin(${t}, ${String(n)})`, begin(t, n))),
  at.map((n) => new Command(`finish(${String(n)})`, finish(n))),
  at.map((n) => new Command(`continueFromBoth(${String(n)})`, continueFromBoth(n))),
  tab.map((t) => new Command(`kill(${t})`, kill(t))),
  fc.integer({ min: -48, max: 48 }).map(
    (hours) =>
      new Command(`clock(${String(hours)} h)`, (_model, real) => {
        real.universe.clock.offset = hours * hour;
        return Promise.resolve();
      }),
  ),
  tab.map(
    (t) =>
      new Command(`purge(${t})`, async (model, real) => {
        await purgeAllDeleted(storeOf(real, t));
        model.purge();
      }),
  ),
];

test('two tabs, in whatever order: nothing is lost, nothing is doubled, drafts stay where they were left', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 40, size: 'max' }), async (history) => {
      const universe = createUniverse();
      const tabs = new Map<Tab, Store>();
      for (const name of TABS) tabs.set(name, await openTestStore(universe, name));
      for (const id of ['f', 'g'])
        await tabs.get('a')?.db.folders.put({ id, name: id, colour: 'grey', createdAt: 0 });
      await fc.asyncModelRun(
        () => ({ model: new Model(), real: { universe, tabs, writers: new Map(), count: 0 } }),
        history,
      );
      for (const store of tabs.values()) store.db.close();
    }),
    { numRuns: RUNS },
  );
  if (process.env.HISTORIES === undefined) return;
  const steps = [...taken.values()].reduce((sum, count) => sum + count, 0);
  const table = [...taken]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `  ${kind} ${String(count)}\n`);
  process.stdout.write(
    `${String(RUNS)} histories, ${String(steps)} steps: 0 lost, 0 doubled\n${table.join('')}`,
  );
});
