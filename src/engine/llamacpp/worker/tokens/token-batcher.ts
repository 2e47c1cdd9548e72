/**
 * Joins tokens that come faster than a screen shows them. Every message wakes the page's main thread, and a small model
 * makes hundreds of tokens a second; the first token is never kept waiting.
 */

import type { ChosenToken } from '../../../port.ts';

/** Milliseconds between messages: one per frame at 60 frames a second. */
export const BATCH_MS = 16;

type Send = (text: string, completionTokens: number, told?: readonly ChosenToken[]) => void;

export class TokenBatcher {
  readonly #send: Send;
  readonly #now: () => number;
  #text = '';
  #completionTokens = 0;
  #told: ChosenToken[] | undefined;
  #pending = false;
  #lastSent = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(send: Send, now: () => number = () => performance.now()) {
    this.#send = send;
    this.#now = now;
  }

  /** @param completionTokens tokens generated so far. */
  push(text: string, completionTokens: number, told?: readonly ChosenToken[]): void {
    this.#text += text;
    if (told) this.#told = [...(this.#told ?? []), ...told];
    this.#completionTokens = completionTokens;
    this.#pending = true;
    const wait = this.#lastSent + BATCH_MS - this.#now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Sends what waits. Call it before the message that ends the reply. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#pending) return;
    this.#pending = false;
    this.#lastSent = this.#now();
    const [text, told] = [this.#text, this.#told];
    this.#text = '';
    this.#told = undefined;
    if (told) this.#send(text, this.#completionTokens, told);
    else this.#send(text, this.#completionTokens);
  }
}
