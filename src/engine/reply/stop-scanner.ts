/**
 * Finds stop strings in a stream of text. Text that may be the beginning of a stop string is held back, so that a stop
 * string never shows, not even in part, and the text before it always does.
 */

export interface Scanned {
  /** Text that is certainly part of the reply. */
  readonly text: string;
  readonly stopped: boolean;
}

export class StopScanner {
  readonly #stops: readonly string[];
  #held = '';
  #stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Adds text. After a stop string nothing more comes out. */
  push(text: string): Scanned {
    if (this.#stopped) return { text: '', stopped: true };
    this.#held += text;
    const at = this.#firstStop();
    if (at !== -1) {
      const before = this.#held.slice(0, at);
      this.#held = '';
      this.#stopped = true;
      return { text: before, stopped: true };
    }
    const safe = this.#held.length - this.#openEnd();
    const out = this.#held.slice(0, safe);
    this.#held = this.#held.slice(safe);
    return { text: out, stopped: false };
  }

  /** What is still held back once no more text can come: it was no stop string after all. */
  flush(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #firstStop(): number {
    const found = this.#stops.map((stop) => this.#held.indexOf(stop)).filter((at) => at !== -1);
    return found.length === 0 ? -1 : Math.min(...found);
  }

  /** Length of the longest end of the held text that begins a stop string. */
  #openEnd(): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, this.#held.length); length > longest; length -= 1) {
        if (this.#held.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
