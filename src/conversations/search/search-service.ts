/** Answers search requests over one database, in the worker or, for the in-memory store, in the page. */
import { toWire } from '../../errors/app-error.ts';
import { type ChatDatabase, storageError } from '../../database/database.ts';
import { type Exclusively, SearchIndex } from './search-index.ts';
import type { SearchReply, SearchRequest } from './search-protocol.ts';

/** One tab at a time builds the index. */
const LOCK = 'meditron-search-index';

/** `open` is called on the first request. */
export function searchService(
  open: () => Promise<ChatDatabase>,
  reply: (message: SearchReply) => void,
): (request: SearchRequest) => Promise<void> {
  let index: Promise<SearchIndex> | null = null;
  let indexing: Promise<void> | null = null;

  const ready = (): Promise<SearchIndex> => {
    index ??= open().then((db) => new SearchIndex(db, exclusively));
    return index;
  };
  /** In the background: searches go on between its steps. */
  const bringUpToDate = (current: SearchIndex): void => {
    if (!current.worthIndexing || indexing) return;
    indexing = current
      .index()
      .then(() => {
        reply({ type: 'indexed' });
      })
      .catch((thrown: unknown) => {
        reply({ type: 'failed', id: -1, error: toWire(storageError(thrown)) });
      })
      .finally(() => {
        indexing = null;
      });
  };

  return async (request) => {
    const id = request.type === 'search' ? request.id : -1;
    try {
      const current = await ready();
      await current.refresh();
      if (request.type === 'search') {
        reply({ type: 'result', id, result: await current.search(request.query, request.limit) });
      }
      bringUpToDate(current);
    } catch (thrown) {
      // The next request opens the database again.
      index = null;
      reply({ type: 'failed', id, error: toWire(storageError(thrown)) });
    }
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
