import { beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteConversation, undoDeletion } from '../../conversations/data/lifetime/deletion.ts';
import { useUnsavedReplies } from '../../conversations/messages/replies.ts';
import { getProvenance, listMessages } from '../../conversations/data/repository.ts';
import { createUniverse, openTestStore, type Universe } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import { useTabView } from '../../conversations/panel/tab-view.ts';
import { AppError } from '../../errors/app-error.ts';
import { ChatSession } from './chat-session.ts';
import { FakeModel, LOADED } from './test-model.ts';

vi.setConfig({ testTimeout: 30_000 });

let universe: Universe;
let store: Store;
let model: FakeModel;
let session: ChatSession;
const unanswered = vi.fn();

function sessionOn(testStore: Store): ChatSession {
  return new ChatSession({
    store: () => Promise.resolve(testStore),
    model,
    prompting: () => import('./reply/prompting.ts'),
    notice: () => ({ version: 'n1', acknowledgedAt: 5 }),
    preferences: () => ({ promptFormat: null, sampling: null }),
    appVersion: '0.0.0',
    now: () => 1000,
    requestFrame: (run) => {
      const timer = setTimeout(run, 1);
      return () => {
        clearTimeout(timer);
      };
    },
    onUnanswered: unanswered,
  });
}

beforeEach(async () => {
  useTabView.setState({ leaves: new Map(), jump: null });
  useUnsavedReplies.setState({ replies: new Map() });
  unanswered.mockReset();
  universe = createUniverse();
  store = await openTestStore(universe);
  model = new FakeModel();
  session = sessionOn(store);
});

function send(text: string, conversationId: string | null = null, parentId: string | null = null) {
  return session.send({ conversationId, parentId, text });
}

async function rows(conversationId: string) {
  const messages = await listMessages(store, conversationId);
  return messages.sort((a, b) => a.createdAt - b.createdAt);
}

/** Machines that run many tests at once are slow; a test that fails for that says nothing. */
function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 15_000 });
}

/** Waits until the chat's rows look so: [role, status, text]. */
async function untilRows(conversationId: string, expected: readonly (readonly string[])[]): Promise<void> {
  await eventually(async () => {
    const found = await rows(conversationId);
    expect(found.map(({ role, status, text }) => [role, status, text])).toEqual(expected);
  });
}

describe('send', () => {
  it('stores the question before any model is there, and the reply as it comes', async () => {
    const { conversationId, messageId } = await send('What is this?');
    await untilRows(conversationId, [
      ['user', 'complete', 'What is this?'],
      ['assistant', 'streaming', ''],
    ]);
    expect([...session.live.getState().replies.values()]).toMatchObject([{ phase: 'waiting-model' }]);
    model.loading.resolve(LOADED);
    model.say(' It is', ' an app.', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'What is this?'],
      ['assistant', 'complete', 'It is an app.'],
    ]);
    const [, reply] = await rows(conversationId);
    expect(reply?.parentId).toBe(messageId);
  });

  it('shows each piece on its way', async () => {
    model.loading.resolve(LOADED);
    await send('Go');
    model.say(' one');
    await eventually(() => {
      expect([...session.live.getState().replies.values()]).toMatchObject([
        { phase: 'writing', text: 'one', completionTokens: 1, timeToFirstTokenMs: 10 },
      ]);
    });
  });

  it('writes one reply with another temperature and seed, and the next as the chat has it', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('What is this?');
    model.say(' An app.', 'end');
    await eventually(async () => {
      expect((await rows(conversationId))[1]?.status).toBe('complete');
    });
    const [, reply] = await rows(conversationId);
    if (!reply) throw new Error('no reply');
    await session.regenerate(reply, { variation: { temperature: 0.6, seed: null } });
    model.say(' It is one.', 'end');
    await eventually(async () => {
      expect((await rows(conversationId))[2]?.status).toBe('complete');
    });
    await session.regenerate(reply);
    model.say(' An app.', 'end');
    await eventually(() => {
      expect(model.requests.map(({ sampling }) => sampling.temperature)).toEqual([0, 0.6, 0]);
    });
    const varied = (await rows(conversationId))[2];
    expect((await getProvenance(store, varied?.id ?? ''))?.sampling).toMatchObject({ temperature: 0.6 });
  });

  it('keeps how the reply came about, with the exact prompt', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('What is this?');
    model.say(' An app.', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'What is this?'],
      ['assistant', 'complete', 'An app.'],
    ]);
    const [, reply] = await rows(conversationId);
    const provenance = await getProvenance(store, reply?.id ?? '');
    expect(provenance).toMatchObject({
      weightsVerifiedAt: LOADED.verifiedAt,
      modelId: 'demo',
      source: 'models/demo.gguf',
      noticeVersion: 'n1',
      seedUsed: 7,
      reusedTokens: 2,
      completionTokens: 1,
      finishReason: 'stop',
    });
    expect(provenance?.prompt).toBe(model.requests[0]?.prompt);
    expect(provenance?.prompt).toContain('What is this?');
  });

  it('a crash in the middle leaves the provenance and the text so far', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('What is this?');
    model.say(' Half');
    await eventually(async () => {
      const [, reply] = await rows(conversationId);
      expect(reply?.provenance).toMatchObject({ modelId: 'demo', finishReason: null });
      expect((await store.db.partials.get(reply?.id ?? ''))?.text).toBe('Half');
    });
  });

  it.each(['', '  \n '])('refuses %j and stores nothing', async (text) => {
    await expect(send(text)).rejects.toMatchObject({ code: 'prompt/empty' });
    expect(await store.db.messages.count()).toBe(0);
  });

  it('refuses what cannot fit and stores nothing', async () => {
    model.loading.resolve(LOADED);
    await expect(send('x'.repeat(100_000))).rejects.toMatchObject({ code: 'prompt/message-too-long' });
    expect(await store.db.messages.count()).toBe(0);
  });

  it('on a disk that is full between question and reply keeps the question once, and says why none answers', async () => {
    model.loading.resolve(LOADED);
    const noRoom = new DOMException('no room', 'QuotaExceededError');
    vi.spyOn(store.db.partials, 'put').mockRejectedValueOnce(noRoom);
    const { conversationId, messageId } = await send('Hello?');
    expect(unanswered).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'storage/full' }));
    await untilRows(conversationId, [['user', 'complete', 'Hello?']]);

    await session.answer({ id: messageId, conversationId });
    model.say('Hi.', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'Hello?'],
      ['assistant', 'complete', 'Hi.'],
    ]);
  });

  it('refuses when a person has to choose a model first', async () => {
    model.problem = new AppError('engine/not-loaded', 'choose');
    await expect(send('Hello')).rejects.toMatchObject({ code: 'engine/not-loaded' });
    expect(await store.db.messages.count()).toBe(0);
  });

  it('stores and sends nothing to a server that a person does not agree to', async () => {
    model.refusal = new AppError('server/unconfirmed', 'no');
    await expect(send('Hello')).rejects.toMatchObject({ code: 'server/unconfirmed' });
    expect(await store.db.messages.count()).toBe(0);
  });

  it('asks again before it writes: the server may have come after the question', async () => {
    const { conversationId } = await send('Hello');
    model.refusal = new AppError('server/unconfirmed', 'no');
    model.loading.resolve(LOADED);
    await untilRows(conversationId, [
      ['user', 'complete', 'Hello'],
      ['assistant', 'failed', ''],
    ]);
    expect(model.requests).toEqual([]);
  });
});

describe('two questions in quick succession', () => {
  it('both are stored at once, the second waits for the first reply and then sees it', async () => {
    const first = await send('First');
    await send('Second', first.conversationId, first.messageId);
    await untilRows(first.conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'streaming', ''],
      ['user', 'complete', 'Second'],
      ['assistant', 'streaming', ''],
    ]);
    expect([...session.live.getState().replies.values()].map((reply) => reply.phase)).toEqual([
      'waiting-model',
      'waiting-turn',
    ]);
    model.loading.resolve(LOADED);
    model.say(' Reply one', 'end', ' Reply two', 'end');
    await untilRows(first.conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'Reply one'],
      ['user', 'complete', 'Second'],
      ['assistant', 'complete', 'Reply two'],
    ]);
    expect(model.requests[1]?.prompt).toContain('Reply one');
    const found = await rows(first.conversationId);
    expect(found.map((row) => row.parentId)).toEqual([null, ...found.slice(0, 3).map((row) => row.id)]);
  });

  it('a question under another version follows that version, not the reply on its way', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    model.say('One', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'One'],
    ]);
    const [, one] = await rows(conversationId);
    if (!one) throw new Error('no reply');
    await session.regenerate(one);
    await send('About one', conversationId, one.id);
    const about = (await rows(conversationId)).find((row) => row.text === 'About one');
    expect(about?.parentId).toBe(one.id);
  });

  it('Stop ends the one being written, the other follows', async () => {
    model.loading.resolve(LOADED);
    const first = await send('First');
    await send('Second', first.conversationId, first.messageId);
    model.say(' Half');
    await eventually(() => {
      expect([...session.live.getState().replies.values()][0]?.text).toBe('Half');
    });
    session.stop(first.conversationId);
    await eventually(() => {
      expect(model.requests).toHaveLength(2);
    });
    model.say('Whole', 'end');
    await eventually(async () => {
      expect((await rows(first.conversationId)).map((row) => row.status)).toEqual([
        'complete',
        'stopped',
        'complete',
        'complete',
      ]);
    });
  });
});

describe('Stop', () => {
  it('while the model loads gives the reply up and keeps the question', async () => {
    const { conversationId } = await send('First');
    session.stop(conversationId);
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'stopped', ''],
    ]);
  });

  it('before the first token leaves no time to a first token', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    await eventually(() => {
      expect(model.requests).toHaveLength(1);
    });
    session.stop(conversationId);
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'stopped', ''],
    ]);
    const [, reply] = await rows(conversationId);
    expect(reply?.provenance).toMatchObject({ finishReason: 'aborted', timeToFirstTokenMs: 0 });
  });

  it('comes with the deletion of the chat: another chat does not wait for a reply nobody will read', async () => {
    model.loading.resolve(LOADED);
    const first = await send('First');
    await send('Second', first.conversationId, first.messageId);
    const other = await send('Elsewhere');
    await eventually(() => {
      expect(model.requests).toHaveLength(1);
    });
    const deletion = await deleteConversation(store, first.conversationId);
    await eventually(() => {
      expect(model.requests).toHaveLength(2);
    });
    model.say('to the reply that was stopped', 'Answer', 'end');
    await untilRows(other.conversationId, [
      ['user', 'complete', 'Elsewhere'],
      ['assistant', 'complete', 'Answer'],
    ]);
    await undoDeletion(store, deletion);
    await untilRows(first.conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'stopped', ''],
      ['user', 'complete', 'Second'],
      ['assistant', 'stopped', ''],
    ]);
  });

  it('leaves another chat alone', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    session.stop('another');
    model.say('Whole', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'Whole'],
    ]);
  });
});

describe('a reply that fails', () => {
  it('keeps what was written, never the error in the text, and the next one works', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    model.say(' Half', new AppError('engine/device-lost', 'gone'));
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'failed', 'Half'],
    ]);
    const [, reply] = await rows(conversationId);
    expect(reply?.errorCode).toBe('engine/device-lost');
    expect(session.live.getState().replies.get(reply?.id ?? '')?.error?.message).toBe('gone');
    await session.continue({ id: reply?.id ?? '', conversationId });
    model.say(' and half', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'Half and half'],
    ]);
    expect(model.requests[1]?.prompt.endsWith('Half')).toBe(true);
  });

  it('a model that does not load fails the reply, not the question', async () => {
    const { conversationId } = await send('First');
    model.loading.reject(new AppError('engine/bad-model-file', 'html'));
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'failed', ''],
    ]);
  });
});

describe('versions', () => {
  it('Regenerate writes beside the old reply', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    model.say('One', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'One'],
    ]);
    const [, reply] = await rows(conversationId);
    if (!reply) throw new Error('no reply');
    await session.regenerate(reply);
    model.say('Two', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'One'],
      ['assistant', 'complete', 'Two'],
    ]);
    const [, one, two] = await rows(conversationId);
    expect(two?.parentId).toBe(one?.parentId);
  });

  it('an edited question is asked anew, an edited reply only marked', async () => {
    model.loading.resolve(LOADED);
    const { conversationId } = await send('First');
    model.say('One', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'One'],
    ]);
    const [question, reply] = await rows(conversationId);
    if (!question || !reply) throw new Error('missing');
    await session.editText(reply.id, 'One, by hand');
    await session.editQuestion(question, 'First, better');
    model.say('Two', 'end');
    await untilRows(conversationId, [
      ['user', 'complete', 'First'],
      ['assistant', 'complete', 'One'],
      ['assistant', 'complete', 'One, by hand'],
      ['user', 'complete', 'First, better'],
      ['assistant', 'complete', 'Two'],
    ]);
    expect((await rows(conversationId)).map((row) => row.edited)).toEqual([false, false, true, false, false]);
    expect(model.requests[1]?.prompt).not.toContain('First\n');
  });
});
