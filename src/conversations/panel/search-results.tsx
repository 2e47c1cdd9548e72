import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { errorText } from '../../errors/error-text.ts';
import type { AppError } from '../../errors/app-error.ts';
import { attempt } from './panel-actions.ts';
import { showMessage } from '../data/repository.ts';
import { type ConversationSearch, openSearch } from '../search/search.ts';
import type { SearchHit, SearchResult } from '../search/search-index.ts';
import { conversationStore, useStore } from '../data/store.ts';
import { setJump } from './tab-view.ts';
import type { Snippet } from '../search/words.ts';

export interface SearchResultsProps {
  /** As typed; nothing is shown while it is blank, but the index is read ahead. */
  readonly query: string;
  /** The query whose first hit is to be opened once it is found: Enter was pressed. */
  readonly openFirstOf: string | null;
  readonly onOpen: (conversationId: string) => void;
}

interface Found {
  readonly query: string;
  readonly result: SearchResult;
}

/** Hits of the search, kept in step with the typing. */
export default function SearchResults({ query, openFirstOf, onOpen }: SearchResultsProps) {
  const store = useStore((state) => state.store);
  const search = useRef<ConversationSearch | null>(null);
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const wanted = query.trim();

  useEffect(() => {
    if (!store) return;
    const opened = openSearch(store, {
      onResult: (searched, result) => {
        setError(null);
        setFound({ query: searched, result });
      },
      onError: setError,
    });
    opened.warm();
    search.current = opened;
    return () => {
      search.current = null;
      opened.close();
    };
  }, [store]);
  useEffect(() => {
    if (store && wanted !== '') search.current?.search(wanted);
  }, [store, wanted]);

  const first = openFirstOf === wanted && found?.query === wanted ? found.result.hits[0] : undefined;
  const openFirst = useEffectEvent((hit: SearchHit) => {
    openHit(hit, onOpen);
  });
  useEffect(() => {
    if (first) openFirst(first);
  }, [first]);

  if (wanted === '') return null;
  if (error) {
    const { title, action } = errorText(error);
    return (
      <p role="alert" className="px-4 py-2 text-danger">
        {title}. {action}
      </p>
    );
  }
  const result = found?.result;
  return (
    <div
      data-results
      aria-busy={found?.query !== wanted || undefined}
      className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-1.5 pb-3"
    >
      <p role="status" className="px-2.5 pb-1 text-xs text-ink-muted">
        {/[\p{L}\p{N}]/u.test(wanted) ? result && summary(result) : 'Type a letter or a digit.'}
      </p>
      {result && result.hits.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- moves the focus between the links, which are the controls
        <ul aria-label="Search results" onKeyDown={moveBetweenLinks}>
          {result.hits.map((hit) => (
            <Hit key={`${hit.conversationId}/${hit.messageId ?? ''}`} hit={hit} onOpen={onOpen} />
          ))}
        </ul>
      )}
    </div>
  );
}

function summary({ hits, total, pending }: SearchResult): string {
  const rest = pending > 0 ? ` ${pending} texts are still being indexed.` : '';
  if (hits.length === 0) return `Nothing found.${rest}`;
  // The total may count texts that were changed since; what is shown is exact.
  const count =
    total > hits.length
      ? `${hits.length} of about ${total} hits`
      : `${hits.length} ${hits.length === 1 ? 'hit' : 'hits'}`;
  return `${count}.${rest}`;
}

function Hit({
  hit,
  onOpen,
}: {
  readonly hit: SearchHit;
  readonly onOpen: (conversationId: string) => void;
}) {
  const { conversationId, messageId, title, role, snippet } = hit;
  const id = useId();
  return (
    <li>
      <a
        href={`#/c/${conversationId}`}
        aria-labelledby={`${id}-title`}
        aria-describedby={messageId === null ? undefined : `${id}-text`}
        className="block rounded-md px-2.5 py-2 hover:bg-accent-soft"
        onClick={() => {
          openHit(hit, onOpen);
        }}
      >
        <span id={`${id}-title`} dir="auto" className="block truncate font-medium">
          {messageId === null ? <Marked snippet={snippet} /> : title}
        </span>
        {messageId !== null && (
          <span id={`${id}-text`} className="mt-0.5 line-clamp-2 font-serif text-ink-muted">
            <span className="font-sans text-xs">{role === 'user' ? 'You: ' : 'Model: '}</span>
            <bdi>
              <Marked snippet={snippet} />
            </bdi>
          </span>
        )}
      </a>
    </li>
  );
}

function openHit({ conversationId, messageId }: SearchHit, onOpen: SearchResultsProps['onOpen']): void {
  const jump = async (message: string): Promise<void> => {
    await showMessage(await conversationStore(), message);
    setJump({ conversationId, messageId: message });
  };
  if (messageId !== null) attempt(jump(messageId));
  onOpen(conversationId);
}

function Marked({ snippet: { text, highlights } }: { readonly snippet: Snippet }) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of highlights) {
    parts.push(text.slice(at, start));
    parts.push(
      <mark key={start} className="rounded-sm bg-warn-soft text-ink">
        {text.slice(start, end)}
      </mark>,
    );
    at = end;
  }
  parts.push(text.slice(at));
  return parts;
}

function moveBetweenLinks(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)];
  event.preventDefault();
  if (next) next.focus();
  else if (at === 0)
    event.currentTarget.closest('nav')?.querySelector<HTMLElement>('input[type=search]')?.focus();
}
