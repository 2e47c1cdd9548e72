import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { formatCount } from '../../../lib/format.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Select, TextField } from '../../../ui/field.tsx';
import { readAnswers } from '../../data/practice-repository.ts';
import { countResults, listRuns, readResults } from '../../data/run-repository.ts';
import { getSet, readItems, renameSet } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import { isRightResult } from '../../export/report.ts';
import { letterOf, type Item } from '../../items/item.ts';
import { lastAnswers } from '../../practice/session.ts';
import { useExams } from '../environment.ts';
import { factsOf, RunList } from '../home-screen.tsx';
import { ItemDialog } from './item-dialog.tsx';
import { NewRunDialog } from '../runs/new-run-dialog.tsx';
import { PracticeProgress } from '../practice/practice-progress.tsx';
import { useAct } from '../use-act.ts';

/** One set: its questions, how practice goes, and its runs. */
export function SetScreen({ setId }: { readonly setId: string }) {
  const found = useLive(`exam-set/${setId}`, async (store) => ({ set: await getSet(store, setId) }));
  if (!found) return <p className="text-sm text-ink-muted">Reading the set…</p>;
  if (!found.set) {
    return (
      <>
        <ErrorAlert error={new AppError('exams/not-found', `no set ${setId}`)} />
        <BackToExams />
      </>
    );
  }
  return <Whole set={found.set} />;
}

export function BackToExams() {
  return (
    <p className="text-sm">
      <a href="#/exams" className="text-accent underline underline-offset-2">
        All exams
      </a>
    </p>
  );
}

function Whole({ set }: { readonly set: SetRecord }) {
  const { navigate } = useExams();
  const [running, setRunning] = useState(false);
  const [title, setTitle] = useState<string | null>(null);
  const { act, error } = useAct();
  const runs = useLive(`exam-runs-of/${set.id}`, async (store) => {
    const all = await listRuns(store, set.id);
    return Promise.all(all.map(async (run) => ({ run, done: await countResults(store, run.id) })));
  });
  return (
    <>
      <header className="grid gap-3">
        <BackToExams />
        {title === null ? (
          <h1 className="font-serif text-2xl font-semibold">{set.title}</h1>
        ) : (
          <form
            className="flex flex-wrap items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              act(async () => {
                await renameSet(await conversationStore(), set.id, title);
                setTitle(null);
              });
            }}
          >
            <TextField
              label="Title"
              value={title}
              onChange={(event) => {
                setTitle(event.currentTarget.value);
              }}
            />
            <Button type="submit" look="primary">
              Save
            </Button>
          </form>
        )}
        {set.description !== '' && <p className="max-w-measure font-serif text-base">{set.description}</p>}
        <p className="tabular text-xs text-ink-muted">{factsOf(set)}</p>
        <div className="flex flex-wrap gap-2">
          <Button
            look="primary"
            onClick={() => {
              navigate(`/exams/${set.id}/practice`);
            }}
          >
            Practise
          </Button>
          <Button
            onClick={() => {
              setRunning(true);
            }}
          >
            Run
          </Button>
          {!set.builtIn && title === null && (
            <Button
              look="quiet"
              onClick={() => {
                setTitle(set.title);
              }}
            >
              Rename
            </Button>
          )}
        </div>
        {error && <ErrorAlert error={error} />}
      </header>
      <PracticeProgress setId={set.id} />
      {runs && runs.length > 0 && (
        <section aria-labelledby="set-runs" className="grid gap-2">
          <h2 id="set-runs" className="font-serif text-lg font-semibold">
            Runs
          </h2>
          <RunList runs={runs} />
        </section>
      )}
      <Questions set={set} latestRunId={runs?.find(({ run }) => run.state === 'done')?.run.id ?? null} />
      {running && (
        <NewRunDialog
          set={set}
          onClose={() => {
            setRunning(false);
          }}
        />
      )}
    </>
  );
}

type Filter = 'all' | 'unanswered' | 'missed' | 'model-missed';

function Questions({ set, latestRunId }: { readonly set: SetRecord; readonly latestRunId: string | null }) {
  const [search, setSearch] = useState('');
  const [subject, setSubject] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [open, setOpen] = useState<Item | null>(null);
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
  const subjects = set.subjects.filter(({ name }) => name !== '');
  const filters: readonly { value: Filter; label: string }[] = [
    { value: 'all', label: 'all' },
    { value: 'unanswered', label: 'not answered by me' },
    { value: 'missed', label: 'missed by me' },
    ...(latestRunId === null ? [] : [{ value: 'model-missed' as const, label: 'missed by the model' }]),
  ];
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
      <p role="status" className="tabular text-xs text-ink-muted">
        {items ? `${formatCount(shown.length)} of ${formatCount(items.length)}` : 'Reading…'}
      </p>
      <List items={shown} onOpen={setOpen} />
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

/** Only what is on screen is in the page, however long the set. */
function List({ items, onOpen }: { readonly items: readonly Item[]; readonly onOpen: (item: Item) => void }) {
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing memoised is derived from it
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => 64,
    overscan: 8,
    getItemKey: (index) => items[index]?.id ?? index,
  });
  return (
    <div ref={box} className="max-h-[32rem] overflow-y-auto border-y border-line">
      <ol className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start, key }) => {
          const item = items[index];
          if (!item) return null;
          return (
            <li
              key={key}
              data-index={index}
              ref={rows.measureElement}
              aria-posinset={index + 1}
              aria-setsize={items.length}
              className="absolute inset-x-0 border-b border-line"
              style={{ transform: `translateY(${start}px)` }}
            >
              <button
                type="button"
                className="grid w-full gap-0.5 px-1 py-2 text-left hover:text-accent"
                onClick={() => {
                  onOpen(item);
                }}
              >
                <span className="line-clamp-2 font-serif text-base">{item.question}</span>
                <span className="text-xs text-ink-muted">
                  {[item.subject, item.answer.length === 0 ? 'no key' : item.answer.map(letterOf).join(', ')]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
