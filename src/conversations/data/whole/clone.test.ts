import { expect, it } from 'vitest';
import { cloneConversation } from './clone.ts';
import {
  appendQuestion,
  changeConversation,
  editMessage,
  insertMessage,
  listMessages,
} from '../repository.ts';
import { keepComparison } from '../judgements.ts';
import { openTestStore } from '../test-store.ts';

const setup = {
  presetId: 'exam-tutor',
  examples: null,
  stops: null,
  bannedTokens: null,
  leftOut: [],
  pinned: [],
};

it('clones a chat with every version, and points to nothing of the first', async () => {
  const store = await openTestStore();
  const { conversation, message } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: 'Why?',
    systemText: 'Be kind.',
  });
  const reply = await insertMessage(store, {
    conversationId: conversation.id,
    parentId: message.id,
    role: 'assistant',
    text: 'So.',
  });
  const other = await editMessage(store, { messageId: reply.id, text: 'Or so.', sent: false });
  const judged = { better: 'this', hidden: false, swapped: false, note: 'Shorter.', at: 1 } as const;
  await keepComparison(store, reply.id, { ...judged, other: other.id });
  await store.db.messages.update(other.id, {
    provenance: { droppedMessageIds: [message.id], branch: { messageId: reply.id, token: 1 } } as never,
  });
  await changeConversation(store, conversation.id, { promptSetup: { ...setup, pinned: [reply.id] } });
  const clone = await cloneConversation(store, conversation.id, { messages: true });
  const [before, after] = [await listMessages(store, conversation.id), await listMessages(store, clone.id)];
  expect(clone).toMatchObject({
    title: 'Copy of Why?',
    systemText: 'Be kind.',
    promptSetup: { presetId: 'exam-tutor' },
  });
  expect(after.map(({ text }) => text).toSorted()).toEqual(['Or so.', 'So.', 'Why?']);
  const ids = new Set(after.map(({ id }) => id));
  expect(before.some(({ id }) => ids.has(id))).toBe(false);
  expect(after.every(({ parentId }) => parentId === null || ids.has(parentId))).toBe(true);
  expect(ids.has(clone.leafId ?? '')).toBe(true);
  expect(clone.promptSetup?.pinned.every((id) => ids.has(id))).toBe(true);
  const idOf = (said: string) => after.find(({ text }) => text === said)?.id;
  expect(after.flatMap(({ comparisons }) => comparisons ?? [])).toEqual([
    { ...judged, other: idOf('Or so.') },
  ]);
  expect(after.find(({ text }) => text === 'Or so.')?.provenance).toEqual({
    droppedMessageIds: [idOf('Why?')],
    branch: { messageId: idOf('So.'), token: 1 },
  });
});

it('clones the settings alone: the first question gives the title', async () => {
  const store = await openTestStore();
  const { conversation } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: 'Why?',
    promptSetup: { ...setup, leftOut: ['m'] },
  });
  const clone = await cloneConversation(store, conversation.id, { messages: false });
  expect(await listMessages(store, clone.id)).toEqual([]);
  expect(clone).toMatchObject({ leafId: null, promptSetup: { presetId: 'exam-tutor', leftOut: [] } });
  const asked = await appendQuestion(store, { conversationId: clone.id, parentId: null, text: 'How?' });
  expect(asked.conversation.title).toBe('How?');
});
