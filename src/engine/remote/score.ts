/** Log-probabilities of given continuations, by the way the server was found to have. */
import { AppError } from '../../errors/app-error.ts';
import type { OptionScore } from '../port.ts';
import type { Scoring, ServerAbilities } from './connect/abilities.ts';
import type { AskJson } from './http.ts';
import { cutOptions, sharedLength, tokenize } from './tokens.ts';
import { completion, rawCompletion } from './wire.ts';

/** Every letter a question offers is among these, unless the model is sure of something else; then it is asked for alone. */
const TOP_TOKENS = 200;
/** Far above any difference between two logits, far below what a float loses count in. */
const FORCING_BIAS = 10_000;

interface ScoreContext {
  readonly host: string;
  readonly model: string;
  readonly ask: AskJson;
}

/**
 * @param prompt, options safe: nothing in them is control.
 * @throws AppError `server/no-scores`; `engine/unsupported-option` for an option that adds no token; `server/*`,
 *   `engine/prompt-too-long`.
 */
export async function score(
  context: ScoreContext,
  { scoring, scoringProblem }: Pick<ServerAbilities, 'scoring' | 'scoringProblem'>,
  prompt: string,
  options: readonly string[],
): Promise<readonly OptionScore[]> {
  if (scoring === null) {
    throw new AppError('server/no-scores', 'the server has no proven way to score options', {
      host: context.host,
      problem: scoringProblem,
    });
  }
  const found = await WAYS[scoring](context, prompt, options);
  return options.map((option, index) => {
    const logprobs = found[index] ?? [];
    if (logprobs.length === 0)
      throw new AppError('engine/unsupported-option', 'an option adds no token to the prompt');
    return { option, logProbability: logprobs.reduce((sum, each) => sum + each, 0), tokens: logprobs.length };
  });
}

/** @returns for each option the log-probabilities of its tokens. */
type Way = (
  context: ScoreContext,
  prompt: string,
  options: readonly string[],
) => Promise<readonly (readonly number[])[]>;

const WAYS: Record<Scoring, Way> = {
  'prompt-logprobs': byPromptLogprobs,
  echo: byEcho,
  'forced-token': byForcedTokens,
};

/** vLLM: the whole is sent as tokens, and each one's log-probability after those before it comes back. */
async function byPromptLogprobs(
  context: ScoreContext,
  prompt: string,
  options: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const { condition, continuations } = await cut(context, prompt, options);
  const scores: (readonly number[])[] = [];
  for (const tokens of continuations)
    scores.push(tokens.length === 0 ? [] : await promptLogprobs(context, condition, tokens));
  return scores;
}

async function promptLogprobs(
  { host, model, ask }: ScoreContext,
  condition: readonly number[],
  tokens: readonly number[],
): Promise<readonly number[]> {
  const ids = [...condition, ...tokens];
  const { choices } = await ask('v1/completions', completion, {
    model,
    prompt: ids,
    max_tokens: 1,
    temperature: 0,
    prompt_logprobs: 0,
  });
  const told = choices[0]?.prompt_logprobs ?? [];
  const found = tokens.map((id, index) => told[condition.length + index]?.[String(id)]?.logprob);
  if (told.length !== ids.length || found.includes(undefined))
    throw noScores(host, 'prompt_logprobs does not name the tokens sent');
  return found.filter((each) => each !== undefined);
}

/** OpenAI's old way: the text is echoed with the log-probability of each of its tokens. */
async function byEcho(
  context: ScoreContext,
  prompt: string,
  options: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const alone = await echo(context, prompt);
  const whole: Echo[] = [];
  for (const option of options) whole.push(await echo(context, prompt + option));
  const shared = whole.reduce(
    (least, { tokens }) => Math.min(least, sharedLength(alone.tokens, tokens)),
    alone.tokens.length,
  );
  return whole.map(({ logprobs }) => {
    const found = logprobs.slice(shared);
    if (found.includes(null)) throw noScores(context.host, 'echo does not score every token');
    return found.filter((each) => each !== null);
  });
}

interface Echo {
  readonly tokens: readonly string[];
  readonly logprobs: readonly (number | null)[];
}

async function echo({ host, model, ask }: ScoreContext, text: string): Promise<Echo> {
  const { choices } = await ask('v1/completions', completion, {
    model,
    prompt: text,
    // One token is asked for, since not all take 0, and left out below.
    max_tokens: 1,
    temperature: 0,
    echo: true,
    logprobs: 1,
  });
  const logprobs = choices[0]?.logprobs;
  if (!logprobs || !('tokens' in logprobs) || choices[0]?.text.startsWith(text) !== true)
    throw noScores(host, 'echo is not answered with the text');
  return { tokens: logprobs.tokens.slice(0, -1), logprobs: logprobs.token_logprobs.slice(0, -1) };
}

/**
 * llama-server: the next token's probabilities of the raw softmax come with a completion. For options of one token a single
 * request tells them all; what it does not tell, and longer options, are had token by token: a bias forces the token, and its
 * probability, which is taken before any bias, comes with it.
 */
async function byForcedTokens(
  context: ScoreContext,
  prompt: string,
  options: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const { condition, continuations } = await cut(context, prompt, options);
  const single = continuations.every((tokens) => tokens.length === 1);
  const next = single ? await nextLogprobs(context, condition, TOP_TOKENS, null) : new Map<number, number>();
  const scores: (readonly number[])[] = [];
  for (const tokens of continuations) {
    const logprobs: number[] = [];
    for (const [index, id] of tokens.entries()) {
      const told = single ? next.get(id) : undefined;
      logprobs.push(told ?? (await forced(context, [...condition, ...tokens.slice(0, index)], id)));
    }
    scores.push(logprobs);
  }
  return scores;
}

async function forced(context: ScoreContext, before: readonly number[], id: number): Promise<number> {
  const told = (await nextLogprobs(context, before, 1, id)).get(id);
  if (told === undefined) throw noScores(context.host, 'a bias does not force a token');
  return told;
}

/** @returns log-probabilities by token: of the most probable ones, and of the one that was written. */
async function nextLogprobs(
  { ask }: ScoreContext,
  before: readonly number[],
  top: number,
  force: number | null,
): Promise<ReadonlyMap<number, number>> {
  const {
    completion_probabilities: [first],
  } = await ask('completion', rawCompletion, {
    prompt: before,
    n_predict: 1,
    temperature: 0,
    repeat_penalty: 1,
    n_probs: top,
    cache_prompt: true,
    ...(force !== null && { logit_bias: [[force, FORCING_BIAS]] }),
  });
  if (!first) return new Map();
  return new Map(
    [...first.top_logprobs, ...(force === null || first.id === force ? [first] : [])].map(
      ({ id, logprob }) => [id, logprob],
    ),
  );
}

async function cut(
  { model, ask }: ScoreContext,
  prompt: string,
  options: readonly string[],
): Promise<ReturnType<typeof cutOptions>> {
  const encode = (text: string): Promise<readonly number[]> => tokenize(ask, model, text, true);
  const alone = await encode(prompt);
  const whole: (readonly number[])[] = [];
  for (const option of options) whole.push(await encode(prompt + option));
  return cutOptions(alone, whole);
}

function noScores(host: string, problem: string): AppError {
  return new AppError('server/no-scores', problem, { host, problem });
}
