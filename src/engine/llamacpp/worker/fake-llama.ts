/** For tests: what wllama gives of a model, computed from a hash of all tokens before, with the server's own rules. */
import type { RawCompletionChunk } from '@wllama/wllama';
import { AppError } from '../../../errors/app-error.ts';
import { fakeLogits } from '../../contract/fake-logits.ts';
import { logProbability, sampleToken, seededRandom, topIds } from '../../mlc/worker/generation/sampler.ts';
import { SpmTokenizer } from './tokens/spm-tokenizer.ts';
import type { CompletionOptions, WllamaModel } from './wllama-model.ts';

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz?.');
const TOKENS = ['<unk>', '<s>', '</s>', '▁', ...LETTERS, '▁a', '▁b', 'ab'];
const FIRST_TEXT = 3;

export function fakeTokenizer(): SpmTokenizer {
  return new SpmTokenizer({
    tokens: TOKENS,
    scores: Float32Array.from(TOKENS, (text) => Array.from(text).length),
    types: Int32Array.from(TOKENS, (_, id) => (id < FIRST_TEXT ? 3 : 1)),
    addSpacePrefix: false,
    addBos: true,
  });
}

export class FakeLlama implements Pick<WllamaModel, 'stream' | 'complete' | 'facts'> {
  readonly facts: WllamaModel['facts'];
  readonly tokenizer = fakeTokenizer();
  /** Prompt tokens that every completion had to read anew, as the KV cache of one slot would have it. */
  readonly prefilled: number[] = [];
  #cached: readonly number[] = [];

  constructor(contextLength = 512) {
    this.facts = { contextLength, vocabSize: TOKENS.length, threads: 1, offload: null, addsBos: true };
  }

  async stream(
    options: CompletionOptions,
    signal: AbortSignal,
    onChunk: (chunk: RawCompletionChunk) => void,
  ): Promise<RawCompletionChunk> {
    const prompt = this.#prefill(options);
    const room = this.facts.contextLength - prompt.length;
    const limit = Math.min(options.max_tokens ?? room, room);
    const random = seededRandom(options.seed ?? 0);
    const sequence = [...prompt];
    onChunk(chunkOf('', prompt.length, 0, null));
    for (let tokens = 1; tokens <= limit; tokens += 1) {
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) throw new AppError('aborted', 'stopped');
      const logits = logitsAfter(sequence);
      const raw = logits.slice();
      for (const [id, bias] of options.logit_bias ?? []) if (bias === false) logits[id] = -Infinity;
      const id = sampleToken(
        logits,
        sequence,
        {
          temperature: options.temperature ?? 0,
          topP: options.top_p ?? 1,
          topK: options.top_k ?? 0,
          repetitionPenalty: options.repeat_penalty ?? 1,
        },
        random,
      );
      sequence.push(id);
      const logprobs = options.n_probs ? { content: [told(raw, id, options.n_probs)] } : null;
      onChunk(chunkOf(textOf(id), prompt.length, tokens, logprobs));
    }
    this.#cached = sequence;
    const last = chunkOf('', prompt.length, Math.max(0, limit), null);
    const [choice] = last.choices;
    if (choice) choice.finish_reason = 'length';
    return last;
  }

  /** Follows the grammar, as scoring makes it. */
  async complete(options: CompletionOptions, signal: AbortSignal): Promise<unknown> {
    await Promise.resolve();
    if (signal.aborted) throw new AppError('aborted', 'stopped');
    const sequence = [...this.#prefill(options)];
    const forced = forcedTokens(options);
    const content = forced.map((id) => {
      const one = told(logitsAfter(sequence), id, options.n_probs ?? 0);
      sequence.push(id);
      return one;
    });
    this.#cached = sequence;
    return { choices: [{ text: '', logprobs: { content } }] };
  }

  #prefill({ prompt }: CompletionOptions): readonly number[] {
    const tokens = [1, ...this.tokenizer.encode(prompt as string)];
    const { contextLength } = this.facts;
    if (tokens.length >= contextLength) {
      const details = { promptTokens: tokens.length, contextLength };
      throw new AppError('engine/prompt-too-long', 'the prompt does not fit', details);
    }
    let shared = 0;
    while (shared < tokens.length - 1 && tokens[shared] === this.#cached[shared]) shared += 1;
    this.prefilled.push(tokens.length - shared);
    return tokens;
  }
}

/** What bias or grammar leave to be written. */
export function forcedTokens({ grammar, logit_bias }: CompletionOptions): readonly number[] {
  if (grammar !== undefined) return [...grammar.matchAll(/<\[(\d+)\]>/g)].map(([, id]) => Number(id));
  return (logit_bias ?? []).filter(([, bias]) => bias !== false && bias >= 1000).map(([id]) => id);
}

const logitsAfter = (sequence: readonly number[]): Float32Array =>
  fakeLogits(sequence, TOKENS.length, undefined, [FIRST_TEXT, TOKENS.length - 1]);

const textOf = (id: number): string => (TOKENS[id] ?? '').replaceAll('▁', ' ');

function told(logits: Float32Array, id: number, count: number) {
  const one = (each: number) => ({
    id: each,
    token: textOf(each),
    bytes: [...new TextEncoder().encode(textOf(each))],
    logprob: logProbability(logits, each),
  });
  return { ...one(id), top_logprobs: topIds(logits, count).map(one) };
}

function chunkOf(
  text: string,
  promptTokens: number,
  tokens: number,
  logprobs: { readonly content: readonly unknown[] } | null,
): RawCompletionChunk {
  const chunk: RawCompletionChunk = {
    id: '',
    object: 'text_completion',
    created: 0,
    model: '',
    choices: [{ text, index: 0, finish_reason: null, logprobs: null }],
    usage: { prompt_tokens: promptTokens, completion_tokens: tokens, total_tokens: promptTokens + tokens },
  };
  // wllama declares them as absent.
  return Object.assign(chunk, { choices: [{ ...chunk.choices[0], logprobs }] });
}
