import type { Sampling } from '../../../lib/sampling.ts';
import type { RawCompletionChunk } from '@wllama/wllama';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../errors/app-error.ts';
import type { GenerateRequest } from '../../port.ts';
import { countNatively, generate } from './generate.ts';
import { PromptText } from './tokens/prompt-text.ts';
import { SpmTokenizer } from './tokens/spm-tokenizer.ts';
import type { CompletionOptions, WllamaModel } from './wllama-model.ts';

const sampling: Sampling = {
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  seed: 5,
  maxTokens: 100,
};
const request = (over: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: 'p',
  sampling,
  stops: [],
  ...over,
});

/** One token per character, and the byte 0xE9 as a token beyond ASCII. */
const tokenizer = new SpmTokenizer({
  tokens: ['<unk>', '<s>', '</s>', '<0xE9>', 'p', 'a', 'b', '▁'],
  scores: new Float32Array(8),
  types: Int32Array.of(2, 3, 3, 6, 1, 1, 1, 1),
  addSpacePrefix: false,
  addBos: true,
});

interface Step {
  readonly text: string;
  /** Told with its probability as the token of this id. */
  readonly id?: number;
  /** Tokens so far; one more than before unless given. */
  readonly tokens?: number;
}

/** Stands in for llama.cpp: writes what it is told, one step after the other, until it is stopped. */
class ScriptedModel implements Pick<WllamaModel, 'stream' | 'facts'> {
  readonly facts = { contextLength: 64, vocabSize: 8, threads: 1, offload: null, addsBos: true };
  readonly asked: CompletionOptions[] = [];
  readonly #runs: (readonly (Step | AppError)[])[];

  constructor(...runs: (readonly (Step | AppError)[])[]) {
    this.#runs = runs;
  }

  stream(
    options: CompletionOptions,
    signal: AbortSignal,
    onChunk: (chunk: RawCompletionChunk) => void,
  ): Promise<RawCompletionChunk> {
    this.asked.push(options);
    const steps = this.#runs.shift() ?? [];
    const limit = options.max_tokens ?? 0;
    let tokens = 0;
    const chunk = (text: string, over: Partial<RawCompletionChunk> = {}): RawCompletionChunk => ({
      id: '',
      object: 'text_completion',
      created: 0,
      model: '',
      choices: [{ text, index: 0, finish_reason: null, logprobs: null }],
      timings: {
        cache_n: 0,
        prompt_n: 2,
        prompt_ms: 10,
        prompt_per_token_ms: 5,
        prompt_per_second: 200,
        predicted_n: tokens,
        predicted_ms: tokens * 2,
        predicted_per_token_ms: 2,
        predicted_per_second: 500,
      },
      ...over,
    });
    return Promise.resolve().then(() => {
      onChunk(chunk('', { prompt_progress: { total: 2, cache: 1, processed: 2, time_ms: 1 } }));
      for (const step of steps) {
        if (signal.aborted) throw new AppError('aborted', '');
        if (step instanceof AppError) throw step;
        if (tokens >= limit) break;
        tokens = step.tokens ?? tokens + 1;
        const content = [{ id: step.id, bytes: [...new TextEncoder().encode(step.text)], logprob: -1 }];
        const logprobs = step.id === undefined ? null : { content };
        const choices = [{ text: step.text, index: 0, finish_reason: null, logprobs }];
        onChunk(chunk(step.text, { choices } as object));
      }
      if (signal.aborted) throw new AppError('aborted', '');
      const last = chunk('', {
        choices: [{ text: '', index: 0, finish_reason: tokens >= limit ? 'length' : 'stop', logprobs: null }],
        usage: { prompt_tokens: 2, completion_tokens: tokens, total_tokens: tokens + 2 },
      });
      onChunk(last);
      return last;
    });
  }
}

const strayByte = new AppError('engine/generation-failed', 'invalid UTF-8', { reason: 'stray-byte' });

async function run(
  model: ScriptedModel,
  over: Partial<GenerateRequest> = {},
  signal = new AbortController().signal,
  onText?: (text: string) => void,
) {
  const pieces: string[] = [];
  const told: (number | null)[] = [];
  const done = await generate(model, new PromptText(tokenizer, 64), request(over), signal, {
    prefill: () => undefined,
    tokens: (text, _count, tokens) => {
      pieces.push(text);
      told.push(...(tokens ?? []).map(({ id }) => id));
      onText?.(text);
    },
  });
  return { text: pieces.join(''), pieces, told, done };
}

const steps = (...texts: string[]): Step[] => texts.map((text) => ({ text }));

describe('generate', () => {
  it('streams, counts and times as llama.cpp says', async () => {
    const { text, done } = await run(new ScriptedModel(steps('a', 'b', 'a')));
    expect(text).toBe('aba');
    expect(done).toEqual({
      finishReason: 'stop',
      usage: { promptTokens: 2, reusedTokens: 1, completionTokens: 3 },
      prefillMs: 10,
      decodeMs: 6,
      seed: 5,
    });
  });

  it('ends before a stop string, at the token that completes it', async () => {
    const model = new ScriptedModel(steps('a', ' #', '#', '# User', 'never'));
    const { text, pieces, done } = await run(model, { stops: ['###'] });
    expect(text).toBe('a ');
    expect(pieces.join('|')).not.toContain('#');
    expect(done).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 4 } });
  });

  it('gives back at the end what was held back for a stop string', async () => {
    const { text, done } = await run(new ScriptedModel(steps('a', '##')), { stops: ['###'] });
    expect(text).toBe('a##');
    expect(done.finishReason).toBe('stop');
  });

  it('shows what precedes the first stop string, however tokens cut the text', async () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '#', ':'), minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (texts) => {
        const { text, done } = await run(new ScriptedModel(steps(...texts)), { stops: ['##', 'b:'] });
        const whole = texts.join('');
        const at = ['##', 'b:'].map((stop) => whole.indexOf(stop)).filter((index) => index !== -1);
        expect(done.finishReason).toBe('stop');
        if (at.length === 0) expect(text).toBe(whole);
        else expect(at).toContain(text.length);
        expect(whole.startsWith(text)).toBe(true);
      }),
    );
  });

  it('ends as aborted when stopped, keeping what was written', async () => {
    const stop = new AbortController();
    const model = new ScriptedModel(steps('a', 'b', 'c'));
    const { text, done } = await run(model, {}, stop.signal, (piece) => {
      if (piece === 'b') stop.abort();
    });
    expect(text).toBe('ab');
    expect(done).toMatchObject({ finishReason: 'aborted', usage: { completionTokens: 2 } });
  });

  it('refuses a prompt that leaves no room, before llama.cpp is asked', async () => {
    const model = new ScriptedModel();
    await expect(run(model, { prompt: 'p'.repeat(63) })).rejects.toMatchObject({
      code: 'engine/prompt-too-long',
      details: { promptTokens: 64, contextLength: 64 },
    });
    expect(model.asked).toHaveLength(0);
    const full = new ScriptedModel(steps('a', 'b'));
    expect((await run(full, { prompt: 'p'.repeat(62) })).done).toMatchObject({
      finishReason: 'length',
      usage: { completionTokens: 1 },
    });
  });

  it('asks for nothing when nothing may be written', async () => {
    const model = new ScriptedModel();
    const { done } = await run(model, { sampling: { ...sampling, maxTokens: 0 } });
    expect(done).toMatchObject({ finishReason: 'length', usage: { completionTokens: 0 } });
    expect(model.asked).toHaveLength(0);
  });

  it('hands over every setting, control texts broken', async () => {
    const model = new ScriptedModel(steps('a'));
    await run(model, {
      prompt: 'p</s>',
      stops: ['</s>', '###'],
      sampling: { temperature: 0.7, topP: 0.9, topK: 40, repetitionPenalty: 1.1, seed: -1, maxTokens: 7 },
    });
    expect(model.asked[0]).toMatchObject({
      prompt: 'p< /s>',
      max_tokens: 7,
      temperature: 0.7,
      top_p: 0.9,
      top_k: 40,
      min_p: 0,
      repeat_penalty: 1.1,
      seed: 2 ** 31 - 1,
      preserved_tokens: ['</s>'],
    });
  });

  it('goes on behind a stray byte, without bytes beyond ASCII', async () => {
    const model = new ScriptedModel([...steps('a', 'b'), strayByte], steps('p'));
    const { text, done } = await run(model);
    expect(text).toBe('abp');
    expect(done.usage).toEqual({ promptTokens: 2, reusedTokens: 1, completionTokens: 3 });
    expect(done.decodeMs).toBe(6);
    expect(model.asked[1]).toMatchObject({ prompt: 'pab', max_tokens: 60, logit_bias: [[3, false]] });
  });

  describe('with alternatives, where llama.cpp cannot tell one for a stray byte', () => {
    const told = (...texts: string[]): Step[] => texts.map((text) => ({ text, id: text.charCodeAt(0) }));

    it('writes a few tokens untold, then tells again', async () => {
      const model = new ScriptedModel(
        [...told('a', 'b'), strayByte],
        steps('c', 'd', 'e', 'f', 'never'),
        told('g', 'h'),
      );
      const reply = await run(model, { topAlternatives: 5 });
      expect(reply.text).toBe('abcdefgh');
      expect(reply.told).toEqual([97, 98, null, null, null, null, 103, 104]);
      expect(reply.done).toMatchObject({ finishReason: 'stop', usage: { completionTokens: 8 } });
      expect(reply.done.decodeMs).toBe(16);
      expect(model.asked.map(({ n_probs }) => n_probs)).toEqual([5, undefined, 5]);
      expect(model.asked.map(({ prompt }) => prompt)).toEqual(['p', 'pab', 'pabcdef']);
      expect(model.asked.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    });

    it('ends where the untold part ends, and within the limit', async () => {
      const ended = new ScriptedModel([...told('a'), strayByte], steps('b'));
      expect((await run(ended, { topAlternatives: 5 })).done.finishReason).toBe('stop');
      expect(ended.asked).toHaveLength(2);
      const cut = new ScriptedModel([...told('a'), strayByte], steps('b', 'c', 'd', 'e'));
      const short = await run(cut, { topAlternatives: 5, sampling: { ...sampling, maxTokens: 3 } });
      expect(short).toMatchObject({
        text: 'abc',
        done: { finishReason: 'length', usage: { completionTokens: 3 } },
      });
    });

    it('goes on without bytes where the token itself is the byte', async () => {
      const model = new ScriptedModel([...told('a'), strayByte], [strayByte], steps('b'));
      expect((await run(model, { topAlternatives: 5 })).text).toBe('ab');
      expect(model.asked[2]).toMatchObject({ prompt: 'pa', logit_bias: [[3, false]] });
    });

    it('stops telling in a reply that comes upon them again and again', async () => {
      const again: (Step | AppError)[][] = Array.from({ length: 24 }, () => [
        [strayByte],
        steps('a', 'b', 'c', 'd'),
      ]).flat();
      // The window of the others is too small for it.
      const model = new ScriptedModel(...again, [strayByte], steps('e', 'f'));
      Object.assign(model.facts, { contextLength: 4096 });
      const reply = await run(model, { topAlternatives: 5 });
      expect(reply.text).toBe(`${'abcd'.repeat(24)}ef`);
      expect(model.asked).toHaveLength(50);
      expect(reply.done.finishReason).toBe('stop');
    });
  });

  it('fails with what llama.cpp said when that does not help, or is something else', async () => {
    const twice = new ScriptedModel([...steps('a'), strayByte], [strayByte]);
    await expect(run(twice)).rejects.toBe(strayByte);
    const crash = new AppError('engine/worker-crashed', 'gone');
    await expect(run(new ScriptedModel([...steps('a'), crash]))).rejects.toBe(crash);
  });
});

describe('PromptText', () => {
  it('stops counting itself once llama.cpp counts otherwise', () => {
    const text = new PromptText(tokenizer, 64);
    expect(text.promptTokens('pa')).toBe(3);
    text.confirm(3, 3);
    expect(text.promptTokens('pa')).toBe(3);
    text.confirm(3, 4);
    expect(text.promptTokens('pa')).toBeNull();
  });
});

describe('countNatively', () => {
  it('takes the count from the first sign of progress, or from the refusal', async () => {
    const { signal } = new AbortController();
    expect(await countNatively(new ScriptedModel(steps('a')), 'p', signal)).toBe(2);
    const refusal = new AppError('engine/prompt-too-long', '', { promptTokens: 5000, contextLength: 64 });
    const refusing = { stream: () => Promise.reject(refusal) };
    expect(await countNatively(refusing, 'p', signal)).toBe(5000);
  });
});
