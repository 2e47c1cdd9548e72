/** Speed over the last few seconds: long enough to be steady, short enough to follow a changing network. */
const WINDOW_MS = 8000;
/** Below this a speed would be guesswork. */
const SHORTEST_MS = 500;

export interface Speed {
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
}

export class ProgressMeter {
  readonly #now: () => number;
  readonly #samples: { readonly time: number; readonly bytes: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param bytes done so far; @param total to be done */
  measure(bytes: number, total: number): Speed {
    const time = this.#now();
    this.#samples.push({ time, bytes });
    while (this.#samples.length > 2 && time - (this.#samples[1]?.time ?? time) >= WINDOW_MS)
      this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || time - first.time < SHORTEST_MS)
      return { bytesPerSecond: null, secondsLeft: null };
    const bytesPerSecond = ((bytes - first.bytes) * 1000) / (time - first.time);
    return { bytesPerSecond, secondsLeft: bytesPerSecond > 0 ? (total - bytes) / bytesPerSecond : null };
  }
}
