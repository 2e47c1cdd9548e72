import { afterEach, describe, expect, it } from 'vitest';
import { asked, collect, remoteEngine, remoteModel } from '../testing/support.ts';
import { TestServer, type Dialect, type TestServerOptions } from '../testing/test-server.ts';

let server: TestServer | null = null;

async function start(options: Partial<TestServerOptions>): Promise<TestServer> {
  server = await TestServer.start({ dialect: 'vllm', ...options });
  return server;
}

afterEach(async () => {
  await server?.stop();
  server = null;
});

describe('other servers', () => {
  it('Text Generation Inference: window, version and counting; no scores', async () => {
    const { address, toy } = await start({ dialect: 'tgi', contextLength: 300 });
    const engine = remoteEngine();
    const loaded = await engine.load(remoteModel(address));
    expect(loaded).toMatchObject({
      engineVersion: 'Text Generation Inference 3.3.6',
      contextLength: 300,
      quantization: 'float16',
      abilities: { scoring: false },
    });
    expect(loaded.server?.scoringProblem).toBe('It gives no log-probabilities of what it writes.');
    expect(await engine.countTokens('one two three')).toBe(toy.encode('one two three').length);
    await expect(engine.score('a', [' b'])).rejects.toMatchObject({ code: 'server/no-scores' });
  });

  it('Ollama, LM Studio: a window assumed, lengths bounded, replies written', async () => {
    const { address } = await start({ dialect: 'lenient' });
    const engine = remoteEngine();
    const { backendReason, abilities } = await engine.load(remoteModel(address));
    expect(backendReason).toMatch(/2048 tokens are assumed.*estimated.*neither top_k.*cannot score/);
    expect(abilities.scoring).toBe(false);
    const { text, done } = await collect(engine.generate(asked('one two')));
    expect(text).not.toBe('');
    expect(done).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 12 } });
  });
});

describe('what a server only seems to take', () => {
  it.each<[Dialect, readonly string[]]>([
    ['vllm', []],
    ['llama-server', []],
    ['tgi', ['topK']],
    ['lenient', ['topK', 'repetitionPenalty']],
    ['openai', ['topK', 'repetitionPenalty']],
  ])('is seen in what it writes, by %s', async (dialect, ignored) => {
    const { address } = await start({ dialect });
    const engine = remoteEngine();
    const { backendReason } = await engine.load(remoteModel(address));
    expect(backendReason.includes('top_k')).toBe(ignored.includes('topK'));
    const sampling = { ...asked('').sampling, topK: 40, repetitionPenalty: 1.1 };
    const { done } = await collect(engine.generate(asked('hello there', { sampling })));
    expect(done?.ignored).toEqual(ignored);
    // And nothing is said of settings nobody used.
    expect((await collect(engine.generate(asked('hello there')))).done?.ignored).toEqual([]);
  });

  it('start tokens are counted, also where only lengths are told', async () => {
    for (const [startTokens, said] of [
      [1, /^(?!.*start token)/],
      [0, /no start token/],
      [2, /2 start tokens/],
    ] as const) {
      for (const dialect of ['vllm', 'llama-server', 'tgi', 'lenient'] as const) {
        const here = await start({ dialect, startTokens });
        const { backendReason } = await remoteEngine().load(remoteModel(here.address));
        expect(backendReason, `${String(startTokens)} by ${dialect}`).toMatch(said);
        await here.stop();
      }
    }
  });
});
