/** Counts and times a reply as the page sees it, for one that ends before its engine can sum it up. */
import type { GenerateRequest, GenerationDone, GenerationEvent } from '../port.ts';

export class ReplyMeter {
  readonly #request: GenerateRequest;
  readonly #now: () => number;
  readonly #started: number;
  #completionTokens = 0;
  /** Milliseconds since the request; null before the first token. */
  #firstAtMs: number | null = null;
  #lastAtMs = 0;

  constructor(request: GenerateRequest, now: () => number = () => performance.now()) {
    this.#request = request;
    this.#now = now;
    this.#started = now();
  }

  seen(event: GenerationEvent): GenerationEvent {
    if (event.type === 'token') {
      this.#completionTokens = event.completionTokens;
      this.#firstAtMs ??= event.elapsedMs;
      this.#lastAtMs = event.elapsedMs;
    }
    return event;
  }

  aborted(): GenerationDone {
    const untilFirst = this.#firstAtMs ?? this.#now() - this.#started;
    const decodeMs = this.#firstAtMs === null ? 0 : this.#lastAtMs - this.#firstAtMs;
    return {
      type: 'done',
      finishReason: 'aborted',
      usage: { promptTokens: 0, reusedTokens: 0, completionTokens: this.#completionTokens },
      timings: {
        timeToFirstTokenMs: untilFirst,
        prefillMs: untilFirst,
        decodeMs,
        decodeTokensPerSecond: tokensPerSecond(this.#completionTokens, decodeMs),
      },
      seed: this.#request.sampling.seed,
      ignored: [],
    };
  }
}

/** Tokens a second after the first one; 0 when fewer than two came. */
export function tokensPerSecond(completionTokens: number, decodeMs: number): number {
  return completionTokens > 1 && decodeMs > 0 ? ((completionTokens - 1) * 1000) / decodeMs : 0;
}
