/**
 * Log-probabilities of given continuations.
 *
 * Method: prompt and option are cut into tokens together, as the model would read them; the tokens that the prompt shares
 * with all options are the condition, what follows is the option. llama.cpp is made to "generate" exactly those tokens, and with
 * `n_probs` it reports for each one the logarithm of its softmax probability among the **raw** logits: neither bias nor grammar
 * nor temperature touches that number (`populate_token_probs` in llama.cpp's server). Their sum is the option's log-probability,
 * exact also for options of several tokens. The prompt is prefilled once; each further option reuses its KV entries.
 *
 * Options of one token, such as letters, are read off one completion, which lists the likeliest tokens beside its own; one that is
 * not among them is forced by a bias. Several tokens are forced by a grammar of token ids (`root ::= <[12]> <[34]>`), which looks at
 * the whole vocabulary for every token and takes longer than a small model does.
 *
 * A list can name a token that is a stray byte, which llama.cpp's JSON writer cannot write; then each option is asked for alone,
 * with `n_probs` 1. The likeliest token is named in any case: an option is refused where that, or one of its own tokens, is one.
 */
import { z } from '../../../lib/zod.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { OptionScore } from '../../port.ts';
import type { PromptText } from './tokens/prompt-text.ts';
import type { PromptTokenizer } from './tokens/prompt-tokenizer.ts';
import { isStrayByte } from './tokens/stray-byte.ts';
import type { CompletionOptions, WllamaModel } from './wllama-model.ts';

/** Letters behind "Answer:" are among the likeliest few; a longer list meets stray bytes more often. */
const LISTED = 64;
/** Above any difference between two logits. */
const FORCING_BIAS = 10_000;

const listed = z.object({ id: z.number().int(), logprob: z.number().nullable() });
const answer = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z.object({
          content: z.array(
            z.object({
              id: z.number().int(),
              logprob: z.number(),
              top_logprobs: z.array(listed).default([]),
            }),
          ),
        }),
      }),
    )
    .length(1),
});

/**
 * @throws AppError `engine/unsupported-option` for an option that adds no token, one that llama.cpp cannot tell for a stray byte,
 *   or a model whose tokenizer is unknown here;
 *   `engine/prompt-too-long`, `aborted`, `engine/generation-failed`, `engine/worker-crashed`, `engine/device-lost`.
 */
export async function score(
  model: Pick<WllamaModel, 'complete'>,
  text: PromptText,
  prompt: string,
  options: readonly string[],
  signal: AbortSignal,
): Promise<readonly OptionScore[]> {
  const { tokenizer } = text;
  if (!tokenizer) {
    throw new AppError(
      'engine/unsupported-option',
      'options can be scored only with a SentencePiece or byte-level BPE vocabulary',
    );
  }
  const cuts = cutOptions(
    tokenizer,
    text.safe(prompt),
    options.map((option) => text.safe(prompt + option)),
  );
  const condition = tokenizer.decode(cuts.condition);
  const conditionTokens = text.promptTokens(condition) ?? 0;
  const ask = async (tokens: readonly number[], likeliest: number): Promise<Answer> =>
    answerOf(await model.complete(forcing(condition, tokens, likeliest), signal), tokens);

  /** Log-probabilities after the condition, by token id. */
  const known = new Map<number, number>();
  let listing = cuts.continuations.filter(({ length }) => length === 1).length > 1;
  const scores: OptionScore[] = [];
  for (const [index, tokens] of cuts.continuations.entries()) {
    const option = options[index] ?? '';
    const [first] = tokens;
    if (first === undefined) {
      throw new AppError('engine/unsupported-option', 'an option adds no token to the prompt', { option });
    }
    text.requireRoom(conditionTokens + tokens.length - 1);
    const alone = tokens.length === 1;
    const read = alone ? known.get(first) : undefined;
    if (read !== undefined) {
      scores.push({ option, logProbability: read, tokens: 1 });
      continue;
    }
    if (alone && listing) {
      // Once: what is not in the list of the first letter is not in the next one's either.
      listing = false;
      const list = await ask(tokens, LISTED).catch(unlessStray);
      for (const { id, logprob } of list?.likeliest ?? []) known.set(id, logprob ?? -Infinity);
      if (list) {
        scores.push({ option, logProbability: list.logProbability, tokens: 1 });
        continue;
      }
    }
    const given = await ask(tokens, 1).catch(unlessStray);
    if (!given) {
      const message = 'llama.cpp cannot tell the probabilities where a token is a part of a character';
      throw new AppError('engine/unsupported-option', message, { option });
    }
    scores.push({ option, logProbability: given.logProbability, tokens: tokens.length });
  }
  return scores;
}

function unlessStray(thrown: unknown): null {
  if (!isStrayByte(thrown)) throw thrown;
  return null;
}

function forcing(prompt: string, tokens: readonly number[], likeliest: number): CompletionOptions {
  const [only = 0] = tokens;
  return {
    prompt,
    max_tokens: tokens.length,
    temperature: 0,
    n_probs: likeliest,
    cache_prompt: true,
    ...(tokens.length === 1
      ? { logit_bias: [[only, FORCING_BIAS]] as const }
      : { grammar: `root ::= ${tokens.map((id) => `<[${id}]>`).join(' ')}` }),
  };
}

interface Answer {
  readonly logProbability: number;
  /** Of the first token. */
  readonly likeliest: readonly z.infer<typeof listed>[];
}

function answerOf(raw: unknown, tokens: readonly number[]): Answer {
  const parsed = answer.safeParse(raw);
  const given = parsed.success ? (parsed.data.choices[0]?.logprobs.content ?? []) : [];
  const forced = given.length === tokens.length && given.every(({ id }, index) => id === tokens[index]);
  if (!forced) {
    throw new AppError('engine/generation-failed', 'llama.cpp did not follow the tokens it was to score', {
      expected: tokens.join(' '),
      received: given.map(({ id }) => id).join(' '),
    });
  }
  return {
    logProbability: given.reduce((total, { logprob }) => total + logprob, 0),
    likeliest: given[0]?.top_logprobs ?? [],
  };
}

/**
 * Splits options off the prompt at a token boundary that all of them share. Where the prompt's last token merges with the
 * option's first character ("▁" and "A" to "▁A"), the condition is shorter than the prompt by that token, for every option
 * alike, so that scores stay comparable.
 */
export function cutOptions(
  tokenizer: Pick<PromptTokenizer, 'encode' | 'decode'>,
  prompt: string,
  whole: readonly string[],
): { readonly condition: readonly number[]; readonly continuations: readonly (readonly number[])[] } {
  const encoded = whole.map((text) => tokenizer.encode(text));
  let condition = tokenizer.encode(prompt);
  for (const ids of encoded) condition = condition.slice(0, sharedLength(condition, ids));
  // llama.cpp is given text, so the condition must be a text that is cut into these very tokens.
  while (condition.length > 0 && !sameTokens(tokenizer.encode(tokenizer.decode(condition)), condition)) {
    condition = condition.slice(0, -1);
  }
  return { condition, continuations: encoded.map((ids) => ids.slice(condition.length)) };
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length += 1;
  return length;
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && sharedLength(a, b) === a.length;
}
