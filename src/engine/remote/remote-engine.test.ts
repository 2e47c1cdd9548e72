import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { errorReport } from '../../errors/error-report.ts';
import type { GenerationWaiting } from '../port.ts';
import { generate } from './generate.ts';
import type { RemoteModel } from './model.ts';
import { patienceOf } from './patience.ts';
import { probeServer } from './connect/probe.ts';
import {
  asked,
  collect,
  impatience,
  nodeSurroundings,
  pageFetch,
  remoteEngine,
  remoteModel,
} from './testing/support.ts';
import { TestServer, type Dialect, type ServerFault, type TestServerOptions } from './testing/test-server.ts';

let server: TestServer | null = null;

async function start(options: Partial<TestServerOptions> = {}): Promise<TestServer> {
  server = await TestServer.start({ dialect: 'vllm', ...options });
  return server;
}

afterEach(async () => {
  await server?.stop();
  server = null;
});

describe.each<Dialect>(['vllm', 'llama-server', 'openai'])('a server that speaks as %s', (dialect) => {
  it('is found out: model, window, counting, start token, scores, settings', async () => {
    const { address } = await start({ dialect, contextLength: 300 });
    const engine = remoteEngine();
    const loaded = await engine.load(remoteModel(address));
    expect(engine.state.status).toBe('ready');
    expect(loaded).toMatchObject({
      engine: 'remote',
      backend: 'server',
      contextLength: dialect === 'openai' ? 2048 : 300,
      server: { name: 'Test server', model: 'toy', scoringProblem: '' },
    });
    expect(loaded.engineVersion).toBe(
      {
        vllm: 'vLLM 0.33.0',
        'llama-server': 'llama.cpp b9999-test',
        tgi: '',
        lenient: '',
        openai: 'of a version it does not tell',
      }[dialect],
    );
    expect(loaded.backendReason).toContain('Test server (127.0.0.1:');
    expect(loaded.backendReason.includes('assumed')).toBe(dialect === 'openai');
    expect(loaded.backendReason.includes('estimated')).toBe(dialect === 'openai');
    expect(loaded.backendReason.includes('top_k')).toBe(dialect === 'openai');
  });

  it('writes a reply: text, figures, reason, seed', async () => {
    const { address, toy } = await start({ dialect });
    const engine = remoteEngine();
    await engine.load(remoteModel(address));
    const { text, done } = await collect(engine.generate(asked('one two three')));
    const ids = [0, ...toy.encode('one two three')];
    const expected: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      const id = toy.greedy(ids);
      ids.push(id);
      expected.push(toy.word(id));
    }
    expect(text).toBe(expected.join(''));
    expect(done).toMatchObject({
      finishReason: 'stop',
      usage: { promptTokens: 4, completionTokens: 12 },
      seed: 7,
    });
    expect(engine.state.status).toBe('ready');
  });

  it('scores options as the model does, sums of their tokens', async () => {
    const { address, toy } = await start({ dialect });
    const engine = remoteEngine();
    await engine.load(remoteModel(address));
    const prompt = 'Question: which?\nThe answer is:';
    const options = [' A', ' B', ' none of these'];
    const scores = await engine.score(prompt, options);
    for (const [index, option] of options.entries()) {
      const before = [0, ...toy.encode(prompt)];
      let sum = 0;
      for (const id of toy.encode(option)) {
        sum += toy.logprob(before, id);
        before.push(id);
      }
      expect(scores[index]?.logProbability).toBeCloseTo(sum, 6);
      expect(scores[index]).toMatchObject({ option, tokens: toy.encode(option).length });
    }
  });

  it('counts tokens, never too few', async () => {
    const { address, toy } = await start({ dialect, contextLength: 400 });
    const engine = remoteEngine();
    await engine.load(remoteModel(address, { knownContext: 400 }));
    for (const text of ['a', 'one two three', 'word '.repeat(150)]) {
      const counted = await engine.countTokens(text);
      const exact = toy.encode(text).length;
      if (dialect === 'openai') expect(counted).toBeGreaterThanOrEqual(exact);
      else expect(counted).toBe(exact);
    }
  });

  it('sends all of the sampling, and says what it could not', async () => {
    const { address, seen } = await start({ dialect });
    const engine = remoteEngine();
    await engine.load(remoteModel(address));
    const sampling = {
      temperature: 0.7,
      topP: 0.95,
      topK: 40,
      repetitionPenalty: 1.1,
      seed: 3,
      maxTokens: 5,
    };
    const { done } = await collect(engine.generate(asked('hello there', { sampling, stops: ['###'] })));
    const body = seen.findLast(({ body: sent }) => sent?.stream === true)?.body;
    expect(body).toMatchObject({ temperature: 0.7, top_p: 0.95, seed: 3, max_tokens: 5, stop: ['###'] });
    if (dialect === 'openai') expect(done?.ignored).toEqual(['topK', 'repetitionPenalty']);
    else {
      expect(body).toMatchObject({ top_k: 40, repetition_penalty: 1.1, repeat_penalty: 1.1, min_p: 0 });
      expect(done?.ignored).toEqual([]);
    }
    expect(done?.finishReason).toBe('length');
  });
});

describe('a reply', () => {
  it('ends before a stop text, also one that comes in pieces, and closes the request', async () => {
    const here = await start({
      reply: () => ['Yes', '.', '\n#', '##', ' User', ': more', ' and more'],
      pace: 5,
    });
    const engine = remoteEngine();
    await engine.load(remoteModel(here.address));
    const { text, done } = await collect(engine.generate(asked('x', { stops: ['\n###'] })));
    expect(text).toBe('Yes.');
    expect(done?.finishReason).toBe('stop');
    await expect.poll(() => here.closedEarly).toBe(1);
  });

  it('stopped by a person keeps its text and closes the request', async () => {
    const here = await start({ pace: 20 });
    const engine = remoteEngine();
    await engine.load(remoteModel(here.address));
    const stop = new AbortController();
    let text = '';
    let reason = '';
    for await (const event of engine.generate(asked('x y z'), stop.signal)) {
      if (event.type === 'done') reason = event.finishReason;
      else {
        text += event.text;
        stop.abort();
      }
    }
    expect(reason).toBe('aborted');
    expect(text).not.toBe('');
    await expect.poll(() => here.closedEarly).toBe(1);
    expect(engine.state.status).toBe('ready');
  });

  it('never holds half a character', async () => {
    const [high, low] = ['😀'.slice(0, 1), '😀'.slice(1)] as const;
    const { address } = await start({ reply: () => ['a', high, low, 'b'] });
    const engine = remoteEngine();
    await engine.load(remoteModel(address));
    const parts: string[] = [];
    for await (const event of engine.generate(asked('x'))) if (event.type === 'token') parts.push(event.text);
    expect(parts.join('')).toBe('a😀b');
    expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });

  it('does not begin, nor is a word counted, before a person has agreed', async () => {
    const here = await start();
    const engine = remoteEngine();
    await engine.load(remoteModel(here.address, { agreed: () => false }));
    const before = here.seen.length;
    expect((await collect(engine.generate(asked('secret')))).error).toMatchObject({
      code: 'server/unconfirmed',
    });
    await expect(engine.countTokens('secret')).rejects.toMatchObject({ code: 'server/unconfirmed' });
    await expect(engine.score('secret', ['A'])).rejects.toMatchObject({ code: 'server/unconfirmed' });
    expect(here.seen.length).toBe(before);
    expect(JSON.stringify(here.seen)).not.toContain('secret');
  });

  it('breaks what the model would read as control', async () => {
    const here = await start({ dialect: 'llama-server' });
    const engine = remoteEngine();
    await engine.load(remoteModel(here.address));
    await collect(engine.generate(asked('end</s> begin<s>')));
    expect(here.seen.at(-1)?.body?.prompt).toBe('end< /s> begin< s>');
  });
});

describe('a fault', () => {
  const faults: readonly (readonly [ServerFault, string])[] = [
    ['cut', 'server/lost'],
    ['stall', 'server/timeout'],
    ['malformed', 'server/damaged-answer'],
    ['huge', 'server/damaged-answer'],
    ['error-event', 'server/failed'],
    ['redirect', 'server/redirect'],
    ['page', 'server/not-compatible'],
    ['not-a-stream', 'server/not-compatible'],
    ['slow-head', 'server/timeout'],
  ];
  it.each(faults)(
    '%s in the middle is %s; what came before is kept, the next reply works',
    async (fault, code) => {
      const here = await start();
      // Only where silence is the fault may a slow machine not be taken for one.
      const silent = fault === 'stall' || fault === 'slow-head';
      const engine = remoteEngine(() => (here.fault !== null && silent ? impatience() : patienceOf(() => 0)));
      await engine.load(remoteModel(here.address));
      here.fault = fault;
      const { text, error } = await collect(engine.generate(asked('one two')));
      expect(error).toMatchObject({ code });
      expect(error).toBeInstanceOf(AppError);
      const began = ['cut', 'stall', 'malformed', 'huge', 'error-event'].includes(fault ?? '');
      expect(text.split(' ').filter(Boolean)).toHaveLength(began ? 2 : 0);
      here.fault = null;
      expect((await collect(engine.generate(asked('one two')))).error).toBeNull();
    },
  );

  it.each<[ServerFault, string]>([
    ['redirect', 'server/redirect'],
    ['page', 'server/not-compatible'],
  ])('%s when it is connected is %s', async (fault, code) => {
    const here = await start();
    here.fault = fault;
    const engine = remoteEngine();
    await expect(engine.load(remoteModel(here.address))).rejects.toMatchObject({ code });
    expect(engine.state).toMatchObject({ status: 'failed', error: { code } });
  });

  it('of the key, of the model, of nobody there are told apart', async () => {
    const here = await start({ key: 'sk-right' });
    const engine = remoteEngine();
    await expect(engine.load(remoteModel(here.address))).rejects.toMatchObject({ code: 'server/key' });
    const wrong = await engine
      .load(remoteModel(here.address, { key: () => 'sk-wrong' }))
      .catch((e: unknown) => e);
    expect(wrong).toMatchObject({ code: 'server/key' });
    const report = errorReport(wrong as AppError, { app: 'app', browser: 'browser' });
    expect(report).toContain('server/key');
    expect(JSON.stringify([wrong, (wrong as AppError).details, String(wrong), report])).not.toContain(
      'sk-wrong',
    );
    const key = (): string => 'sk-right';
    await expect(
      engine.load(
        remoteModel(here.address, {
          key,
          server: { id: 't', name: 'T', root: `${here.address}/`, model: 'other' },
        }),
      ),
    ).rejects.toMatchObject({ code: 'server/model' });
    const model = remoteModel(here.address, { key });
    await engine.load(model);
    await here.stop();
    server = null;
    await expect(engine.load(model)).rejects.toMatchObject({
      code: 'server/unreachable',
    });
  });

  it('of a server that takes the question and never answers is named when it is connected', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    const engine = remoteEngine(undefined, { timeout: () => AbortSignal.timeout(200) });
    await expect(engine.load(remoteModel(`http://127.0.0.1:${String(port)}`))).rejects.toMatchObject({
      code: 'server/timeout',
    });
    silent.closeAllConnections();
    await new Promise((done) => silent.close(done));
  });

  it('that no page may read, as vLLM’s of a key or a length, is told from a server that allows no page', async () => {
    const here = await start({ key: 'sk-right', contextLength: 60 });
    const engine = remoteEngine(undefined, { fetch: pageFetch });
    const model = (key: string, address = here.address): RemoteModel =>
      remoteModel(address, { key: () => key });
    await expect(engine.load(model('sk-wrong'))).rejects.toMatchObject({ code: 'server/key' });
    await engine.load(model('sk-right'));
    const long = 'word '.repeat(70);
    expect((await collect(engine.generate(asked(long)))).error).toMatchObject({
      code: 'engine/prompt-too-long',
      details: { promptTokens: here.toy.encode(long).length + 1 },
    });
    const sampling = { ...asked('').sampling, maxTokens: 2 };
    here.fault = 'odd-setting';
    expect((await collect(engine.generate(asked('one two', { sampling })))).error).toMatchObject({
      code: 'server/refused-request',
    });
    const closed = await TestServer.start({ dialect: 'vllm', key: 'sk-right', cors: false });
    await expect(engine.load(model('sk-right', closed.address))).rejects.toMatchObject({
      code: 'server/cors',
    });
    await closed.stop();
  });

  it('in what it says of probabilities leaves it without scores, by proof and not by name', async () => {
    for (const dialect of ['vllm', 'llama-server', 'openai'] as const) {
      const here = await start({ dialect });
      here.fault = 'wrong-scores';
      const engine = remoteEngine();
      const loaded = await engine.load(remoteModel(here.address));
      expect(loaded.server?.scoringProblem).toMatch(/differs/);
      await expect(engine.score('a b', [' c'])).rejects.toMatchObject({ code: 'server/no-scores' });
      await here.stop();
    }
    const here = await start({ dialect: 'openai' });
    here.fault = 'no-log-probabilities';
    const loaded = await remoteEngine().load(remoteModel(here.address));
    expect(loaded.server?.scoringProblem).toMatch(/no log-probabilities/);
  });

  it('of length is the prompt’s, with the server’s count where it tells it', async () => {
    for (const dialect of ['vllm', 'llama-server'] as const) {
      const here = await start({ dialect, contextLength: 60 });
      const engine = remoteEngine();
      await engine.load(remoteModel(here.address));
      const { error } = await collect(engine.generate(asked('word '.repeat(70))));
      expect(error).toMatchObject({ code: 'engine/prompt-too-long' });
      await here.stop();
    }
  });
});

describe('a full server', () => {
  it('is asked again when it wants to be, and the waiting is told', async () => {
    const here = await start();
    const engine = remoteEngine();
    await engine.load(remoteModel(here.address));
    here.fault = 'busy';
    here.refusals = 2;
    const told: GenerationWaiting[] = [];
    const { text, error } = await collect(
      engine.generate(asked('one two', { onWaiting: (waiting) => told.push(waiting) })),
    );
    expect(error).toBeNull();
    expect(text).not.toBe('');
    expect(told.map(({ because, ahead }) => [because, ahead])).toEqual([
      ['full', 0],
      ['full', 0],
    ]);
  });

  it('is waited for by scoring, too, and a silent one is told from a dead one', async () => {
    const here = await start();
    const engine = remoteEngine(() => impatience());
    await engine.load(remoteModel(here.address));
    const whole = await engine.score('a b', [' c', ' d']);
    here.fault = 'busy';
    here.refusals = 2;
    const told: GenerationWaiting[] = [];
    const again = await engine.score('a b', [' c', ' d'], undefined, (waiting) => told.push(waiting));
    expect(again).toEqual(whole);
    expect(told.map(({ because }) => because)).toEqual(['full', 'full']);
    expect(here.refusals).toBe(0);
    here.fault = 'slow-head';
    await expect(engine.score('a b', [' c'])).rejects.toMatchObject({ code: 'server/timeout' });
    const stop = new AbortController();
    const stopped = engine.score('a b', [' c'], stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    here.fault = null;
    expect(await engine.score('a b', [' c', ' d'])).toEqual(whole);
  });

  it('that loads its model is waited for; patience ends', async () => {
    const here = await start();
    const engine = remoteEngine(() => {
      let left = 3;
      return { ...patienceOf(() => 0), waitAfter: () => (left-- > 0 ? 1 : null) };
    });
    await engine.load(remoteModel(here.address));
    here.fault = 'loading';
    const told: GenerationWaiting[] = [];
    const { error } = await collect(
      engine.generate(asked('x', { onWaiting: (waiting) => told.push(waiting) })),
    );
    expect(error).toMatchObject({ code: 'server/busy' });
    expect(told.map(({ because }) => because)).toEqual(['loading', 'loading', 'loading']);
  });

  it('that is silent but alive is told from a dead one', async () => {
    const here = await start();
    const engine = remoteEngine(() => impatience({ longestSilenceMs: 2000 }));
    await engine.load(remoteModel(here.address));
    here.fault = 'stall';
    const told: GenerationWaiting[] = [];
    const silent = await collect(engine.generate(asked('x', { onWaiting: (waiting) => told.push(waiting) })));
    expect(silent.error).toMatchObject({ code: 'server/timeout' });
    expect(told.length).toBeGreaterThan(2);
    expect(told[0]).toMatchObject({ because: 'silent' });
    const dying = collect(engine.generate(asked('x')));
    await expect.poll(() => here.seen.filter(({ body }) => body?.stream === true).length).toBe(2);
    await here.stop();
    server = null;
    expect((await dying).error).toMatchObject({ code: 'server/lost' });
  });
});

describe('many people at one server', () => {
  it('100 replies behind 4 places: none lost, none mixed up', async () => {
    const here = await start({
      atOnce: 4,
      pace: 1,
      reply: (prompt) => ['Reply', ' to', ` ${/person-\d+/.exec(prompt)?.[0] ?? 'nobody'}`, '.'],
    });
    here.retryAfterSeconds = null;
    const surroundings = nodeSurroundings();
    const to = { root: `${here.address}/`, key: () => null };
    const { signal } = new AbortController();
    const abilities = await probeServer(to, surroundings, null, signal);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, person) => {
        let attempt = 0;
        const patience = impatience({
          checkEveryMs: 60_000,
          waitAfter: () => 10 + ((person * 7 + (attempt += 1) * 13) % 90),
        });
        return collect(
          generate(
            { server: to, abilities, surroundings, patience, signal },
            asked(`person-${String(person)} asks`),
          ),
        );
      }),
    );
    expect(replies.map(({ text }) => text)).toEqual(
      replies.map((_, person) => `Reply to person-${String(person)}.`),
    );
    expect(replies.every(({ done }) => done?.finishReason === 'stop')).toBe(true);
    expect(here.mostAtOnce).toBe(4);
  }, 60_000);
});
