import { expect, it, vi } from 'vitest';
import { changeConversation, getProvenance, listMessages } from '../../conversations/data/repository.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import type { GenerateRequest } from '../../engine/port.ts';
import { ChatSession } from './chat-session.ts';
import type { ChatModel } from './session-types.ts';
import { LOADED } from './test-model.ts';

async function setUp() {
  const store = await openTestStore(createUniverse());
  const asked: GenerateRequest[] = [];
  const model: ChatModel = {
    unusable: () => null,
    permit: () => Promise.resolve(),
    ensureLoaded: () => Promise.resolve(LOADED),
    countTokens: (text) => Promise.resolve(text.length),
    async *generate(request) {
      asked.push(request);
      yield await Promise.resolve({ type: 'token', text: ' So.', completionTokens: 1, elapsedMs: 1 });
      yield {
        type: 'done',
        finishReason: 'stop',
        usage: { promptTokens: 1, reusedTokens: 0, completionTokens: 1 },
        timings: { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 1, decodeTokensPerSecond: 1 },
        seed: 7,
        ignored: [],
      };
    },
  };
  const session = new ChatSession({
    store: () => Promise.resolve(store),
    model,
    prompting: () => import('./reply/prompting.ts'),
    notice: () => ({ version: '1', acknowledgedAt: 1 }),
    preferences: () => ({ promptFormat: null, sampling: null }),
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
  const { conversationId } = await session.send({ conversationId: null, parentId: null, text: 'Why?' });
  /** Once there are so many, all whole. */
  const replies = async (count: number) =>
    vi.waitFor(
      async () => {
        const found = (await listMessages(store, conversationId)).filter(({ role }) => role === 'assistant');
        expect(found.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'complete'));
        return found;
      },
      { timeout: 15_000 },
    );
  const [first] = await replies(1);
  if (!first) throw new Error('no reply');
  return { store, session, asked, conversationId, first, replies };
}

it('writes one reply with another temperature and seed, and the next as the chat has it', async () => {
  const { store, session, asked, first, replies } = await setUp();
  await session.regenerate(first, { variation: { temperature: 0.6, seed: null } });
  await replies(2);
  await session.regenerate(first);
  const all = await replies(3);
  expect(asked.map(({ sampling }) => sampling.temperature)).toEqual([0, 0.6, 0]);
  const kept = await Promise.all(
    all.map(async ({ id }) => (await getProvenance(store, id))?.sampling.temperature),
  );
  expect(kept.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([0, 0, 0.6]);
});

it('keeps token probabilities of a version with a preset’s own sampling where the chat keeps them, and only there', async () => {
  const { store, session, asked, conversationId, first, replies } = await setUp();
  const sampling = { temperature: 0.3, topP: 1, topK: 0, repetitionPenalty: 1, seed: 3, maxTokens: 50 };
  const choices = { sampling };
  await session.regenerate(first, { choices });
  await replies(2);
  await changeConversation(store, conversationId, {
    sampling: { ...sampling, temperature: 1, topAlternatives: 5 },
  });
  await session.regenerate(first, { choices, variation: { seed: 4 } });
  await replies(3);
  expect(asked.map(({ topAlternatives }) => topAlternatives)).toEqual([undefined, undefined, 5]);
  expect(asked[2]?.sampling).toMatchObject({ temperature: 0.3, seed: 4 });
});
