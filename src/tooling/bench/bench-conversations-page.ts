/**
 * What the bench of conversations runs inside the page, bundled and evaluated there: fills the app's own database with
 * made-up chats. Always the same ones, so that two runs compare.
 */
import { ChatDatabase } from '../../database/database.ts';
import { DATABASE_NAME } from '../../database/database-error.ts';
import type { Conversation, ShownMessage } from '../../database/records.ts';
import { toConversationRow, toMessageRow } from '../../conversations/data/rows.ts';
import type { PromptRow, SearchLogRow } from '../../database/schema.ts';

export interface SeedPlan {
  readonly conversations: number;
  readonly messagesEach: number;
  /** Messages of one more chat, the newest, titled `LONG_CHAT`. */
  readonly longChat: number;
}

export interface Seeded {
  readonly longChatId: string;
  /** Words that occur, from the most to the least frequent. */
  readonly words: readonly string[];
  readonly ms: number;
}

export const LONG_CHAT = 'A very long chat';
const VOCABULARY = 40_000;
/** Conversations in one transaction. */
const BATCH = 500;

/** mulberry32: small, seeded, good enough for words. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES =
  'car di o my the ra py he pa ti tis ne phro sta tin an gi na pec to ris dia be tes in su lin ti er glo mer u lus plas ma'.split(
    ' ',
  );

function vocabulary(next: () => number): string[] {
  const words = new Set<string>([
    'the',
    'of',
    'and',
    'in',
    'to',
    'a',
    'is',
    'with',
    'for',
    'patients',
    'treatment',
  ]);
  while (words.size < VOCABULARY) {
    let word = '';
    for (let n = 2 + Math.floor(next() * 4); n > 0; n--)
      word += SYLLABLES[Math.floor(next() * SYLLABLES.length)] ?? '';
    words.add(word);
  }
  return [...words];
}

/** Fills the database named as the app's; the app's own code indexes it when it is searched. */
async function seed(plan: SeedPlan): Promise<Seeded> {
  const started = performance.now();
  const next = random(42);
  const words = vocabulary(next);
  // Zipf: the n-th word is about 1/n as frequent as the first.
  const draw = (): string => words[Math.floor(VOCABULARY ** next()) - 1] ?? 'the';
  const text = (least: number, most: number): string => {
    const parts = Array.from({ length: least + Math.floor(next() * (most - least)) }, draw);
    const sentence = parts.join(' ');
    return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
  };
  const db = new ChatDatabase(DATABASE_NAME, null);
  await db.open();
  const begin = Date.UTC(2025, 0, 1);
  let serial = 0;
  const makeChat = (
    title: string,
    at: number,
    count: number,
    prompts: PromptRow[],
  ): [Conversation, ShownMessage[]] => {
    const id = `c${String(++serial).padStart(9, '0')}`;
    const messages: ShownMessage[] = [];
    let parentId: string | null = null;
    for (let n = 0; n < count; n++) {
      const mine: boolean = n % 2 === 0;
      const message: ShownMessage = {
        id: `${id}m${String(n).padStart(6, '0')}`,
        conversationId: id,
        parentId,
        role: mine ? 'user' : 'assistant',
        text: mine ? text(5, 40) : text(30, 120),
        createdAt: at + n * 1000,
        status: 'complete',
        edited: false,
        errorCode: null,
        provenance: mine ? null : FACTS,
      };
      if (!mine && prompts.length < 2000) prompts.push({ messageId: message.id, prompt: text(200, 400) });
      messages.push(message);
      parentId = message.id;
    }
    const updatedAt = at + count * 1000;
    const conversation: Conversation = {
      id,
      title,
      titleFrom: 'auto',
      createdAt: at,
      updatedAt,
      folderId: null,
      pinned: false,
      leafId: parentId,
      promptFormat: null,
      systemText: null,
      sampling: null,
    };
    return [conversation, messages];
  };
  const store = async (chats: [Conversation, ShownMessage[]][], prompts: PromptRow[]): Promise<void> => {
    await db.transaction('rw', [db.conversations, db.messages, db.prompts, db.searchLog], async () => {
      await db.conversations.bulkPut(chats.map(([conversation]) => toConversationRow(conversation)));
      const messages = chats.flatMap((chat) => chat[1]);
      await db.messages.bulkPut(messages.map(toMessageRow));
      await db.prompts.bulkPut(prompts);
      await db.searchLog.bulkAdd([
        ...chats.map(([{ id }]): SearchLogRow => ({ doc: `t:${id}` })),
        ...messages.map(({ id }): SearchLogRow => ({ doc: `m:${id}` })),
      ]);
    });
  };
  for (let done = 0; done < plan.conversations; done += BATCH) {
    const prompts: PromptRow[] = [];
    const chats = Array.from({ length: Math.min(BATCH, plan.conversations - done) }, (_, n) =>
      makeChat(text(4, 9), begin + (done + n) * 60_000, plan.messagesEach, prompts),
    );
    await store(chats, prompts);
  }
  const prompts: PromptRow[] = [];
  const long = makeChat(LONG_CHAT, Date.now(), plan.longChat, prompts);
  await store([long], prompts);
  db.close();
  return { longChatId: long[0].id, words, ms: performance.now() - started };
}

const FACTS: ShownMessage['provenance'] = {
  modelId: 'meditron-7b',
  modelName: 'Meditron-7B',
  quantization: 'q4f16_1',
  source: 'https://example.org/meditron-7b-q4f16_1/',
  sourceSha256: '0'.repeat(64),
  librarySha256: '0'.repeat(64),
  engine: 'mlc',
  engineVersion: '0.2.86',
  backend: 'webgpu',
  adapter: 'bench',
  promptFormat: 'one-shot',
  systemText: 'You are a helpful, respectful and honest assistant.',
  demonstrations: 1,
  droppedMessageIds: [],
  sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: null, maxTokens: 512 },
  seedUsed: 1,
  ignoredSampling: [],
  promptTokens: 900,
  reusedTokens: 0,
  completionTokens: 100,
  timeToFirstTokenMs: 400,
  decodeTokensPerSecond: 20,
  finishReason: 'stop',
  noticeVersion: '1',
  noticeAcknowledgedAt: Date.UTC(2025, 0, 1),
  appVersion: '0.1.0',
  startedAt: Date.UTC(2025, 0, 1),
};

/** Types words letter by letter into the search box. @returns milliseconds from each key to its hits on screen. */
async function search(typed: readonly string[]): Promise<number[]> {
  const input = document.querySelector<HTMLInputElement>('input[type=search]');
  if (!input) throw new Error('there is no search box');
  // The search is opened by whoever goes there.
  input.focus();
  // oxlint-disable-next-line typescript/unbound-method -- called with the input below
  const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set;
  const put = (text: string): void => {
    setValue?.call(input, text);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const answered = (): boolean => document.querySelector('[data-results]:not([aria-busy])') !== null;
  const found: number[] = [];
  for (const word of typed) {
    for (let length = 1; length <= word.length; length += 1) {
      const started = performance.now();
      put(word.slice(0, length));
      // React draws a key's effects before the next task; "busy" is on the element by then.
      await new Promise((done) => setTimeout(done, 0));
      await new Promise<void>((done) => {
        if (answered()) {
          done();
          return;
        }
        const observer = new MutationObserver(() => {
          if (!answered()) return;
          observer.disconnect();
          done();
        });
        observer.observe(document.body, { subtree: true, childList: true, attributes: true });
      });
      found.push(performance.now() - started);
    }
  }
  put('');
  return found;
}

/** Clicks on a chat. @returns milliseconds until its end is on screen and the next event is answered. */
async function open(chat: string): Promise<number> {
  const started = performance.now();
  document.querySelector<HTMLElement>(`nav a[href="#/c/${chat}"]`)?.click();
  const shown = (): boolean =>
    document.querySelectorAll('[role=log] article').length > 0 &&
    document.querySelector('textarea[aria-label=Message]') !== null;
  await new Promise<void>((done) => {
    const observer = new MutationObserver(() => {
      if (!shown()) return;
      observer.disconnect();
      done();
    });
    observer.observe(document.body, { subtree: true, childList: true });
  });
  // Painted, and the next event answered.
  await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => setTimeout(done, 0));
  return performance.now() - started;
}

/** Types into the composer. @returns milliseconds from each key to the frame after it. */
async function type(keys: number): Promise<number[]> {
  const box = document.querySelector<HTMLTextAreaElement>('textarea[aria-label=Message]');
  if (!box) throw new Error('there is no composer');
  box.focus();
  const found: number[] = [];
  for (let key = 0; key < keys; key += 1) {
    const started = performance.now();
    box.setRangeText(key % 6 === 5 ? ' ' : 'a', box.value.length, box.value.length, 'end');
    box.dispatchEvent(new InputEvent('input', { bubbles: true, inputType: 'insertText' }));
    await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => setTimeout(done, 0));
    found.push(performance.now() - started);
  }
  box.value = '';
  box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  return found;
}

const bench = { seed, search, open, type };

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
