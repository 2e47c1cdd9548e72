import { describe, expect, it } from 'vitest';
import { AppError } from '../../../errors/app-error.ts';
import { FakeLlama, forcedTokens } from './fake-llama.ts';
import { PromptText } from './tokens/prompt-text.ts';
import { cutOptions, score } from './score.ts';
import { SpmTokenizer } from './tokens/spm-tokenizer.ts';
import type { CompletionOptions } from './wllama-model.ts';

const TOKENS = ['<unk>', '<s>', '</s>', '▁', 'A', 'B', ':', '▁A', '▁B', 'x', '▁x', 'xA'];
const tokenizer = new SpmTokenizer({
  tokens: TOKENS,
  // Longer pieces are better, and "xA" is better still.
  scores: Float32Array.from(TOKENS, (text) => (text === 'xA' ? 9 : Array.from(text).length)),
  types: Int32Array.from(TOKENS, (_, id) => (id < 3 ? 3 : 1)),
  addSpacePrefix: false,
  addBos: true,
});
const texts = (ids: readonly number[]): readonly string[] => ids.map((id) => TOKENS[id] ?? '?');

/** Answers as llama.cpp does when it is forced: each token with a log-probability of minus its id. */
function forcedModel() {
  const asked: CompletionOptions[] = [];
  return {
    asked,
    complete: (options: CompletionOptions) => {
      asked.push(options);
      const ids = forcedTokens(options);
      return Promise.resolve({
        choices: [
          { text: '', logprobs: { content: ids.map((id) => ({ id, logprob: -id, top_logprobs: [] })) } },
        ],
      });
    },
  };
}

const { signal } = new AbortController();

describe('cutOptions', () => {
  it('cuts where all options leave the prompt', () => {
    const { condition, continuations } = cutOptions(tokenizer, 'x:', ['x: A', 'x: B', 'x:A']);
    expect(texts(condition)).toEqual(['x', ':']);
    expect(continuations.map(texts)).toEqual([['▁A'], ['▁B'], ['A']]);
  });

  it('moves the cut back, for every option, where the prompt’s end merges with one of them', () => {
    const { condition, continuations } = cutOptions(tokenizer, ':x', [':xA', ':x B']);
    expect(texts(condition)).toEqual([':']);
    expect(continuations.map(texts)).toEqual([['xA'], ['x', '▁B']]);
    const trailing = cutOptions(tokenizer, 'x: ', ['x: A', 'x: B']);
    expect(texts(trailing.condition)).toEqual(['x', ':']);
  });
});

describe('score', () => {
  it('adds up the tokens of each option, all on one condition', async () => {
    const model = forcedModel();
    const scores = await score(model, new PromptText(tokenizer, 64), 'x:', [' A', ' B:'], signal);
    expect(scores).toEqual([
      { option: ' A', logProbability: -7, tokens: 1 },
      { option: ' B:', logProbability: -14, tokens: 2 },
    ]);
    expect(model.asked.map(({ prompt }) => prompt)).toEqual(['x:', 'x:']);
    expect(model.asked[1]).toMatchObject({ grammar: 'root ::= <[8]> <[6]>', max_tokens: 2, n_probs: 1 });
  });

  it('reads the prompt once for all options, and what it shares with the scoring before not at all', async () => {
    const model = new FakeLlama();
    const text = new PromptText(model.tokenizer, 512);
    const question = 'what does it say?';
    await score(model, text, question, ['e', 'f', 'g'], signal);
    expect(model.prefilled).toEqual([model.tokenizer.encode(question).length + 1]);
    model.prefilled.length = 0;
    await score(model, text, `${question} and then?`, [' yes', ' no'], signal);
    // llama.cpp reads a prompt's last token again to have its logits.
    expect(model.prefilled).toEqual([model.tokenizer.encode(' and then?').length, 1]);
  });

  it('reads letters off one list, asks alone for one that is not in it, and for several tokens', async () => {
    const asked: CompletionOptions[] = [];
    const complete = (options: CompletionOptions) => {
      asked.push(options);
      const content = forcedTokens(options).map((id) => ({
        id,
        logprob: -id,
        top_logprobs: [7, 8, 9]
          .slice(0, options.n_probs === 1 ? 1 : 2)
          .map((each) => ({ id: each, logprob: -each })),
      }));
      return Promise.resolve({ choices: [{ logprobs: { content } }] });
    };
    const scores = await score(
      { complete },
      new PromptText(tokenizer, 64),
      'x:',
      [' A', ' B:', ' B', ' x', 'B'],
      signal,
    );
    expect(scores.map(({ logProbability }) => logProbability)).toEqual([-7, -14, -8, -10, -5]);
    expect(asked.map(({ n_probs }) => n_probs)).toEqual([64, 1, 1, 1]);
    expect(asked.map((options) => forcedTokens(options))).toEqual([[7], [8, 6], [10], [5]]);
  });

  it('asks for each letter alone where the list holds a stray byte', async () => {
    const model = forcedModel();
    const complete = (options: CompletionOptions) =>
      options.n_probs === 1
        ? model.complete(options)
        : Promise.reject(new AppError('engine/generation-failed', 'odd', { reason: 'stray-byte' }));
    const scores = await score({ complete }, new PromptText(tokenizer, 64), 'x:', [' A', ' B', ' x'], signal);
    expect(scores.map(({ logProbability }) => logProbability)).toEqual([-7, -8, -10]);
    expect(model.asked).toHaveLength(3);
  });

  it('refuses what it cannot score', async () => {
    const model = forcedModel();
    const text = new PromptText(tokenizer, 64);
    await expect(score(model, text, 'x', [''], signal)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
    });
    await expect(score(model, text, 'x'.repeat(64), ['A'], signal)).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
    });
    await expect(score(model, new PromptText(null, 64), 'x', ['A'], signal)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
    });
  });

  it('refuses an option by name where llama.cpp meets a stray byte', async () => {
    const stray = new AppError('engine/generation-failed', 'invalid UTF-8 byte', { reason: 'stray-byte' });
    const other = new AppError('engine/generation-failed', 'odd');
    const scoring = (error: AppError) =>
      score({ complete: () => Promise.reject(error) }, new PromptText(tokenizer, 64), 'x:', [' A'], signal);
    await expect(scoring(stray)).rejects.toMatchObject({
      code: 'engine/unsupported-option',
      details: { option: ' A' },
    });
    await expect(scoring(other)).rejects.toBe(other);
  });

  it('does not believe an answer about other tokens', async () => {
    const answers = [
      { choices: [{ logprobs: { content: [{ id: 5, logprob: -1 }] } }] },
      { choices: [{ logprobs: null }] },
      'nonsense',
    ];
    for (const answer of answers) {
      const model = { complete: () => Promise.resolve(answer) };
      await expect(score(model, new PromptText(tokenizer, 64), 'x', [':'], signal)).rejects.toMatchObject({
        code: 'engine/generation-failed',
      });
    }
  });
});
