/** A text that is edited anywhere and gone on with, on a chat's own tree of versions. */
import { expect, it, vi } from 'vitest';
import { listMessages } from '../../conversations/data/repository.ts';
import { removeConversation } from '../../conversations/data/lifetime/deletion.ts';
import { shownLeaf, useTabView } from '../../conversations/panel/tab-view.ts';
import { buildTree, pathTo } from '../../conversations/messages/tree.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import type { GenerateRequest } from '../../engine/port.ts';
import { ChatSession } from '../session/chat-session.ts';
import { LOADED } from '../session/test-model.ts';
import { putInChat } from './put-in-chat.ts';
import {
  continued,
  keptWriter,
  NOTHING_KEPT,
  readKept,
  settled,
  steppedBack,
  steppedForward,
} from './kept-text.ts';
import { edited, firstOf, segmentsOf, textOf, type Segment } from './segments.ts';

/** Without a format; it writes the words it is told to. */
async function rawSession(...replies: (readonly string[])[]) {
  const store = await openTestStore(createUniverse());
  const asked: GenerateRequest[] = [];
  const session = new ChatSession({
    store: () => Promise.resolve(store),
    model: {
      unusable: () => null,
      permit: () => Promise.resolve(),
      ensureLoaded: () => Promise.resolve(LOADED),
      countTokens: (text) => Promise.resolve(text.length),
      async *generate(request) {
        asked.push(request);
        let completionTokens = 0;
        for (const text of replies.shift() ?? []) {
          completionTokens += 1;
          yield await Promise.resolve({ type: 'token', text, completionTokens, elapsedMs: 1 });
        }
        yield {
          type: 'done',
          finishReason: 'length',
          usage: { promptTokens: 1, reusedTokens: 0, completionTokens },
          timings: { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 1, decodeTokensPerSecond: 1 },
          seed: 1,
          ignored: [],
        };
      },
    },
    prompting: () => import('../session/reply/prompting.ts'),
    notice: () => ({ version: '1', acknowledgedAt: 1 }),
    preferences: () => ({ promptFormat: 'raw', sampling: null }),
    appVersion: '0.0.0',
    now: Date.now,
    requestFrame: (run) => {
      run();
      return () => undefined;
    },
    onUnanswered: (thrown) => {
      throw thrown;
    },
  });
  const { conversationId } = await session.send({ conversationId: null, parentId: null, text: 'Once' });
  /** Until so many replies are whole. */
  const ended = (count: number) =>
    vi.waitFor(
      async () => {
        const whole = (await listMessages(store, conversationId)).filter(
          ({ provenance, status }) => provenance?.finishReason === 'length' && status === 'complete',
        );
        expect(whole).toHaveLength(count);
      },
      { timeout: 30_000 },
    );
  await ended(1);
  return { session, store, asked, ended, conversationId };
}

async function textOfChat(store: Awaited<ReturnType<typeof rawSession>>['store'], conversationId: string) {
  const tree = buildTree(await listMessages(store, conversationId));
  const leaf = shownLeaf(tree, useTabView.getState().leaves.get(conversationId), null);
  const path = pathTo(tree, leaf);
  return { path, text: textOf(segmentsOf(path)), all: tree.byId.size };
}

it('goes on from the end, again and again; the prompt is the text, each continuation a message of its own', async () => {
  const { session, store, asked, ended, conversationId } = await rawSession([' upon', ' a'], [' time', '.']);
  const first = await textOfChat(store, conversationId);
  expect(first.text).toBe('Once upon a');
  const parentId = await putInChat(store, conversationId, segmentsOf(first.path));
  expect(parentId).toBe(first.path.at(-1)?.id);
  await session.answer({ id: parentId, conversationId });
  await ended(2);
  expect(asked.map(({ prompt }) => prompt)).toEqual(['Once', 'Once upon a']);
  const second = await textOfChat(store, conversationId);
  expect(second.path.map(({ text }) => text)).toEqual(['Once', ' upon a', ' time.']);
});

it('a change in the middle and a cut at the caret become another version; what stood there stays', async () => {
  const { session, store, asked, ended, conversationId } = await rawSession(
    [' upon', ' a', ' time'],
    [' hill'],
  );
  const before = await textOfChat(store, conversationId);
  const changed = edited(segmentsOf(before.path), 'Once up on a time', 8);
  const cut = firstOf(changed, 'Once up on a'.length);
  await session.answer({ id: await putInChat(store, conversationId, cut), conversationId });
  await ended(2);
  expect(asked.at(-1)?.prompt).toBe('Once up on a');
  const after = await textOfChat(store, conversationId);
  expect(after.text).toBe('Once up on a hill');
  expect(after.path.map(({ role, edited: byHand }) => `${role} ${String(byHand)}`)).toEqual([
    'user false',
    'assistant true',
    'user false',
    'assistant true',
    'assistant false',
  ]);
  expect(after.all).toBe(6);
  // The old text once more adds nothing.
  await putInChat(store, conversationId, segmentsOf(before.path));
  expect(await textOfChat(store, conversationId)).toMatchObject({ text: 'Once upon a time', all: 6 });
});

const A: readonly Segment[] = [{ role: 'user', text: 'a' }];
const B: readonly Segment[] = [...A, { role: 'assistant', text: 'b' }];

it('a continuation is taken back and brought again; the chat that went on meanwhile takes nothing away', () => {
  const once = continued(NOTHING_KEPT, A);
  const back = steppedBack(once, B, 'leaf');
  expect(back).toMatchObject({ now: A, undo: [], redo: [B] });
  expect(back && steppedBack(back, A, 'leaf')).toBeNull();
  expect(back && steppedForward(back, A, 'leaf')).toMatchObject({ now: B, undo: [A], redo: [] });
  expect(back && settled(back, 'leaf')).toBe(back);
  expect(back && settled(back, 'another')).toMatchObject({ now: null, undo: [A] });
  let many = NOTHING_KEPT;
  for (let n = 0; n < 50; n += 1) many = continued(many, [{ role: 'user', text: 'x'.repeat(30_000) }]);
  expect(many.undo.length).toBeLessThan(8);
  expect(continued(NOTHING_KEPT, [{ role: 'user', text: 'x'.repeat(900_000) }]).undo).toHaveLength(1);
});

it('what was made of the text survives its tab, and goes with its chat', async () => {
  const { store, conversationId } = await rawSession([' upon']);
  const kept = { now: B, base: 'leaf', undo: [A], redo: [] };
  const writer = keptWriter(store, conversationId);
  writer.save(kept);
  await writer.flush();
  expect(await readKept(store, conversationId)).toEqual(kept);
  expect(await readKept(store, 'another')).toEqual(NOTHING_KEPT);
  const [row] = await store.db.drafts.toArray();
  if (row) await store.db.drafts.put({ ...row, text: '{"now":3' });
  expect(await readKept(store, conversationId)).toEqual(NOTHING_KEPT);
  await removeConversation(store, conversationId);
  expect(await store.db.drafts.toArray()).toEqual([]);
});
