/** Search as the page sees it: the newest question wins, answers come from a worker that lives while the panel is used. */
import { fromWire, toAppError, type AppError } from '../../errors/app-error.ts';
import type { SearchResult } from './search-index.ts';
import type { SearchReply, SearchRequest } from './search-protocol.ts';
import { searchService } from './search-service.ts';
import type { Store } from '../data/store.ts';

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
  let asked: { readonly id: number; readonly query: string } | null = null;
  let next: string | null = null;
  let lastQuery = '';
  let count = 0;
  const port = store.persistent ? workerPort(onReply, onCrash) : localPort(store, onReply);

  function ask(query: string): void {
    asked = { id: ++count, query };
    port.send({ type: 'search', id: asked.id, query, limit: HITS_MAX });
  }
  function onReply(message: SearchReply): void {
    if (message.type === 'indexed') {
      if (lastQuery !== '') search(lastQuery);
      return;
    }
    if (message.type === 'failed') listener.onError(fromWire(message.error));
    if (message.id !== asked?.id) return;
    const { query } = asked;
    asked = null;
    if (message.type === 'result' && query === lastQuery) listener.onResult(query, message.result);
    if (next !== null) {
      const overtaking = next;
      next = null;
      ask(overtaking);
    }
  }
  function onCrash(error: AppError): void {
    asked = null;
    listener.onError(error);
  }
  function search(query: string): void {
    lastQuery = query;
    if (asked) next = query;
    else ask(query);
  }
  return {
    warm: () => {
      port.send({ type: 'warm' });
    },
    search,
    close: port.close,
  };
}

interface Port {
  readonly send: (request: SearchRequest) => void;
  readonly close: () => void;
}

function workerPort(onReply: (message: SearchReply) => void, onCrash: (error: AppError) => void): Port {
  const worker = new Worker(new URL('./search.worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('message', (event: MessageEvent<SearchReply>) => {
    onReply(event.data);
  });
  worker.addEventListener('error', (event) => {
    onCrash(
      toAppError(
        event.error ?? new Error(event.message || 'The search worker did not start'),
        'storage/failed',
      ),
    );
  });
  return {
    send: (request) => {
      worker.postMessage(request);
    },
    close: () => {
      worker.terminate();
    },
  };
}

/** The in-memory store can't be reached from a worker; it holds one session's chats, so the page can search them itself. */
function localPort(store: Store, onReply: (message: SearchReply) => void): Port {
  const answer = searchService(() => Promise.resolve(store.db), onReply);
  return { send: (request) => void answer(request), close: () => undefined };
}
