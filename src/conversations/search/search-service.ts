/** Answers search requests over one database, in the worker or, for the in-memory store, in the page. */
import { toWire, type WireError } from '../../errors/app-error.ts';
import type { ChatDatabase } from '../../database/database.ts';
import { storageError } from '../../database/database-error.ts';
import type { Handlers } from '../../lib/worker/worker-rpc.ts';
import type { RowKey, SearchCalls } from './search-calls.ts';
import { type Exclusively, SearchIndex } from './search-index.ts';

/** One tab at a time builds the index. */
const LOCK = 'meditron-search-index';

/** `open` is called on the first request, with the key of the rows if they are sealed. */
export function searchHandlers(open: (key: RowKey | null) => Promise<ChatDatabase>): Handlers<SearchCalls> {
  let key: RowKey | null = null;
  let index: Promise<SearchIndex> | null = null;
  let indexing: Promise<void> | null = null;
  const followers = new Set<(failure: WireError | null) => void>();
  const tell = (failure: WireError | null): void => {
    for (const follower of followers) follower(failure);
  };

  /** In the background: searches go on between its steps. */
  const bringUpToDate = (current: SearchIndex): void => {
    if (!current.worthIndexing || indexing) return;
    indexing = current
      .index()
      .then(
        () => {
          tell(null);
        },
        (thrown: unknown) => {
          tell(toWire(storageError(thrown)));
        },
      )
      .finally(() => {
        indexing = null;
      });
  };

  async function withIndex<T>(work: (current: SearchIndex) => T | Promise<T>): Promise<T> {
    try {
      index ??= open(key).then((db) => new SearchIndex(db, exclusively));
      const current = await index;
      await current.refresh();
      const result = await work(current);
      bringUpToDate(current);
      return result;
    } catch (thrown) {
      // The next request opens the database again.
      index = null;
      throw storageError(thrown);
    }
  }

  return {
    begin: (given) => {
      key = given;
      return null;
    },
    search: ({ query, limit }) => withIndex((current) => current.search(query, limit)),
    warm: () => withIndex(() => null),
    follow: (_argument, { report }) =>
      new Promise<never>(() => {
        followers.add((failure) => {
          report({ failure });
        });
      }),
  };
}

const exclusively: Exclusively = async (work) => {
  // Missing on insecure origins in spite of its type; two tabs then do the same work, which is only wasteful.
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  if (!locks) {
    await work();
    return;
  }
  await locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
};
