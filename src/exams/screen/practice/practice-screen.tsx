import { useEffect, useRef, useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { RadioRow, TextField } from '../../../ui/field.tsx';
import {
  beginSession,
  endSession,
  keepAnswer,
  openSession,
  readAnswers,
  readCards,
} from '../../data/practice-repository.ts';
import { getSet, readItems } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import type { Item } from '../../items/item.ts';
import {
  PRACTICE_KINDS,
  type PracticeAnswer,
  type PracticeKind,
  type PracticeSession,
} from '../../practice/records.ts';
import { itemsFor, placeIn } from '../../practice/session.ts';
import { proportion } from '../../statistics/summary.ts';
import { useExams } from '../environment.ts';
import { proportionText } from '../../export/figures.ts';
import { Question } from './question.tsx';
import { BackToExams } from '../sets/set-screen.tsx';
import { useAct } from '../use-act.ts';

/** Practice with one set: a session that goes on where it was left, whatever happened to the page. */
export function PracticeScreen({ setId }: { readonly setId: string }) {
  const { prepareModel } = useExams();
  useEffect(() => {
    prepareModel();
  }, [prepareModel]);
  const found = useLive(`exam-set/${setId}`, async (store) => ({ set: await getSet(store, setId) }));
  const items = useLive(`exam-items/${setId}`, (store) => readItems(store, setId));
  const answers = useLive(`exam-answers/${setId}`, (store) => readAnswers(store, setId));
  const open = useLive(`exam-session/${setId}`, async (store) => ({
    session: await openSession(store, setId),
  }));
  if (!found || !items || !answers || !open)
    return <p className="text-sm text-ink-muted">Reading the set…</p>;
  if (!found.set) {
    return (
      <>
        <ErrorAlert error={new AppError('exams/not-found', `no set ${setId}`)} />
        <BackToExams />
      </>
    );
  }
  return (
    <>
      <header className="grid gap-2">
        <p className="text-sm">
          <a href={`#/exams/${setId}`} className="text-accent underline underline-offset-2">
            {found.set.title}
          </a>
        </p>
        <h1 className="font-serif text-2xl font-semibold">Practice</h1>
      </header>
      {open.session ? (
        <Session
          key={open.session.id}
          set={found.set}
          session={open.session}
          items={items}
          answers={answers.filter(({ sessionId }) => sessionId === open.session?.id)}
        />
      ) : (
        <Begin set={found.set} items={items} answers={answers} />
      )}
    </>
  );
}

const KIND_NAMES: Readonly<Record<PracticeKind, string>> = {
  spaced: 'Spaced repetition',
  'in-order': 'In order',
  shuffled: 'Shuffled',
  missed: 'Only missed',
  mock: 'Mock exam',
};

function Begin({
  set,
  items,
  answers,
}: {
  readonly set: SetRecord;
  readonly items: readonly Item[];
  readonly answers: readonly PracticeAnswer[];
}) {
  const [kind, setKind] = useState<PracticeKind>('spaced');
  const [count, setCount] = useState('20');
  const [minutes, setMinutes] = useState('30');
  const [empty, setEmpty] = useState(false);
  const { act, error, busy } = useAct();
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        act(async () => {
          const store = await conversationStore();
          const now = store.now();
          const cards = await readCards(store, set.id);
          const limit = Math.max(1, Math.round(Number(count)) || 20);
          const ids = itemsFor(kind, { items, cards, answers, now, seed: now % 2 ** 31 }, limit);
          setEmpty(ids.length === 0);
          if (ids.length === 0) return;
          const time = Math.max(1, Number(minutes) || 30) * 60_000;
          await beginSession(store, set.id, kind, ids, kind === 'mock' ? now + time : null);
        });
      }}
    >
      <RadioRow
        label="Which question comes next"
        value={kind}
        choices={PRACTICE_KINDS.map((value) => ({ value, label: KIND_NAMES[value] }))}
        onChange={(value) => {
          setKind(PRACTICE_KINDS.find((each) => each === value) ?? 'spaced');
          setEmpty(false);
        }}
      />
      {kind === 'mock' && (
        <div className="grid max-w-md grid-cols-2 gap-4">
          <TextField
            label="Questions"
            type="number"
            min={1}
            value={count}
            onChange={(event) => setCount(event.currentTarget.value)}
          />
          <TextField
            label="Minutes"
            type="number"
            min={1}
            value={minutes}
            onChange={(event) => setMinutes(event.currentTarget.value)}
          />
        </div>
      )}
      {empty && (
        <p role="status" className="text-sm">
          There is no such question: none was missed, or none has a key.
        </p>
      )}
      {error && <ErrorAlert error={error} />}
      <Button type="submit" look="primary" disabled={busy} className="justify-self-start">
        Begin
      </Button>
    </form>
  );
}

function Session({
  set,
  session,
  items,
  answers,
}: {
  readonly set: SetRecord;
  readonly session: PracticeSession;
  readonly items: readonly Item[];
  readonly answers: readonly PracticeAnswer[];
}) {
  const { act, error } = useAct();
  const now = useClock(session.deadline !== null);
  const place = placeIn(session, answers, now);
  /** The item that was just answered stays on screen, with its key, until the person goes on. */
  const [checked, setChecked] = useState<string | null>(null);
  const mock = session.kind === 'mock';
  const itemId = checked ?? place.itemId;
  const item = items.find(({ id }) => id === itemId) ?? null;
  const ended = useRef<HTMLHeadingElement>(null);
  const over = item === null;
  useEffect(() => {
    if (over) ended.current?.focus();
  }, [over]);

  const finish = (): void => {
    act(async () => {
      await endSession(await conversationStore(), session);
    });
  };

  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3 text-sm">
        <p role="status" className="tabular text-ink-muted">
          {KIND_NAMES[session.kind]} · {place.answered} of {place.total} answered
          {session.deadline !== null && !over && ` · ${clockText(session.deadline - now)} left`}
        </p>
        <Button size="small" look="quiet" onClick={finish}>
          End this session
        </Button>
      </div>
      {error && <ErrorAlert error={error} />}
      {item ? (
        <Question
          key={item.id}
          set={set}
          item={item}
          feedback={!mock}
          answered={answers.find((each) => each.itemId === item.id) ?? null}
          onCheck={async (given) => {
            if (!mock) setChecked(item.id);
            await keepAnswer(await conversationStore(), session, item, given);
          }}
          onNext={() => {
            setChecked(null);
          }}
        />
      ) : (
        <section aria-labelledby="session-over" className="grid gap-3">
          <h2 id="session-over" ref={ended} tabIndex={-1} className="font-serif text-lg font-semibold">
            The session is over
          </h2>
          <p className="tabular">
            Right:{' '}
            {proportionText(
              proportion(answers.filter(({ right }) => right !== null).map(({ right }) => (right ? 1 : 0))),
            )}
          </p>
          {mock && <MockReview items={items} answers={answers} />}
          <Button look="primary" className="justify-self-start" onClick={finish}>
            Begin another
          </Button>
        </section>
      )}
    </div>
  );
}

function MockReview({
  items,
  answers,
}: {
  readonly items: readonly Item[];
  readonly answers: readonly PracticeAnswer[];
}) {
  const byId = new Map(items.map((item) => [item.id, item]));
  return (
    <ol className="grid list-decimal gap-2 pl-6 text-sm">
      {answers.map(({ id, itemId, chosen, right }) => {
        const item = byId.get(itemId);
        return (
          <li key={id}>
            <span className="font-serif">{item?.question}</span>{' '}
            <span className={right === false ? 'text-danger' : 'text-ok'}>
              {right === false
                ? `You: ${item?.options[chosen] ?? ''}. Right: ${item?.answer.map((each) => item.options[each]).join(', ') ?? ''}.`
                : 'Right.'}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function useClock(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, [running]);
  return now;
}

function clockText(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
