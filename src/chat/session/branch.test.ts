import { expect, it, vi } from 'vitest';
import { getProvenance, listMessages } from '../../conversations/data/repository.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import type { ChosenToken, GenerateRequest } from '../../engine/port.ts';
import { spelled, branchAt } from '../tokens/trace.ts';
import { ChatSession } from './chat-session.ts';
import type { ChatModel } from './session-types.ts';
import { LOADED } from './test-model.ts';

const SAMPLING = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 64 };

/** Writes the words it is told to, with an alternative to each. */
async function sessionSaying(...replies: (readonly string[])[]) {
  const store = await openTestStore(createUniverse());
  const asked: GenerateRequest[] = [];
  const model: ChatModel = {
    unusable: () => null,
    permit: () => Promise.resolve(),
    ensureLoaded: () => Promise.resolve(LOADED),
    countTokens: (text) => Promise.resolve(text.length),
    async *generate(request) {
      asked.push(request);
      let completionTokens = 0;
      for (const text of replies.shift() ?? []) {
        completionTokens += 1;
        const other = { id: 2, text: `${text}?`, logProbability: -2 };
        const token: ChosenToken = { id: 1, text, logProbability: -0.5, alternatives: [other] };
        const told = request.topAlternatives === undefined ? {} : { tokens: [token] };
        yield await Promise.resolve({ type: 'token', text, completionTokens, elapsedMs: 1, ...told });
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
  };
  const session = new ChatSession({
    store: () => Promise.resolve(store),
    model,
    prompting: () => import('./reply/prompting.ts'),
    notice: () => ({ version: '1', acknowledgedAt: 1 }),
    preferences: () => ({ promptFormat: null, sampling: { ...SAMPLING, topAlternatives: 5 } }),
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
  const written = (count: number) =>
    vi.waitFor(
      async () => {
        const found = (await listMessages(store, conversationId)).filter(({ role }) => role === 'assistant');
        expect(found.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'complete'));
        const all = await Promise.all(
          found.map(async (message) => ({ message, about: await getProvenance(store, message.id) })),
        );
        return all.toSorted((a, b) => a.message.createdAt - b.message.createdAt);
      },
      { timeout: 30_000 },
    );
  return { session, asked, written, store };
}

it('keeps the tokens of a reply apart from its row, and goes on from another one as a version', async () => {
  const { session, asked, written, store } = await sessionSaying(
    [' Rest', ' well', '.'],
    [' then', '.'],
    [' Yes'],
  );
  const [first] = await written(1);
  if (!first?.about?.tokens) throw new Error('no tokens');
  expect(asked[0]?.topAlternatives).toBe(5);
  expect(first.message.text).toBe('Rest well.');
  expect(spelled(first.about.tokens.tokens)).toBe(' Rest well.');
  expect(JSON.stringify(await store.db.messages.get(first.message.id))).not.toContain('alternatives');

  const other = first.about.tokens.tokens[1]?.alternatives[0];
  if (!other) throw new Error('no alternative');
  const branch = branchAt(first.message.text, first.about.tokens, 1, other);
  if ('refused' in branch) throw new Error(branch.refused);
  const from = { messageId: first.message.id, token: 1 };
  await session.branch(first.message, { ...branch, branch: from });
  const [, second] = await written(2);
  expect(second?.message).toMatchObject({ text: 'Rest well? then.', parentId: first.message.parentId });
  expect(asked[1]?.prompt.endsWith('Rest well?')).toBe(true);
  expect(second?.about).toMatchObject({ branch: from, continues: 'Rest well?'.length });
  expect(second?.about?.tokens).toMatchObject({ start: 0, from: 2 });
  expect(second?.about?.tokens?.tokens.map(({ text }) => text)).toEqual([' Rest', ' well?', ' then', '.']);

  if (!second) throw new Error('no branch');
  await session.continue(second.message);
  await vi.waitFor(async () => {
    const [, again] = await written(2);
    expect(again?.message.text).toBe('Rest well? then. Yes');
    expect(again?.about?.tokens).toMatchObject({ from: 4 });
    expect(again?.about?.tokens?.tokens).toHaveLength(5);
  });
});

it('keeps white space that a person chose to go on from', async () => {
  const { session, asked, written } = await sessionSaying([' Rest'], ['Sleep']);
  const [first] = await written(1);
  if (!first?.about?.tokens) throw new Error('no tokens');
  const branch = branchAt('Rest', { ...first.about.tokens }, 0, { id: 3, text: '\n', logProbability: -1 });
  // A newline alone begins no reply; behind a word it does.
  expect(branch).toMatchObject({ text: '' });
  const opening = { text: 'Rest\n', trace: first.about.tokens, branch: { messageId: 'm', token: 0 } };
  await session.branch(first.message, opening);
  await written(2);
  expect(asked[1]?.prompt.endsWith('Rest\n')).toBe(true);
});

it('lets work aside wait for the reply, and replies for it', async () => {
  const { session, written } = await sessionSaying([' One.'], [' Two.']);
  const order: string[] = [];
  const { signal } = new AbortController();
  await session.aside(async (_model, loaded) => {
    order.push(loaded.modelId);
    await Promise.resolve();
  }, signal);
  const [first] = await written(1);
  if (!first) throw new Error('no reply');
  await session.regenerate(first.message, { place: 'aside' });
  await session.aside(() => Promise.resolve(order.push('after')), signal);
  await written(2);
  expect(order).toEqual(['demo', 'after']);
  await expect(session.aside(() => Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  await expect(session.aside(() => Promise.resolve('fine'), signal)).resolves.toBe('fine');
});
