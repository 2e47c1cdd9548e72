import { useVirtualizer, type Range } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { ConversationItem } from './conversation-item.tsx';
import { useConversationCount, useConversationPage, useFolders } from './hooks.ts';
import { usePanel } from './panel-state.ts';
import type { Conversation } from '../../database/records.ts';
import type { ListQuery } from '../data/repository.ts';

/** Rows fetched together. */
const PAGE = 50;
const FIRST_PAGE = { offset: 0, limit: PAGE };
const ROW_PX = 48;
/** Rows kept beyond the edges, so that fast scrolling shows rows and not gaps. */
const OVERSCAN = 10;

export interface ConversationListProps {
  readonly current: string | null;
  readonly open: (conversationId: string | null) => void;
}

/** All chats of a list, of which only the rows in sight exist, fetched page by page. */
export function ConversationList({ current, open }: ConversationListProps) {
  const list = usePanel((state) => state.list);
  // Counting takes longer the more there are, and the database does one thing after the other: the first rows come first.
  const first = useConversationPage(list, FIRST_PAGE);
  const full = first?.length === PAGE;
  const counted = useConversationCount(full ? list : null);
  const count = full ? Math.max(counted ?? 0, PAGE) : first?.length;
  const scroller = useRef<HTMLDivElement>(null);
  /** The row that Tab reaches; arrow keys move it. One stop for the whole list, however long it is. */
  const [active, setActive] = useState(0);
  const [focusWanted, setFocusWanted] = useState(false);
  const total = count ?? 0;
  const reachable = Math.min(active, Math.max(0, total - 1));

  // The React compiler leaves this component alone, as it must: the virtualizer's methods are not pure.
  // oxlint-disable-next-line react/incompatible-library -- nothing memoised is derived from it
  const virtualizer = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    // The reachable row stays even when it is scrolled away, or Tab would have nowhere to go.
    rangeExtractor: (range) => withRow(range, reachable),
  });

  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [list]);

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(total - 1, to));
    setActive(next);
    setFocusWanted(true);
    virtualizer.scrollToIndex(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
    // React brings keys of a row's menu and dialogs here, too, which lie elsewhere in the page.
    if (!(event.target instanceof Node && event.currentTarget.contains(event.target))) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 1);
    const steps: Record<string, number> = {
      ArrowDown: reachable + 1,
      ArrowUp: reachable - 1,
      PageDown: reachable + page,
      PageUp: reachable - page,
      Home: 0,
      End: total - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(to);
  };

  if (count === 0) {
    return (
      <p className="flex-1 px-4 py-3 text-ink-muted">
        {list.folder.kind === 'all' ? 'Your chats will appear here.' : 'No chats here yet.'}
      </p>
    );
  }
  const rows = virtualizer.getVirtualItems();
  const pages = [...new Set(rows.map((row) => Math.floor(row.index / PAGE)))];
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-1.5 pb-3">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- moves the focus between the rows' links, which are the controls */}
      <ul
        aria-label="Chats"
        aria-busy={count === undefined || undefined}
        className="relative"
        style={{ height: virtualizer.getTotalSize() }}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          const row = event.target.closest<HTMLElement>('[data-row]')?.dataset.row;
          if (row !== undefined) setActive(Number(row));
          setFocusWanted(false);
        }}
      >
        {pages.map((page) => {
          const shown = {
            page,
            total,
            rows: rows.filter((row) => Math.floor(row.index / PAGE) === page),
            current,
            open,
            active: reachable,
            focusWanted,
          };
          return page === 0 ? (
            <PageRows key={page} {...shown} conversations={first} />
          ) : (
            <ListPage key={page} {...shown} list={list} />
          );
        })}
      </ul>
    </div>
  );
}

interface PageProps extends ConversationListProps {
  readonly page: number;
  readonly total: number;
  readonly rows: readonly { readonly index: number; readonly start: number }[];
  readonly active: number;
  readonly focusWanted: boolean;
}

/** The rows in sight of one page, alive: a change in another tab moves or renames them. */
function ListPage({ list, ...shown }: PageProps & { readonly list: ListQuery }) {
  const conversations = useConversationPage(list, { offset: shown.page * PAGE, limit: PAGE });
  return <PageRows {...shown} conversations={conversations} />;
}

function PageRows({
  conversations,
  page,
  total,
  rows,
  current,
  open,
  active,
  focusWanted,
}: PageProps & { readonly conversations: readonly Conversation[] | undefined }) {
  const folders = useFolders();
  return rows.map(({ index, start }) => {
    const conversation = conversations?.[index - page * PAGE];
    return (
      <li
        key={conversation?.id ?? index}
        data-row={index}
        aria-setsize={total}
        aria-posinset={index + 1}
        className="absolute inset-x-0 top-0 h-12"
        style={{ transform: `translateY(${start}px)` }}
      >
        {conversation && (
          <ConversationItem
            conversation={conversation}
            folder={folders?.find((folder) => folder.id === conversation.folderId) ?? null}
            current={conversation.id === current}
            reachable={index === active}
            takeFocus={focusWanted && index === active}
            open={open}
          />
        )}
      </li>
    );
  });
}

function withRow(range: Range, row: number): number[] {
  const from = Math.max(0, range.startIndex - range.overscan);
  const to = Math.min(range.count - 1, range.endIndex + range.overscan);
  const rows = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  if (row < range.count && (row < from || row > to)) rows.push(row);
  return rows;
}
