/**
 * Who is writing a reply. The writing tab holds a lock for as long as it lives, so a `streaming` row without a held lock
 * was cut off by a crash. https://developer.mozilla.org/docs/Web/API/Web_Locks_API
 */
import { type Deferred, deferred } from '../../lib/deferred.ts';
export interface ReplyLocks {
  /** Waits for the lock and holds it until the returned function is called or the tab ends. */
  hold(messageId: string): Promise<() => void>;
  /** Which of these replies have a living writer. */
  held(messageIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Resolves when nobody (any more) writes the reply. Rejects with the signal's reason when aborted. */
  whenFree(messageId: string, signal: AbortSignal): Promise<void>;
}

const PREFIX = 'meditron-reply-';

/** Web Locks: seen by every tab and freed by the browser when a tab dies. */
export function webReplyLocks(manager: LockManager): ReplyLocks {
  return {
    hold(messageId) {
      const held = deferred<() => void>();
      const done = deferred<undefined>();
      manager
        .request(PREFIX + messageId, () => {
          held.resolve(() => {
            done.resolve(undefined);
          });
          return done.promise;
        })
        .catch(held.reject);
      return held.promise;
    },
    async held(messageIds) {
      const { held = [] } = await manager.query();
      const names = new Set(held.map((lock) => lock.name));
      return new Set(messageIds.filter((id) => names.has(PREFIX + id)));
    },
    async whenFree(messageId, signal) {
      await manager.request(PREFIX + messageId, { mode: 'shared', signal }, () => undefined);
    },
  };
}

/**
 * Without Web Locks (an insecure origin, the in-memory store): only writers of this tab are seen. Stores that share one of
 * these objects behave like tabs of one browser.
 */
export function localReplyLocks(): ReplyLocks & { readonly crash: (messageId: string) => void } {
  const held = new Map<string, Deferred<undefined>>();
  const release = (messageId: string, own?: Deferred<undefined>): void => {
    const current = held.get(messageId);
    if (!current || (own && own !== current)) return;
    held.delete(messageId);
    current.resolve(undefined);
  };
  return {
    async hold(messageId) {
      for (let other = held.get(messageId); other; other = held.get(messageId)) await other.promise;
      const own = deferred<undefined>();
      held.set(messageId, own);
      return () => {
        release(messageId, own);
      };
    },
    held: (messageIds) => Promise.resolve(new Set(messageIds.filter((id) => held.has(id)))),
    async whenFree(messageId, signal) {
      signal.throwIfAborted();
      const aborted = deferred<never>();
      const onAbort = (): void => {
        aborted.reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        for (let other = held.get(messageId); other; other = held.get(messageId)) {
          await Promise.race([other.promise, aborted.promise]);
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    /** Frees the lock as a dying tab would. */
    crash: (messageId) => {
      release(messageId);
    },
  };
}
