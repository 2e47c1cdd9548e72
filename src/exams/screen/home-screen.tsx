import { Upload } from 'lucide-react';
import { useState } from 'react';
import { useLive } from '../../conversations/panel/hooks.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { useWordsGoTo } from '../../engine/tab/where-words-go.ts';
import { formatCount, formatMoment } from '../../lib/format.ts';
import { NoticeLine } from '../../notice/notice-line.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { keepBuiltInSets } from '../data/built-in-sets.ts';
import { countResults, listRuns } from '../data/run-repository.ts';
import { deleteSet, listSets, readItems } from '../data/sets.ts';
import type { SetRecord } from '../data/set-record.ts';
import { pauseRun } from '../runs/run-service.ts';
import type { Run } from '../runs/result.ts';
import { settingText } from '../export/report.ts';
import { ImportDialog } from './sets/import-dialog.tsx';
import { NewRunDialog } from './runs/new-run-dialog.tsx';
import { OpenRunButton } from './runs/open-run.tsx';
import { saveSetFile } from './sets/save-set.ts';
import { useAct } from './use-act.ts';
import { useExams } from './environment.ts';

/** Every question set, and the runs made of them. */
export function HomeScreen() {
  const [importing, setImporting] = useState<readonly File[] | null>(null);
  const sets = useLive('exam-sets', listSets);
  const runs = useLive('exam-runs', async (store) => {
    const all = await listRuns(store, null);
    return Promise.all(all.map(async (run) => ({ run, done: await countResults(store, run.id) })));
  });
  const { act, error } = useAct();
  const server = useWordsGoTo();
  const shown = sets?.filter(({ hidden }) => !hidden) ?? [];
  return (
    <div
      className="grid gap-8"
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes('Files')) event.preventDefault();
      }}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer.files.length > 0) setImporting([...event.dataTransfer.files]);
      }}
    >
      <header className="grid gap-3">
        <h1 className="font-serif text-2xl font-semibold">Exams</h1>
        <p className="max-w-measure font-serif text-base">
          Practise with multiple-choice questions and see how sure the model is of each option, or let it
          answer a whole set and measure it.{' '}
          {server
            ? `Questions that the model is asked go to the server ${serverTitle(server)}.`
            : 'Questions you bring stay on this machine.'}
        </p>
        <div className="flex flex-wrap gap-2">
          <Button
            look="primary"
            icon={Upload}
            onClick={() => {
              setImporting([]);
            }}
          >
            Import questions
          </Button>
          <OpenRunButton />
        </div>
        <NoticeLine />
      </header>
      {error && <ErrorAlert error={error} />}
      {sets === undefined ? (
        <p className="text-sm text-ink-muted">Reading the question sets…</p>
      ) : (
        <section aria-label="Question sets" className="grid border-t border-ink">
          {shown.map((set) => (
            <SetCard key={set.id} set={set} />
          ))}
        </section>
      )}
      {sets?.some(({ hidden }) => hidden) && (
        <p className="text-sm">
          <Button
            size="small"
            look="quiet"
            onClick={() => {
              act(async () => keepBuiltInSets(await conversationStore(), { anew: true }));
            }}
          >
            Bring back the built-in sets
          </Button>
        </p>
      )}
      {runs && runs.length > 0 && (
        <section aria-labelledby="runs-title" className="grid gap-2">
          <h2 id="runs-title" className="font-serif text-lg font-semibold">
            Runs
          </h2>
          <RunList runs={runs} />
        </section>
      )}
      {importing && (
        <ImportDialog
          files={importing}
          onClose={() => {
            setImporting(null);
          }}
        />
      )}
    </div>
  );
}

export function RunList({
  runs,
}: {
  readonly runs: readonly { readonly run: Run; readonly done: number }[];
}) {
  return (
    <ul className="grid divide-y divide-line border-y border-line text-sm">
      {runs.map(({ run, done }) => (
        <li key={run.id}>
          <a href={`#/runs/${run.id}`} className="grid gap-0.5 py-2.5 hover:text-accent">
            <span className="font-medium">
              {run.plan.setTitle} · {run.model?.displayName ?? 'not begun'}
              {run.model?.server && ` on ${run.model.server.name}`}
            </span>
            <span className="tabular text-xs text-ink-muted">
              {stateText(run, done)} · {settingText(run)} · {formatMoment(run.createdAt)}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function stateText(run: Run, done: number): string {
  if (run.state === 'done') return `${formatCount(run.total)} questions`;
  if (run.state === 'cancelled') return `ended at ${formatCount(done)} of ${formatCount(run.total)}`;
  return `${formatCount(done)} of ${formatCount(run.total)}`;
}

function SetCard({ set }: { readonly set: SetRecord }) {
  const { navigate } = useExams();
  const [running, setRunning] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const { act, error } = useAct();
  const titleId = `set-${set.id}`;
  return (
    <article aria-labelledby={titleId} className="grid gap-2 border-b border-line py-5">
      <h2 id={titleId} className="font-serif text-lg font-semibold">
        <a href={`#/exams/${set.id}`} className="hover:text-accent">
          {set.title}
        </a>
      </h2>
      {set.description !== '' && <p className="max-w-measure font-serif text-base">{set.description}</p>}
      <p className="tabular text-xs text-ink-muted">{factsOf(set)}</p>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          look="primary"
          onClick={() => {
            navigate(`/exams/${set.id}/practice`);
          }}
        >
          Practise
        </Button>
        <Button
          size="small"
          onClick={() => {
            setRunning(true);
          }}
        >
          Run
        </Button>
        <Button
          size="small"
          onClick={() => {
            act(async () => {
              const store = await conversationStore();
              await saveSetFile(set, await readItems(store, set.id));
            });
          }}
        >
          Export
        </Button>
        <Button
          size="small"
          look="danger"
          onClick={() => {
            setDeleting(true);
          }}
        >
          Delete
        </Button>
      </div>
      {error && <ErrorAlert error={error} />}
      {running && (
        <NewRunDialog
          set={set}
          onClose={() => {
            setRunning(false);
          }}
        />
      )}
      <DeleteDialog
        set={set}
        open={deleting}
        onClose={() => {
          setDeleting(false);
        }}
      />
    </article>
  );
}

export function factsOf(set: SetRecord): string {
  const subjects = set.subjects.filter(({ name }) => name !== '').length;
  return [
    `${formatCount(set.items)} questions`,
    subjects > 1 ? `${formatCount(subjects)} subjects` : '',
    set.withKey < set.items ? `${formatCount(set.items - set.withKey)} without a key` : '',
    set.builtIn ? 'built in' : set.source,
    set.licence,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function DeleteDialog({
  set,
  open,
  onClose,
}: {
  readonly set: SetRecord;
  readonly open: boolean;
  readonly onClose: () => void;
}) {
  const { act, error, busy } = useAct();
  const runs = useLive(`exam-runs/${set.id}`, (store) => listRuns(store, set.id)) ?? [];
  return (
    <Dialog open={open} title={`Delete “${set.title}”?`} onClose={onClose}>
      <div className="grid gap-4 text-sm">
        <p>
          Its {formatCount(set.items)} questions, your practice with them
          {runs.length > 0 && ` and ${runs.length === 1 ? 'its run' : `its ${runs.length} runs`}`} go for
          good. Export first what you want to keep.
        </p>
        {error && <ErrorAlert error={error} />}
        <div className="flex gap-2">
          <Button
            look="danger"
            disabled={busy}
            onClick={() => {
              act(async () => {
                for (const run of runs) pauseRun(run.id);
                await deleteSet(
                  await conversationStore(),
                  set.id,
                  runs.map(({ id }) => id),
                );
                onClose();
              });
            }}
          >
            Delete for good
          </Button>
          <Button onClick={onClose}>Keep it</Button>
        </div>
      </div>
    </Dialog>
  );
}
