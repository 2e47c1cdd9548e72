import { useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { TextField } from '../../../ui/field.tsx';
import { countResults, listRuns } from '../../data/run-repository.ts';
import { getSet, renameSet } from '../../data/sets.ts';
import type { SetRecord } from '../../data/set-record.ts';
import { MAX_NAME_CHARACTERS } from '../../items/limits.ts';
import { useExams } from '../environment.ts';
import { factsOf, RunList } from '../home-screen.tsx';
import { Questions } from './questions.tsx';
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
              maxLength={MAX_NAME_CHARACTERS}
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
