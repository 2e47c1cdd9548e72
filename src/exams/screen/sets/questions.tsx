/** The questions of a set, as many as there are: a list that reads what is on screen, and everything only to search or filter. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { formatCount } from '../../../lib/format.ts';
import { Select, TextField } from '../../../ui/field.tsx';
import { readAnswers } from '../../data/practice-repository.ts';
import { readResults } from '../../data/run-repository.ts';
import { readItems, readItemsPage } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import { isRightResult } from '../../export/report.ts';
import { letterOf, type Item } from '../../items/item.ts';
import { lastAnswers } from '../../practice/session.ts';
import { ItemDialog } from './item-dialog.tsx';

type Filter = 'all' | 'unanswered' | 'missed' | 'model-missed';

interface Wanted {
  readonly search: string;
  readonly subject: string;
  readonly filter: Filter;
}

/** Questions read at once; as many are read beyond the edges of what is on screen. */
const PAGE = 50;

export function Questions({
  set,
  latestRunId,
}: {
  readonly set: SetRecord;
  readonly latestRunId: string | null;
}) {
  const [search, setSearch] = useState('');
  const [subject, setSubject] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [open, setOpen] = useState<Item | null>(null);
  const subjects = set.subjects.filter(({ name }) => name !== '');
  const filters: readonly { value: Filter; label: string }[] = [
    { value: 'all', label: 'all' },
    { value: 'unanswered', label: 'not answered by me' },
    { value: 'missed', label: 'missed by me' },
    ...(latestRunId === null ? [] : [{ value: 'model-missed' as const, label: 'missed by the model' }]),
  ];
  const everything = search.trim() === '' && subject === '' && filter === 'all';
  return (
    <section aria-labelledby="questions-title" className="grid gap-3">
      <h2 id="questions-title" className="font-serif text-lg font-semibold">
        Questions
      </h2>
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label="Search the questions"
          type="search"
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
          }}
        />
        {subjects.length > 1 && (
          <Select
            label="Subject"
            value={subject}
            choices={[
              { value: '', label: 'all' },
              ...subjects.map(({ name }) => ({ value: name, label: name })),
            ]}
            onChange={setSubject}
          />
        )}
        <Select
          label="Show"
          value={filter}
          choices={filters}
          onChange={(value) => {
            setFilter(filters.find((each) => each.value === value)?.value ?? 'all');
          }}
        />
      </div>
      {everything ? (
        <Everything set={set} onOpen={setOpen} />
      ) : (
        <Found set={set} latestRunId={latestRunId} wanted={{ search, subject, filter }} onOpen={setOpen} />
      )}
      {open && (
        <ItemDialog
          key={open.id}
          set={set}
          item={open}
          onClose={() => {
            setOpen(null);
          }}
        />
      )}
    </section>
  );
}

/** Of a set of 20,000 only the pages around what is on screen are read. */
function Everything({ set, onOpen }: { readonly set: SetRecord; readonly onOpen: (item: Item) => void }) {
  const [{ first, last }, setShown] = useState({ first: 0, last: 0 });
  const from = Math.max(0, Math.floor(first / PAGE) - 1) * PAGE;
  const to = (Math.floor(last / PAGE) + 2) * PAGE;
  const read = useLive(
    `exam-items/${set.id}/${from}-${to}`,
    async (store) => ({ from, items: await readItemsPage(store, set.id, from, to - from) }),
    { keepStale: true },
  );
  return (
    <>
      <HowMany shown={read && set.items} of={set.items} />
      <List
        count={set.items}
        itemAt={(index) => read?.items[index - read.from]}
        onOpen={onOpen}
        onShown={(now) => {
          setShown((before) => (before.first === now.first && before.last === now.last ? before : now));
        }}
      />
    </>
  );
}

function Found({
  set,
  latestRunId,
  wanted: { search, subject, filter },
  onOpen,
}: {
  readonly set: SetRecord;
  readonly latestRunId: string | null;
  readonly wanted: Wanted;
  readonly onOpen: (item: Item) => void;
}) {
  const items = useLive(`exam-items/${set.id}`, (store) => readItems(store, set.id));
  const answers = useLive(`exam-answers/${set.id}`, (store) => readAnswers(store, set.id));
  const missedByModel = useLive(`exam-missed/${latestRunId ?? ''}`, async (store) => {
    const results = latestRunId === null ? [] : await readResults(store, latestRunId);
    return new Set(
      results
        .filter((each) => each.status === 'answered' && !isRightResult(each))
        .map(({ itemId }) => itemId),
    );
  });
  const shown = useMemo(() => {
    const last = lastAnswers(answers ?? []);
    const words = search.toLowerCase().trim();
    return (items ?? []).filter(
      (item) =>
        (subject === '' || item.subject === subject) &&
        (words === '' || item.question.toLowerCase().includes(words)) &&
        (filter === 'all' ||
          (filter === 'unanswered' && !last.has(item.id)) ||
          (filter === 'missed' && last.get(item.id)?.right === false) ||
          (filter === 'model-missed' && missedByModel?.has(item.id) === true)),
    );
  }, [items, answers, missedByModel, search, subject, filter]);
  return (
    <>
      <HowMany shown={items && shown.length} of={set.items} />
      <List count={shown.length} itemAt={(index) => shown[index]} onOpen={onOpen} />
    </>
  );
}

function HowMany({ shown, of }: { readonly shown: number | undefined; readonly of: number }) {
  return (
    <p role="status" className="tabular text-xs text-ink-muted">
      {shown === undefined ? 'Reading…' : `${formatCount(shown)} of ${formatCount(of)} questions`}
    </p>
  );
}

/** Only what is on screen is in the page. A question that is still being read has its place. */
function List({
  count,
  itemAt,
  onOpen,
  onShown,
}: {
  readonly count: number;
  readonly itemAt: (index: number) => Item | undefined;
  readonly onOpen: (item: Item) => void;
  readonly onShown?: (shown: { readonly first: number; readonly last: number }) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing memoised is derived from it
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => 64,
    overscan: 8,
    onChange: ({ range }) => {
      if (range) onShown?.({ first: range.startIndex, last: range.endIndex });
    },
  });
  return (
    <div ref={box} className="max-h-[32rem] overflow-y-auto border-y border-line">
      <ol className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key, size }) => {
          const item = itemAt(index);
          return (
            <li
              key={key}
              data-index={index}
              ref={item && rows.measureElement}
              aria-posinset={index + 1}
              aria-setsize={count}
              className="absolute inset-x-0 border-b border-line"
              style={{ transform: `translateY(${start}px)`, ...(!item && { height: size }) }}
            >
              {item && (
                <button
                  type="button"
                  className="grid w-full gap-0.5 px-1 py-2 text-left hover:text-accent focus-visible:-outline-offset-2"
                  onClick={() => {
                    onOpen(item);
                  }}
                >
                  <span className="line-clamp-2 font-serif text-base">{item.question}</span>
                  <span className="text-xs text-ink-muted">
                    {[
                      item.subject,
                      item.answer.length === 0 ? 'no key' : `key ${item.answer.map(letterOf).join(', ')}`,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
