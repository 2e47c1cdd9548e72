import { AppError } from '../errors/app-error.ts';
import { renderPrompt, turnsWithText } from './render.ts';
import type { PromptInput, RenderedPrompt, Turn } from './render.ts';
import type { CountTokens } from './token-counter.ts';

/** The engine puts one BOS in front of every prompt. */
const BOS_TOKENS = 1;

/**
 * Bytes of the longest piece in a Llama-2 vocabulary, rounded up: text longer than this many bytes for each token of the
 * window can't fit, so it is not worth a count. (Dropping by this rule alone never goes further than needed there.)
 */
const MAX_BYTES_PER_TOKEN = 48;

const MAX_GUESSES = 4;

/** A reply that is continued needs room to go on, not room for a whole answer. */
const MIN_CONTINUATION_TOKENS = 64;

export interface FitInput extends PromptInput {
  /** Tokens of the model's window, prompt and reply together. */
  readonly contextLength: number;
  /** Tokens kept free for the reply; see `reserveForAnswer`. */
  readonly reserveForAnswer: number;
  /** Tokens the reply may have at most (the sampling setting). */
  readonly maxTokens: number;
  /** Wrap the engine's in `rememberCounts`. */
  readonly countTokens: CountTokens;
  /** Ids of turns that are no part of the prompt; the last turn always is. */
  readonly leftOut?: ReadonlySet<string>;
  /** Ids of turns whose exchanges stay, however old. */
  readonly pinned?: ReadonlySet<string>;
  /** Exchanges that did not fit when the like was asked last: tried first, so that what hardly changed costs two small counts. */
  readonly firstGuess?: number;
}

export interface FittedPrompt extends RenderedPrompt {
  /** With the BOS. */
  readonly promptTokens: number;
  /** Ids of the turns that did not fit, oldest first: whole turns, always a question together with its replies. */
  readonly dropped: readonly string[];
  readonly droppedExchanges: number;
  /** Ids of the turns that a person took out. */
  readonly leftOut: readonly string[];
  /** What to pass as the request's limit: the setting, or what is left of the window if that is less. */
  readonly maxTokens: number;
}

/** Room to keep for an answer: what the setting allows, but at most a quarter of the window, so that chats keep memory. */
export function reserveForAnswer(contextLength: number, maxTokens: number): number {
  return Math.min(maxTokens, Math.floor(contextLength / 4));
}

/**
 * Fits a conversation into the window: keeps the system text, the demonstrations and the last question (with the reply
 * being continued, if any), and drops as few of the oldest exchanges as it takes. Never cuts inside a message.
 * `promptTokens + maxTokens ≤ contextLength` holds by an exact count of the very prompt returned. Costs one count when
 * everything fits, else about three.
 * @throws AppError `prompt/empty`; `prompt/pinned-too-long` when the last exchange does not fit beside those with pinned turns; `prompt/message-too-long` when the last exchange alone does not fit, with `details`
 * `{promptTokens, fixedTokens, contextLength, reserve}` (`fixedTokens`: system text and demonstrations);
 * whatever `countTokens` throws.
 */
export async function fitConversation(input: FitInput): Promise<FittedPrompt> {
  const { countTokens, contextLength, turns, leftOut, pinned, firstGuess = 0, ...prompt } = input;
  const spoken = turnsWithText(turns, prompt.format.layout);
  const isOut = (turn: Turn): boolean => leftOut?.has(turn.id) === true && turn !== spoken.at(-1);
  const out = spoken.filter(isOut);
  const said = spoken.filter((turn) => !isOut(turn));
  const exchanges = inExchanges(said);
  /** What may go, oldest first: all but the last exchange and those with a pinned turn. */
  const loose = exchanges.slice(0, -1).filter((turns) => !turns.some(({ id }) => pinned?.has(id) === true));
  const continued = said.at(-1)?.role === 'assistant';
  const reserve = continued
    ? Math.min(input.reserveForAnswer, MIN_CONTINUATION_TOKENS)
    : input.reserveForAnswer;
  const budget = contextLength - reserve;

  const render = (drop: number): RenderedPrompt => {
    const gone = new Set(loose.slice(0, drop));
    return renderPrompt({ ...prompt, turns: exchanges.filter((exchange) => !gone.has(exchange)).flat() });
  };
  const attempt = async (drop: number): Promise<FittedPrompt> => {
    const rendered = render(drop);
    const promptTokens = (await countTokens(rendered.prompt)) + BOS_TOKENS;
    const dropped = loose.slice(0, drop).flatMap((exchange) => exchange.map((turn) => turn.id));
    return {
      ...rendered,
      promptTokens,
      dropped,
      droppedExchanges: drop,
      leftOut: out.map(({ id }) => id),
      maxTokens: Math.min(input.maxTokens, contextLength - promptTokens),
    };
  };

  const lastResort = loose.length;
  const start = Math.min(lastResort, hopelessExchanges(loose, budget * MAX_BYTES_PER_TOKEN));
  if (firstGuess > start && firstGuess <= lastResort) {
    const guessed = await attempt(firstGuess);
    // Fits, and with one exchange more it does not.
    if (guessed.promptTokens <= budget && (await attempt(firstGuess - 1)).promptTokens > budget)
      return guessed;
  }
  const whole = await attempt(start);
  if (whole.promptTokens <= budget) return whole;

  // Each count tells this text's tokens per byte, and with it about how much fits: the guess is usually right or next door.
  // Text that is very uneven can mislead it, so after a few counts what lies between is simply halved.
  let tooFew = start;
  let fits: { readonly drop: number; readonly fitted: FittedPrompt } | null = null;
  let latest = whole;
  for (let counts = 1; ; counts += 1) {
    const least = tooFew + 1;
    const most: number = fits === null ? lastResort : fits.drop - 1;
    if (least > most) break;
    const bytesThatFit = (byteLength(latest.prompt) * budget) / latest.promptTokens;
    const drop: number =
      counts <= MAX_GUESSES
        ? firstWhere(least, most, (n) => byteLength(render(n).prompt) <= bytesThatFit)
        : Math.floor((least + most) / 2);
    latest = await attempt(drop);
    if (latest.promptTokens <= budget) fits = { drop, fitted: latest };
    else tooFew = drop;
  }
  if (fits !== null) return fits.fitted;

  const alone = await attempt(lastResort);
  if (loose.length < exchanges.length - 1) {
    throw new AppError('prompt/pinned-too-long', 'the pinned turns leave no room for the last message', {
      promptTokens: alone.promptTokens,
      contextLength,
      reserve,
    });
  }
  const fixed = renderPrompt({ ...prompt, turns: [{ id: '', role: 'user', text: '.' }] });
  throw new AppError('prompt/message-too-long', 'the last message does not fit the window even alone', {
    promptTokens: alone.promptTokens,
    fixedTokens: (await countTokens(fixed.prompt)) + BOS_TOKENS,
    contextLength,
    reserve,
  });
}

/** A question and everything up to the next question. Replies before the first question stand by themselves. */
function inExchanges(turns: readonly Turn[]): readonly (readonly Turn[])[] {
  const exchanges: Turn[][] = [];
  for (const turn of turns) {
    const current = exchanges.at(-1);
    if (current === undefined || turn.role === 'user') exchanges.push([turn]);
    else current.push(turn);
  }
  return exchanges;
}

/** How many leading exchanges must go for the rest to have at most `maxBytes` bytes of text. */
function hopelessExchanges(exchanges: readonly (readonly Turn[])[], maxBytes: number): number {
  let bytes = 0;
  for (let kept = exchanges.length - 1; kept >= 0; kept -= 1) {
    for (const turn of exchanges[kept] ?? []) bytes += byteLength(turn.text);
    if (bytes > maxBytes) return kept + 1;
  }
  return 0;
}

/** The smallest n in [least, most] for which `holds`, which stays true from then on; `most` if there is none. */
function firstWhere(least: number, most: number, holds: (n: number) => boolean): number {
  let low = least;
  let high = most;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
