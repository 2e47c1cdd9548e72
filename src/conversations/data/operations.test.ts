/** Whatever people do in whatever order, in two tabs: no message is lost but by deletion, and Undo is exact. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deleteConversation, deleteMessage, purgeAllDeleted, undoDeletion } from './lifetime/deletion.ts';
import {
  appendQuestion,
  editMessage,
  getConversation,
  insertMessage,
  listMessages,
  showMessage,
} from './repository.ts';
import { startReply } from '../messages/replies.ts';
import type { Store } from './store.ts';
import { createUniverse, openTestStore } from './test-store.ts';
import { buildTree, pathTo, subtreeIds } from '../messages/tree.ts';

const step = fc.record({
  what: fc.constantFrom('ask', 'reply', 'edit', 'insert', 'show', 'delete', 'undo'),
  at: fc.nat(50),
  tab: fc.nat(1),
});

async function snapshot(store: Store) {
  const { conversations, messages, folders, prompts } = store.db;
  return {
    conversations: await conversations.orderBy('id').toArray(),
    messages: await messages.orderBy('id').toArray(),
    folders: await folders.toArray(),
    prompts: await prompts.toArray(),
  };
}

test('after any steps in two tabs every message is in reach and the path on screen is whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const universe = createUniverse();
      const tabs = [await openTestStore(universe, 'a'), await openTestStore(universe, 'b')] as const;
      const first = await appendQuestion(tabs[0], { conversationId: null, parentId: null, text: 'first' });
      const conversationId = first.conversation.id;
      const written = new Set([first.message.id]);
      const deleted = new Map<string, readonly string[]>();
      for (const { what, at, tab } of steps) {
        const store = tab === 0 ? tabs[0] : tabs[1];
        const now = await listMessages(store, conversationId);
        const target = now[at % Math.max(1, now.length)];
        if (what === 'undo') {
          const [id] = [...deleted.keys()].slice(-1);
          if (id === undefined) continue;
          await undoDeletion(store, id);
          deleted.delete(id);
        } else if (what === 'ask') {
          written.add(
            (await appendQuestion(store, { conversationId, parentId: target?.id ?? null, text: 'q' })).message
              .id,
          );
        } else if (what === 'insert') {
          const input = {
            conversationId,
            parentId: target?.id ?? null,
            role: 'assistant',
            text: 'i',
          } as const;
          written.add((await insertMessage(store, input)).id);
        } else if (!target) continue;
        else if (what === 'reply') {
          const reply = await startReply(store, { conversationId, parentId: target.id, provenance: null });
          await reply.finish({ status: 'complete', text: 'r', provenance: null });
          written.add(reply.messageId);
        } else if (what === 'edit') {
          written.add((await editMessage(store, { messageId: target.id, text: 'e', sent: true })).id);
        } else if (what === 'show') await showMessage(store, target.id);
        else deleted.set(await deleteMessage(store, target.id), subtreeIds(buildTree(now), target.id));
      }
      const messages = await listMessages(tabs[1], conversationId);
      const gone = new Set([...deleted.values()].flat());
      expect(messages.map(({ id }) => id).sort()).toEqual([...written].filter((id) => !gone.has(id)).sort());
      const tree = buildTree(messages);
      const leafId = (await getConversation(tabs[1], conversationId))?.leafId ?? null;
      if (messages.length === 0) expect(leafId).toBeNull();
      else expect(pathTo(tree, leafId).at(0)?.parentId).toBeNull();
      for (const tab of tabs) tab.db.close();
    }),
    { numRuns: 25 },
  );
}, 120_000);

test('Undo brings back exactly what was there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(20), { maxLength: 6 }),
      fc.nat(20),
      fc.boolean(),
      async (parents, pick, whole) => {
        const store = await openTestStore();
        const { conversation, message } = await appendQuestion(store, {
          conversationId: null,
          parentId: null,
          text: 'q',
        });
        const ids = [message.id];
        for (const parent of parents) {
          const parentId = ids[parent % ids.length] ?? null;
          ids.push(
            (await appendQuestion(store, { conversationId: conversation.id, parentId, text: 'q' })).message
              .id,
          );
        }
        const before = await snapshot(store);
        const deletion = whole
          ? await deleteConversation(store, conversation.id)
          : await deleteMessage(store, ids[pick % ids.length] ?? message.id);
        expect(await snapshot(store)).not.toEqual(before);
        expect(await undoDeletion(store, deletion)).toBe(true);
        expect(await snapshot(store)).toEqual(before);
        expect(await undoDeletion(store, deletion)).toBe(false);
        store.db.close();
      },
    ),
    { numRuns: 20 },
  );
}, 60_000);

test('a crash between deleting and purging leaves the chat hidden, and the next start purges all of it', async () => {
  const universe = createUniverse();
  const before = await openTestStore(universe, 'before');
  const { conversation } = await appendQuestion(before, { conversationId: null, parentId: null, text: 'q' });
  await deleteConversation(before, conversation.id);
  before.db.close();
  const after = await openTestStore(universe, 'after');
  expect(await getConversation(after, conversation.id)).toBeUndefined();
  await purgeAllDeleted(after);
  expect(await snapshot(after)).toEqual({ conversations: [], messages: [], folders: [], prompts: [] });
  expect(await after.db.deletions.count()).toBe(0);
});
