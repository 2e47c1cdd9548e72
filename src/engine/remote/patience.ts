/** How long a server is waited for. */
import type { AppError } from '../../errors/app-error.ts';
import type { ServerSurroundings } from './http.ts';

/** What else of the world a reply depends on; tests bring a clock of their own. */
export interface Surroundings extends ServerSurroundings {
  /** Milliseconds on any scale. */
  readonly now: () => number;
  /** @throws the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly timeout: (ms: number) => AbortSignal;
  /** In [0, 1): spreads people who were turned away together. */
  readonly random: () => number;
}

/** Someone behind a queue of a teaching hour may wait this long; then a person decides. */
const LONGEST_QUEUE_MS = 15 * 60_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

export interface Patience {
  /** After this much silence, and each time again, the server is asked whether it is alive. */
  readonly checkEveryMs: number;
  readonly signOfLifeMs: number;
  /** A server that lives and says nothing for this long has lost the request: a 70B prefills 4,096 tokens in seconds. */
  readonly longestSilenceMs: number;
  /**
   * @param attempt 0 for the first refusal.
   * @returns how long to wait before asking again; null: no longer.
   */
  readonly waitAfter: (attempt: number, refusal: AppError) => number | null;
}

/** One reply's patience: counts what has been waited. */
export function patienceOf(random: () => number, longestQueueMs = LONGEST_QUEUE_MS): Patience {
  let waited = 0;
  return {
    checkEveryMs: 15_000,
    signOfLifeMs: 10_000,
    longestSilenceMs: 10 * 60_000,
    waitAfter(attempt, { details }) {
      const asked = details.retryAfterMs;
      const growing = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS);
      // Never before the server wants it; a little later, or all who were refused come back at once.
      const wait = Math.round(
        typeof asked === 'number' ? asked + random() * FIRST_WAIT_MS : growing * (0.5 + random() / 2),
      );
      waited += wait;
      return waited > longestQueueMs ? null : wait;
    },
  };
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new DOMException('stopped', 'AbortError'));
    };
    if (signal.aborted) {
      reject(signal.reason instanceof Error ? signal.reason : new DOMException('stopped', 'AbortError'));
      return;
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** @returns what `work` comes to, or null when it takes longer. */
export async function orAfter<T>(work: Promise<T>, ms: number): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      resolve(null);
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
