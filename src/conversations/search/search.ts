/** Search as the page sees it: the newest question wins, answers come from a worker that lives while the panel is used. */
import { AppError, fromWire, isAbort, toAppError } from '../../errors/app-error.ts';
import { answerHere, WorkerRpc, type Caller } from '../../lib/worker/worker-rpc.ts';
import type { Store } from '../data/store.ts';
import type { SearchCalls } from './search-calls.ts';
import type { SearchResult } from './search-index.ts';
import { searchHandlers } from './search-service.ts';

export interface SearchListener {
  readonly onResult: (query: string, result: SearchResult) => void;
  readonly onError: (error: AppError) => void;
}

export interface ConversationSearch {
  /** Reads the index ahead, e.g. when the search box gets the focus. */
  warm(): void;
  /** Asks; questions that a newer one overtook are left out. */
  search(query: string): void;
  close(): void;
}

/** More hits than anyone reads; the count beside them says how many there are. */
const HITS_MAX = 50;

export function openSearch(store: Store, listener: SearchListener): ConversationSearch {
  let asking = false;
  let next: string | null = null;
  let lastQuery = '';
  const caller = callerFor(store);
  const fail = (thrown: unknown): void => {
    if (!isAbort(thrown)) listener.onError(toAppError(thrown, 'storage/failed'));
  };

  async function ask(query: string): Promise<void> {
    asking = true;
    try {
      const result = await caller.call('search', { query, limit: HITS_MAX });
      if (query === lastQuery) listener.onResult(query, result);
    } catch (thrown) {
      fail(thrown);
    }
    asking = false;
    if (next === null) return;
    const overtaking = next;
    next = null;
    await ask(overtaking);
  }
  function search(query: string): void {
    lastQuery = query;
    if (asking) next = query;
    else void ask(query);
  }
  const { protection } = store.db;
  const key = 'cipher' in protection ? { kind: protection.kind, key: protection.cipher.key } : null;
  caller.call('begin', key).catch(fail);
  // A worker that is no more is told by the question that waits for it.
  caller
    .call('follow', null, {
      onReport: ({ failure }) => {
        if (failure) listener.onError(fromWire(failure));
        else if (lastQuery !== '') search(lastQuery);
      },
    })
    .catch(() => undefined);
  return {
    warm: () => {
      caller.call('warm', null).catch(fail);
    },
    search,
    close: () => {
      caller.end(new AppError('aborted', 'the search was closed'));
    },
  };
}

function callerFor(store: Store): Caller<SearchCalls> {
  // The in-memory store can't be reached from a worker; it holds one session's chats, so the page can search them itself.
  if (!store.persistent) return answerHere(searchHandlers(() => Promise.resolve(store.db)));
  const createWorker = () => new Worker(new URL('./search.worker.ts', import.meta.url), { type: 'module' });
  return new WorkerRpc(createWorker, { blocked: 'storage/failed', crashed: 'storage/failed' });
}
