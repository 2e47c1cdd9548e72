import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sampling } from '../../../../lib/sampling.ts';
import type { GenerateRequest } from '../../../port.ts';
import { fakeLogits } from '../../../contract/fake-logits.ts';
import { FakePipeline, type FakePipelineOptions } from './fake-pipeline.ts';
import { logProbability } from './sampler.ts';
import { TokenEngine, type GeneratedToken } from './token-engine.ts';

/**
 * One token per byte from 3 on, but "###" is one token and so is "\n#": the same text can be generated as tokens that it
 * would not be encoded to, as with a real vocabulary.
 */
const HASHES = 1;
const NEWLINE_HASH = 2;
const EOS = 0;
const BOS = 3;
const tokenizer = {
  encode(text: string): readonly number[] {
    const ids: number[] = [];
    for (let at = 0; at < text.length;) {
      if (text.startsWith('###', at)) {
        ids.push(HASHES);
        at += 3;
      } else if (text.startsWith('\n#', at) && !text.startsWith('\n###', at)) {
        ids.push(NEWLINE_HASH);
        at += 2;
      } else {
        ids.push(text.charCodeAt(at));
        at += 1;
      }
    }
    return ids;
  },
  bytesOf(id: number): Uint8Array {
    if (id === HASHES) return new TextEncoder().encode('###');
    if (id === NEWLINE_HASH) return new TextEncoder().encode('\n#');
    return Uint8Array.of(id);
  },
};
const config = { prefixTokenIds: [BOS], stopTokenIds: [EOS] };
const greedy: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  seed: null,
  maxTokens: 64,
};
const never = { aborted: false };

function engineOn(options: FakePipelineOptions = {}): { engine: TokenEngine; pipeline: FakePipeline } {
  const pipeline = new FakePipeline(options);
  return { engine: new TokenEngine(pipeline, tokenizer, config), pipeline };
}

async function run(
  engine: TokenEngine,
  request: Partial<GenerateRequest> & { prompt: string },
  cancellation = never,
) {
  const tokens: GeneratedToken[] = [];
  const done = await engine.generate({ sampling: greedy, stops: [], ...request }, cancellation, (token) =>
    tokens.push(token),
  );
  return { text: tokens.map(({ text }) => text).join(''), tokens, done };
}

/** Writes `reply` after any prompt that ends in "A:", then EOS. */
function scripted(reply: string): (sequence: readonly number[]) => number | undefined {
  const ids = [...tokenizer.encode(reply), EOS];
  return (sequence) => {
    const marker = [65, 58];
    for (let at = sequence.length; at >= 2; at -= 1) {
      if (sequence[at - 2] === marker[0] && sequence[at - 1] === marker[1]) return ids[sequence.length - at];
    }
    return undefined;
  };
}

describe('TokenEngine.generate', () => {
  it('puts BOS in front once and ends at the end-of-sequence token', async () => {
    const { engine, pipeline } = engineOn({ next: scripted(' Yes.') });
    const { text, done } = await run(engine, { prompt: 'Q: x\nA:' });
    expect(text).toBe(' Yes.');
    expect(done).toMatchObject({
      finishReason: 'stop',
      usage: { promptTokens: 8, reusedTokens: 0, completionTokens: 5 },
      ignored: [],
      seed: null,
    });
    expect(pipeline.fed[0]).toEqual([BOS, ...tokenizer.encode('Q: x\nA:')]);
  });

  it('reuses the whole turn before, also when a stop string ended it', async () => {
    const { engine, pipeline } = engineOn({ next: scripted(' Yes.\n### Q: and?') });
    const first = await run(engine, { prompt: 'Q: x\nA:', stops: ['###'] });
    expect(first.text).toBe(' Yes.\n');
    expect(first.done.finishReason).toBe('stop');
    // The cache holds the reply up to the newline: the stop token was sampled, never fed.
    const held = pipeline.cachedTokens;
    const second = await run(engine, { prompt: 'Q: x\nA: Yes.\n### Q: y\nA:', stops: ['###'] });
    expect(second.done.usage.reusedTokens).toBe(held);
    expect(pipeline.drops).toEqual([]);
    expect(pipeline.fed.at(-first.done.usage.completionTokens - 1)).toBeDefined();
  });

  it('goes on from a reply cut by the token limit or by Stop without a second prefill', async () => {
    const { engine } = engineOn({ next: scripted(' one two three') });
    const prompt = 'Q: a longer question\nA:';
    const cut = await run(engine, { prompt, sampling: { ...greedy, maxTokens: 4 } });
    expect(cut).toMatchObject({ text: ' one', done: { finishReason: 'length' } });
    const rest = await run(engine, { prompt: prompt + cut.text });
    expect(rest.text).toBe(' two three');
    // All but the last sampled token, which was never fed.
    expect(rest.done.usage).toMatchObject({ promptTokens: 28, reusedTokens: 27 });
  });

  it('rolls the cache back to what an edited question shares with it', async () => {
    const { engine, pipeline } = engineOn();
    await run(engine, { prompt: 'A long system text. Q: old', sampling: { ...greedy, maxTokens: 9 } });
    const { done } = await run(engine, { prompt: 'A long system text. Q: new' });
    expect(done.usage.reusedTokens).toBe(1 + 'A long system text. Q: '.length);
    expect(pipeline.clears).toBe(1);
    expect(pipeline.drops).toEqual([3 + 8]);
  });

  it('prefills everything again where the library cannot roll back', async () => {
    const { engine, pipeline } = engineOn({ canRollBack: false });
    await run(engine, { prompt: 'A long system text. Q: old' });
    const { done } = await run(engine, { prompt: 'A long system text. Q: new' });
    expect(done.usage.reusedTokens).toBe(0);
    expect(pipeline.clears).toBe(2);
  });

  it('writes the same with a reused cache as with an empty one', async () => {
    const words = fc.stringMatching(/^[a-d#\n ]{0,12}$/);
    const turns = fc.array(fc.tuple(words, fc.integer({ min: 1, max: 12 }), fc.boolean()), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        turns,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        async (history, canRollBack, maxForward) => {
          const kept = engineOn({ canRollBack, maxForward, vocabulary: 128 });
          let prompt = 'system text ';
          for (const [text, maxTokens, editInstead] of history) {
            // Either the chat goes on, or an earlier question is edited.
            prompt = editInstead ? `system text ${text}` : prompt + text;
            const request = {
              prompt,
              stops: ['##'],
              sampling: { ...greedy, maxTokens, repetitionPenalty: 1.3 },
            };
            const reused = await run(kept.engine, request);
            const fresh = await run(engineOn({ vocabulary: 128 }).engine, request);
            expect(reused.text).toBe(fresh.text);
            expect(reused.done.finishReason).toBe(fresh.done.finishReason);
            expect(reused.done.usage.promptTokens).toBe(fresh.done.usage.promptTokens);
            prompt += reused.text;
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives the same text for the same seed, and says which seed it drew', async () => {
    const warm = { ...greedy, temperature: 1, maxTokens: 20 };
    const drawn = await run(engineOn().engine, { prompt: 'x', sampling: warm });
    expect(drawn.done.seed).not.toBeNull();
    const again = await run(engineOn().engine, { prompt: 'x', sampling: { ...warm, seed: drawn.done.seed } });
    expect(again.text).toBe(drawn.text);
  });

  it('emits whole characters only', async () => {
    const bytes = [...new TextEncoder().encode('é€😀')];
    let at = 0;
    const { engine } = engineOn({ next: () => bytes[at++] ?? EOS });
    const { tokens, text } = await run(engine, { prompt: 'x' });
    expect(text).toBe('é€😀');
    expect(tokens.map((token) => token.text)).toEqual(['', 'é', '', '', '€', '', '', '', '😀']);
    expect(tokens.at(-1)?.completionTokens).toBe(9);
  });

  it('drops a character that the token limit cut in half', async () => {
    const { engine } = engineOn({ next: (sequence) => [97, 97, 0xe2, 0x82][sequence.length - 2] });
    const { text } = await run(engine, { prompt: 'x', sampling: { ...greedy, maxTokens: 4 } });
    expect(text).toBe('aa');
  });

  it('shows text held back as a possible stop when the reply ends otherwise', async () => {
    const { engine } = engineOn({ next: scripted(' a ##') });
    expect((await run(engine, { prompt: 'A:', stops: ['####'] })).text).toBe(' a ##');
  });

  it('refuses a prompt longer than the context and fills the context to the last token', async () => {
    const { engine, pipeline } = engineOn({ contextLength: 12, next: () => 97 });
    await expect(run(engine, { prompt: 'x'.repeat(11) })).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
      details: { promptTokens: 12, contextLength: 12 },
    });
    const { done } = await run(engine, { prompt: 'x'.repeat(9) });
    expect(done).toMatchObject({ finishReason: 'length', usage: { completionTokens: 2 } });
    expect(pipeline.fed.flat().length).toBe(11);
  });

  it('stops between two prefill slices, and uses what was prefilled', async () => {
    const { engine, pipeline } = engineOn({ maxForward: 16 });
    const cancellation = { aborted: false };
    const feed = pipeline.feed.bind(pipeline);
    pipeline.feed = async (ids) => {
      await feed(ids);
      cancellation.aborted = true;
    };
    const prompt = 'x'.repeat(100);
    const stopped = await run(engine, { prompt }, cancellation);
    expect(stopped.done).toMatchObject({
      finishReason: 'aborted',
      usage: { promptTokens: 101, completionTokens: 0 },
      timings: { timeToFirstTokenMs: 0, decodeTokensPerSecond: 0 },
    });
    expect(pipeline.cachedTokens).toBe(16);
    pipeline.feed = feed;
    expect((await run(engine, { prompt })).done.usage.reusedTokens).toBe(16);
  });

  it('stops between two tokens', async () => {
    const { engine } = engineOn({ next: () => 97 });
    const cancellation = { aborted: false };
    const tokens: string[] = [];
    const done = await engine.generate(
      { prompt: 'x', sampling: greedy, stops: [] },
      cancellation,
      ({ text }) => {
        tokens.push(text);
        cancellation.aborted = tokens.length === 3;
      },
    );
    expect(tokens).toEqual(['a', 'a', 'a']);
    expect(done).toMatchObject({ finishReason: 'aborted', usage: { completionTokens: 3 } });
  });

  it('trusts nothing in the cache after a forward failed half-way', async () => {
    const { engine, pipeline } = engineOn({ failAt: 3, next: () => 97 });
    await expect(run(engine, { prompt: 'hello hello' })).rejects.toThrow('device lost');
    await expect(run(engine, { prompt: 'hello hello' })).rejects.toThrow('device lost');
    expect(pipeline.clears).toBe(2);
  });
});

describe('TokenEngine.score', () => {
  it('gives the log-probability of every token of an option, multi-token ones too', async () => {
    const { engine, pipeline } = engineOn();
    const options = [' A', ' B', ' because'];
    const scores = await engine.score('Question?\nAnswer:', options, never);
    const base = [BOS, ...tokenizer.encode('Question?\nAnswer:')];
    for (const [at, option] of options.entries()) {
      const ids = tokenizer.encode(option);
      let expected = 0;
      for (let position = 0; position < ids.length; position += 1) {
        const logits = fakeLogits([...base, ...ids.slice(0, position)], 256);
        expected += logProbability(logits, ids[position] ?? 0);
      }
      expect(scores[at]).toEqual({ option, logProbability: expected, tokens: ids.length });
    }
    // One prefill of the prompt, then one token at a time.
    expect(pipeline.clears).toBe(1);
    expect(pipeline.fed.flat().length).toBe(base.length + 1 + 1 + 7);
  });

  it('sums to one over all one-token options', async () => {
    const { engine } = engineOn({ vocabulary: 128 });
    const options = Array.from({ length: 124 }, (_, at) => String.fromCharCode(at + 4));
    const scores = await engine.score('prompt', options, never);
    const total = scores.reduce((sum, score) => sum + Math.exp(score.logProbability), 0);
    const left = [0, 1, 2, 3].reduce(
      (sum, id) => sum + Math.exp(logProbability(fakeLogits([BOS, ...tokenizer.encode('prompt')], 128), id)),
      0,
    );
    expect(total + left).toBeCloseTo(1, 6);
  });

  it('scores from where an option melts into the prompt, for all options alike', async () => {
    // "…\n" + "#" is one token "\n#": the prompt's last token is tokenised anew.
    const { engine } = engineOn();
    const [melted, plain] = await engine.score('ab\n', ['#', 'c'], never);
    const base = [BOS, 97, 98];
    expect(melted).toEqual({
      option: '#',
      logProbability: logProbability(fakeLogits(base, 256), NEWLINE_HASH),
      tokens: 1,
    });
    expect(plain?.tokens).toBe(2);
    expect(plain?.logProbability).toBeCloseTo(
      logProbability(fakeLogits(base, 256), 10) + logProbability(fakeLogits([...base, 10], 256), 99),
      12,
    );
  });

  it('works without roll-back, at the price of a prefill per option', async () => {
    const can = await engineOn().engine.score('some prompt', [' yes', ' no'], never);
    const cannot = engineOn({ canRollBack: false });
    expect(await cannot.engine.score('some prompt', [' yes', ' no'], never)).toEqual(can);
    expect(cannot.pipeline.clears).toBe(2);
  });

  it('refuses an option without a token and one beyond the context', async () => {
    await expect(engineOn().engine.score('x', ['a', ''], never)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
    });
    await expect(engineOn({ contextLength: 4 }).engine.score('xx', ['abc'], never)).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
    });
  });

  it('can be stopped', async () => {
    await expect(engineOn().engine.score('x', ['a', 'b'], { aborted: true })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

describe('logits that are not numbers', () => {
  const failed = { code: 'engine/generation-failed' };

  it.each([NaN, Infinity, -Infinity])(
    'of %s end a reply and a score, and nothing of them is kept',
    async (logit) => {
      const { engine, pipeline } = engineOn({ broken: { from: 3, logit }, next: () => 97 });
      const tokens: GeneratedToken[] = [];
      const request = { prompt: 'abc', sampling: greedy, stops: [] };
      await expect(engine.generate(request, never, (token) => tokens.push(token))).rejects.toMatchObject(
        failed,
      );
      expect(tokens.map(({ text }) => text).join('')).toBe('aa');
      const fed = pipeline.fed.length;
      await expect(engine.score('abc', [' a', ' b'], never)).rejects.toMatchObject(failed);
      // From the beginning: BOS and three bytes.
      expect(pipeline.fed[fed]?.slice(0, 4)).toEqual([BOS, 97, 98, 99]);
    },
  );
});

describe('TokenEngine.countTokens', () => {
  it('counts without BOS', () => {
    expect(engineOn().engine.countTokens('a###')).toBe(2);
  });
});
