/**
 * Writes that must not be lost although nobody waits for them: streamed text, finished replies, drafts. Each is a full
 * replacement under a key, so only the newest one per key is kept. What can't be saved stays here and is tried again.
 */
import { type Deferred, deferred } from '../lib/deferred.ts';
import type { AppError } from '../errors/app-error.ts';
import { storageError } from './database-error.ts';

/** First wait before a failed write is tried again; doubled each time. A disk is not freed within a second. */
const RETRY_FIRST_MS = 2_000;
/** Longest wait: short enough that a person who freed space sees the warning go. */
const RETRY_LONGEST_MS = 30_000;

export interface WriteQueueEvents {
  /** Called when a write failed and after every change of how many wait. */
  readonly onUnsaved: (error: AppError, unsaved: number) => void;
  /** Called when everything is saved after a failure. */
  readonly onSaved: () => void;
  /** Called before what failed is tried again: what has to be there first. What it throws counts as another failure. */
  readonly onRetry?: () => PromiseLike<unknown>;
}

interface Entry {
  readonly write: () => PromiseLike<unknown>;
  readonly saved: Deferred<undefined>;
}

export class WriteQueue {
  readonly #events: WriteQueueEvents;
  readonly #waiting = new Map<string, Entry>();
  #running: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #retryMs = RETRY_FIRST_MS;
  #error: AppError | null = null;

  constructor(events: WriteQueueEvents) {
    this.#events = events;
  }

  /** Writes not saved yet. */
  get size(): number {
    return this.#waiting.size;
  }

  /** The failure that holds writes back, or null. */
  get error(): AppError | null {
    return this.#error;
  }

  /**
   * Saves as soon as possible, in the order of first arrival; a newer write under the same key takes the place of an older
   * one that still waits. @returns a promise that resolves when this or a newer write of the key is saved. It never rejects:
   * failures are kept and tried again.
   */
  put(key: string, write: () => PromiseLike<unknown>): Promise<void> {
    const older = this.#waiting.get(key);
    const saved = older?.saved ?? deferred<undefined>();
    this.#waiting.set(key, { write, saved });
    if (this.#error) this.#events.onUnsaved(this.#error, this.#waiting.size);
    else void this.#pump();
    return saved.promise;
  }

  /** Forgets what waits under a key: its subject is gone. */
  drop(key: string): void {
    const entry = this.#waiting.get(key);
    if (!entry) return;
    this.#waiting.delete(key);
    entry.saved.resolve(undefined);
    this.#report();
  }

  /** Forgets everything that waits. */
  clear(): void {
    for (const key of [...this.#waiting.keys()]) this.drop(key);
  }

  /** Tries everything that waits now, e.g. after space was freed. @returns whether all is saved. */
  async retry(): Promise<boolean> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#pump();
    return this.#waiting.size === 0;
  }

  #pump(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      const next = this.#waiting.entries().next();
      if (next.done) break;
      const [key, entry] = next.value;
      try {
        if (this.#error) await this.#events.onRetry?.();
        await entry.write();
      } catch (thrown) {
        this.#error = storageError(thrown);
        this.#events.onUnsaved(this.#error, this.#waiting.size);
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          void this.#pump();
        }, this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LONGEST_MS);
        return;
      }
      // A newer write of the same key may have arrived meanwhile: it goes next and settles the promise.
      if (this.#waiting.get(key) === entry) {
        this.#waiting.delete(key);
        entry.saved.resolve(undefined);
      }
      if (this.#error && this.#waiting.size > 0) this.#events.onUnsaved(this.#error, this.#waiting.size);
    }
    this.#report();
  }

  #report(): void {
    if (!this.#error) return;
    if (this.#waiting.size > 0) {
      this.#events.onUnsaved(this.#error, this.#waiting.size);
      return;
    }
    this.#error = null;
    this.#retryMs = RETRY_FIRST_MS;
    this.#events.onSaved();
  }
}

/** Most writes a second of a reply being streamed or a draft being typed: four. */
const THROTTLE_MS = 250;

export interface ThrottledText {
  /** Remembers the newest text and saves it at most every `THROTTLE_MS`. */
  save(text: string): void;
  /** Saves what is remembered now. */
  flush(): Promise<void>;
  /** Forgets what is remembered; what was handed to the queue stays there. */
  forget(): void;
  /** Forgets what is remembered and what waits. */
  cancel(): void;
}

const flushers = new Set<() => Promise<void>>();
const forgetters = new Set<() => void>();

export interface ThrottleOptions {
  readonly intervalMs?: number;
  /** What comes after a rest is saved at once, and not after the interval. */
  readonly firstAtOnce?: boolean;
}

/** Saves texts through `queue` under `key`, seldom enough to leave the disk alone, the last one always. */
export function throttleText(
  queue: WriteQueue,
  key: string,
  write: (text: string) => PromiseLike<unknown>,
  { intervalMs = THROTTLE_MS, firstAtOnce = false }: ThrottleOptions = {},
): ThrottledText {
  let latest: string | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last: Promise<void> = Promise.resolve();
  let savedAt = -Infinity;
  const flush = (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    flushers.delete(flush);
    forgetters.delete(forget);
    if (latest !== null) {
      const text = latest;
      latest = null;
      savedAt = performance.now();
      last = queue.put(key, () => write(text));
    }
    return last;
  };
  const forget = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    latest = null;
    flushers.delete(flush);
    forgetters.delete(forget);
  };
  return {
    save(text) {
      latest = text;
      flushers.add(flush);
      forgetters.add(forget);
      if (firstAtOnce && timer === null && performance.now() - savedAt > intervalMs) void flush();
      else timer ??= setTimeout(() => void flush(), intervalMs);
    },
    flush,
    forget,
    cancel() {
      forget();
      queue.drop(key);
    },
  };
}

/** Saves all that throttled writers remember: the page may be gone in a moment. */
export async function flushAll(): Promise<void> {
  await Promise.all([...flushers].map((flush) => flush()));
}

/** @param forget is called by every `forgetAll`. @returns how to take it back. */
export function onForgetAll(forget: () => void): () => void {
  forgetters.add(forget);
  return () => {
    forgetters.delete(forget);
  };
}

/** Forgets all that throttled writers, and whoever asked, remember: everything was deleted, and must not come back with the page's end. */
export function forgetAll(): void {
  for (const forget of [...forgetters]) forget();
}
