import { expect, it } from 'vitest';
import { appendQuestion, getProvenance, listMessages } from '../../conversations/data/repository.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import { startReply } from '../../conversations/messages/replies.ts';
import type { Provenance } from '../../database/records.ts';
import { loadedFixture } from '../../engine/contract/hosted.ts';
import type { GenerateRequest, GenerationEvent } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ChatModel } from '../session/session-types.ts';
import { replayable, replayChat, summary, type ReplyRun } from './replay-chat.ts';

const LOADED = loadedFixture({});

/** Answers to prompts; one that is not there is refused. */
async function chatOf(
  there: readonly (readonly [text: string, prompt: string])[],
  here: Record<string, string>,
) {
  const store = await openTestStore(createUniverse());
  let parentId: string | null = null;
  let conversationId: string | null = null;
  for (const [text, prompt] of there) {
    const asked = await appendQuestion(store, { conversationId, parentId, text: 'Why?' });
    conversationId = asked.conversation.id;
    const writer = await startReply(store, { conversationId, parentId: asked.message.id, provenance: null });
    const provenance = {
      modelId: LOADED.modelId,
      sourceSha256: LOADED.sourceSha256,
      promptFormat: 'demo',
      prompt,
      stops: [],
      sampling: { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1, maxTokens: 9 },
      seedUsed: 1,
      finishReason: 'stop',
    } as unknown as Provenance;
    await writer.finish({ status: 'complete', text, provenance });
    parentId = writer.messageId;
  }
  const asked: string[] = [];
  const model: Pick<ChatModel, 'generate'> = {
    async *generate({ prompt }: GenerateRequest, signal?: AbortSignal): AsyncGenerator<GenerationEvent> {
      asked.push(prompt);
      const text = await Promise.resolve(here[prompt]);
      if (text === undefined) throw new AppError('engine/generation-failed', 'no such prompt');
      yield { type: 'token', text, completionTokens: 1, elapsedMs: 1 };
      yield {
        type: 'done',
        finishReason: signal?.aborted ? 'aborted' : 'stop',
        usage: { promptTokens: 1, reusedTokens: 0, completionTokens: 1 },
        timings: { timeToFirstTokenMs: 1, prefillMs: 1, decodeMs: 1, decodeTokensPerSecond: 1 },
        seed: 1,
        ignored: [],
      };
    },
  };
  const replies = replayable(await listMessages(store, conversationId ?? '')).toSorted(
    (a, b) => a.createdAt - b.createdAt,
  );
  const runs = new Map<string, ReplyRun>();
  const go = (signal: AbortSignal) =>
    replayChat(
      (id) => getProvenance(store, id),
      { aside: (work) => work(model as ChatModel, LOADED) },
      replies,
      signal,
      (id, run) => runs.set(id, run),
    );
  return { replies, asked, runs, go, all: () => replies.map(({ id }) => runs.get(id)) };
}

it('runs every reply from its own record, in order; one that fails or parts stops no other', async () => {
  const { replies, asked, go, all } = await chatOf(
    [
      ['One.', 'p1'],
      ['Two.', 'p2'],
      ['Three.', 'p3'],
      ['Four.', ''],
    ],
    { p1: ' One.', p3: ' Then.' },
  );
  expect(replies).toHaveLength(4);
  await go(new AbortController().signal);
  expect(asked).toEqual(['p1', 'p2', 'p3']);
  expect(all()).toMatchObject([
    { state: 'done', result: { comparison: { kind: 'same' } } },
    { state: 'failed', error: { code: 'engine/generation-failed' } },
    { state: 'done', result: { comparison: { kind: 'parted', at: 2, there: 'ree.', here: 'en.' } } },
    { state: 'failed', error: { code: 'conversation/no-prompt' } },
  ]);
  expect(summary(all())).toBe('1 of 4 replies are the same; the first that parts is reply 3.');
});

it('a stop leaves the rest as not run', async () => {
  const { go, all } = await chatOf(
    [
      ['One.', 'p1'],
      ['Two.', 'p2'],
    ],
    { p1: ' One.', p2: ' Two.' },
  );
  const stopped = new AbortController();
  stopped.abort();
  await expect(go(stopped.signal)).rejects.toThrow();
  expect(all()).toEqual([undefined, undefined]);
});
