/** How fast a loaded model reads and writes on this machine, measured in seconds, by what a reply takes. */
import type { GenerateRequest, GenerationEvent } from '../../engine/port.ts';

/** What is measured with: the app's own words, none of a person's. */
export const TRIAL_PROMPT = `${[
  'Bone is a living tissue that is built and taken away all through life.',
  'Its cells lie in small hollows and reach each other through fine canals.',
  'A long bone has a shaft and two ends, with marrow in the middle.',
  'Muscles pull on it through tendons, and ligaments hold it to its neighbours.',
  'Cartilage covers the ends where two bones meet and move.',
  'Blood comes in through a hole in the shaft and leaves by the same way.',
  'Calcium is kept in bone and given back when the blood needs it.',
  'After a break a soft callus forms first, and hard bone takes its place.',
  'Children’s bones grow at plates near their ends, which close later.',
  'With age more is taken away than is built, and bones become lighter.',
].join(' ')}\n### User: Say in a few sentences what bone does.\n### Assistant:`;

/** Of both engines' trials together ten seconds, after each has warmed up. */
export const TRIAL_MS = 5000;
const WRITE_TOKENS = 64;

export type Generate = (request: GenerateRequest, signal: AbortSignal) => AsyncIterable<GenerationEvent>;

export interface Speeds {
  /** Tokens of the prompt that were computed, not reused. */
  readonly promptTokens: number;
  readonly prefillTokensPerSecond: number;
  readonly writtenTokens: number;
  /** After the first token; null: it did not come that far in the time there was. */
  readonly decodeTokensPerSecond: number | null;
}

const GREEDY = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1, seed: 1 } as const;

export interface Written {
  readonly text: string;
  readonly tokens: number;
}

/**
 * Reads a prompt of some hundred tokens and writes for the rest of five seconds. What is built at first use is built before.
 * @returns null when not one token came in time. @throws AppError what the engine throws, `aborted` by `signal`.
 */
export async function measureSpeeds(
  generate: Generate,
  signal: AbortSignal,
  ms = TRIAL_MS,
): Promise<Speeds | null> {
  await write(generate, 'One, two,', 2, [], signal);
  const end = new AbortController();
  const timer = setTimeout(() => {
    end.abort();
  }, ms);
  let first: { readonly at: number; readonly tokens: number } | null = null;
  let last = { at: 0, tokens: 0 };
  try {
    const request = { prompt: TRIAL_PROMPT, sampling: { ...GREEDY, maxTokens: WRITE_TOKENS }, stops: [] };
    for await (const event of generate(request, AbortSignal.any([signal, end.signal]))) {
      if (event.type === 'token') {
        last = { at: event.elapsedMs, tokens: event.completionTokens };
        first ??= last;
        continue;
      }
      signal.throwIfAborted();
      if (first === null) return null;
      const { usage, timings } = event;
      const prefillMs = timings.prefillMs > 0 ? timings.prefillMs : first.at;
      const computed = Math.max(0, usage.promptTokens - usage.reusedTokens);
      return {
        promptTokens: computed,
        prefillTokensPerSecond: prefillMs > 0 ? (computed * 1000) / prefillMs : 0,
        writtenTokens: last.tokens,
        decodeTokensPerSecond:
          last.tokens > first.tokens && last.at > first.at
            ? ((last.tokens - first.tokens) * 1000) / (last.at - first.at)
            : null,
      };
    }
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** A greedy reply as it is. @throws AppError; `aborted`. */
export async function write(
  generate: Generate,
  prompt: string,
  maxTokens: number,
  stops: readonly string[],
  signal: AbortSignal,
): Promise<Written> {
  let text = '';
  let tokens = 0;
  for await (const event of generate({ prompt, sampling: { ...GREEDY, maxTokens }, stops }, signal)) {
    if (event.type === 'token') text += event.text;
    else tokens = event.usage.completionTokens;
  }
  signal.throwIfAborted();
  return { text, tokens };
}
