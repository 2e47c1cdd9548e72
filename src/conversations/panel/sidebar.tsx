import { Search, SquarePen } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Button } from '../../ui/button.tsx';
import { isOfInputMethod } from '../../ui/input-method.ts';
import { ConversationList } from './conversation-list.tsx';
import { ListHeader } from './list-header.tsx';
import { attempt, offerPendingUndo } from './panel-actions.ts';
import { loadSort, usePanel } from './panel-state.ts';
import { useStore } from '../data/store.ts';

const loadSearchResults = () => import('./search-results.tsx');
const SearchResults = lazy(loadSearchResults);

export interface SidebarProps {
  /** The chat on screen. */
  readonly current: string | null;
  /** Goes to a chat; null: to a new one. */
  readonly open: (conversationId: string | null) => void;
  /** At the foot of the panel: import, export of everything. */
  readonly tools?: ReactNode;
}

/** The panel of chats: start one, find one, keep them in order. */
export default function Sidebar({ current, open, tools }: SidebarProps) {
  const store = useStore((state) => state.store);
  const [query, setQuery] = useState('');
  const [warm, setWarm] = useState(false);
  /** The search whose first hit opens as soon as it is known. */
  const [entered, setEntered] = useState<string | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const searchWanted = usePanel((state) => state.searchWanted);
  const searching = query.trim() !== '';

  useEffect(() => {
    if (!store) return;
    attempt(loadSort(store));
    attempt(offerPendingUndo(store));
  }, [store]);
  useEffect(() => {
    if (!searchWanted) return;
    usePanel.setState({ searchWanted: false });
    searchBox.current?.focus();
    searchBox.current?.select();
  }, [searchWanted]);

  const onSearchKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape' && query !== '') {
      event.preventDefault();
      event.stopPropagation();
      setQuery('');
    }
    if (event.key === 'Enter' && searching && !isOfInputMethod(event)) {
      event.preventDefault();
      setEntered(query.trim());
    }
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      event.currentTarget
        .closest('nav')
        ?.querySelector<HTMLElement>('[data-results] a, [data-row] a')
        ?.focus();
    }
  };

  return (
    <nav aria-label="Conversations" className="flex h-full min-h-0 flex-col text-sm">
      <div className="grid gap-2 p-3">
        <Button
          icon={SquarePen}
          onClick={() => {
            open(null);
          }}
        >
          New chat
        </Button>
        <div className="relative">
          <Search
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-muted"
            strokeWidth={1.75}
          />
          <input
            ref={searchBox}
            type="search"
            aria-label="Search conversations"
            placeholder="Search"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            value={query}
            className="min-h-10 w-full rounded-md border border-line-strong bg-surface pr-2 pl-8.5 text-sm text-ink"
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              setEntered(null);
            }}
            onFocus={() => {
              setWarm(true);
            }}
            onKeyDown={onSearchKey}
          />
        </div>
      </div>
      {warm && (
        <Suspense fallback={null}>
          <SearchResults
            query={query}
            openFirstOf={entered}
            onOpen={(id) => {
              setEntered(null);
              open(id);
            }}
          />
        </Suspense>
      )}
      {!searching && (
        <>
          <ListHeader />
          <ConversationList current={current} open={open} />
        </>
      )}
      {tools !== undefined && <div className="border-t border-line p-2">{tools}</div>}
    </nav>
  );
}
