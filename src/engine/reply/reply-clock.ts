/** Times a reply in the worker that writes it, from the request on. */
import type { Sampling } from '../../lib/sampling.ts';
import type { FinishReason, GenerationDone, GenerationUsage } from '../port.ts';
import { tokensPerSecond } from './reply-meter.ts';

/** How a reply ended, as its engine knows it. */
export interface ReplyEnd {
  readonly finishReason: FinishReason;
  readonly usage: GenerationUsage;
  readonly prefillMs: number;
  readonly decodeMs: number;
  readonly seed: number | null;
  readonly ignored?: readonly (keyof Sampling)[];
}

export class ReplyClock {
  readonly #now: () => number;
  readonly #started: number;
  /** Milliseconds since the request; null before the first token. */
  #firstAtMs: number | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#started = now();
  }

  /** A token is there. @returns milliseconds since the request. */
  token(): number {
    const elapsedMs = this.#now() - this.#started;
    this.#firstAtMs ??= elapsedMs;
    return elapsedMs;
  }

  done({ finishReason, usage, prefillMs, decodeMs, seed, ignored = [] }: ReplyEnd): GenerationDone {
    return {
      type: 'done',
      finishReason,
      usage,
      timings: {
        timeToFirstTokenMs: this.#firstAtMs ?? this.#now() - this.#started,
        prefillMs,
        decodeMs,
        decodeTokensPerSecond: tokensPerSecond(usage.completionTokens, decodeMs),
      },
      seed,
      ignored,
    };
  }
}
