/** Token events that arrived from the worker and were not read yet, with the times they arrived at. */
import type { GenerationEvent } from '../port.ts';

type TokenEvent = Extract<GenerationEvent, { type: 'token' }>;

export class TokenQueue implements AsyncIterable<TokenEvent> {
  readonly #clock: () => number;
  #waiting: TokenEvent[] = [];
  #closed = false;
  #wake: (() => void) | null = null;
  completionTokens = 0;
  /** Milliseconds since the request; null before the first token. */
  firstAtMs: number | null = null;
  lastAtMs: number | null = null;

  /** @param clock milliseconds since the request. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get elapsedMs(): number {
    return this.#clock();
  }

  push(text: string, completionTokens: number): void {
    if (this.#closed) return;
    const elapsedMs = this.#clock();
    this.firstAtMs ??= elapsedMs;
    this.lastAtMs = elapsedMs;
    this.completionTokens = completionTokens;
    this.#waiting.push({ type: 'token', text, completionTokens, elapsedMs });
    this.#wake?.();
  }

  readonly close = (): void => {
    this.#closed = true;
    this.#wake?.();
  };

  async *[Symbol.asyncIterator](): AsyncGenerator<TokenEvent> {
    for (;;) {
      const ready = this.#waiting;
      this.#waiting = [];
      yield* ready;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
