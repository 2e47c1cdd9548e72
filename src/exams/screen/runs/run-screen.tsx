import { useState } from 'react';
import { useLive } from '../../../conversations/panel/hooks.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { formatCount, formatDuration } from '../../../lib/format.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Progress } from '../../../ui/feedback/progress.tsx';
import { countResults, getRun } from '../../data/run-repository.ts';
import { settingText } from '../../export/report.ts';
import type { Run } from '../../runs/result.ts';
import {
  cancelRun,
  pauseRun,
  removeRun,
  startRun,
  useRunService,
  type RunProgress,
} from '../../runs/run-service.ts';
import { wilson } from '../../statistics/proportion.ts';
import { runEngine, useExams } from '../environment.ts';
import { intervalText, percent } from '../../export/figures.ts';
import { Results } from '../report/results.tsx';
import { BackToExams } from '../sets/set-screen.tsx';
import { useAct } from '../use-act.ts';

/** A run while it is at work, and its results. */
export function RunScreen({ runId }: { readonly runId: string }) {
  const found = useLive(`exam-run/${runId}`, async (store) => {
    const run = await getRun(store, runId);
    return { run, stored: run ? await countResults(store, runId) : 0 };
  });
  if (!found) return <p className="text-sm text-ink-muted">Reading the run…</p>;
  if (!found.run) {
    return (
      <>
        <ErrorAlert error={new AppError('exams/not-found', `no run ${runId}`)} />
        <BackToExams />
      </>
    );
  }
  return <Whole run={found.run} stored={found.stored} />;
}

function Whole({ run, stored }: { readonly run: Run; readonly stored: number }) {
  const { navigate } = useExams();
  const active = useRunService((state) => (state.active?.runId === run.id ? state.active : null));
  const { act, error } = useAct();
  const finished = run.state === 'done' || run.state === 'cancelled';
  return (
    <>
      <header className="grid gap-2">
        <p className="text-sm">
          <a href={`#/exams/${run.plan.setId}`} className="text-accent underline underline-offset-2">
            {run.plan.setTitle}
          </a>
        </p>
        <h1 className="font-serif text-2xl font-semibold">
          {run.model ? run.model.displayName : 'A run'} on “{run.plan.setTitle}”
        </h1>
        <p className="text-sm text-ink-muted">
          {settingText(run)}
          {run.openedFrom !== '' && ` · opened from ${run.openedFrom}`}
        </p>
      </header>
      {!finished && <AtWork run={run} stored={stored} active={active} />}
      {error && <ErrorAlert error={error} />}
      {(finished || (!active && stored > 0)) && stored > 0 && (
        <Results key={`${run.id}/${finished ? 'end' : stored}`} run={run} />
      )}
      <p>
        <Button
          size="small"
          look="danger"
          onClick={() => {
            act(async () => {
              await removeRun(await conversationStore(), run.id);
              navigate(`/exams/${run.plan.setId}`);
            });
          }}
        >
          Delete this run
        </Button>
      </p>
    </>
  );
}

function AtWork({
  run,
  stored,
  active,
}: {
  readonly run: Run;
  readonly stored: number;
  readonly active: RunProgress | null;
}) {
  const environment = useExams();
  const waiting = useRunService((state) => state.waiting.includes(run.id));
  const problem = useRunService((state) => state.errors.get(run.id));
  const [pausing, setPausing] = useState(false);
  const { act, error } = useAct();
  const done = active?.done ?? stored;
  const working = active !== null || waiting;
  return (
    <section aria-label="Progress" className="grid gap-3">
      <Progress label="Run" done={done} total={run.total} text={progressText(run, done, active, waiting)} />
      {active && active.asked > 0 && (
        <p className="tabular text-sm">
          So far {percent(active.right / active.asked)} right (
          {intervalText(wilson(active.right, active.asked))})
        </p>
      )}
      {problem && <ErrorAlert error={problem} />}
      {error && <ErrorAlert error={error} />}
      <div className="flex flex-wrap gap-2">
        {working ? (
          <Button
            disabled={pausing}
            onClick={() => {
              setPausing(true);
              pauseRun(run.id);
            }}
          >
            Pause
          </Button>
        ) : (
          <Button
            look="primary"
            onClick={() => {
              setPausing(false);
              act(async () => {
                environment.prepareModel();
                await environment.permit(new AbortController().signal);
                startRun(await conversationStore(), runEngine(), run);
              });
            }}
          >
            Resume
          </Button>
        )}
        <Button
          onClick={() => {
            act(async () => {
              await cancelRun(await conversationStore(), run.id);
            });
          }}
        >
          Cancel
        </Button>
      </div>
    </section>
  );
}

function progressText(run: Run, done: number, active: RunProgress | null, waiting: boolean): string {
  const count = `${formatCount(done)} of ${formatCount(run.total)}`;
  if (!active) return `${count} · ${waiting ? 'waits for another run' : 'paused'}`;
  if (active.doneHere < 2) return count;
  const seconds = (performance.now() - active.sinceMs) / 1000;
  const rate = active.doneHere / seconds;
  return `${count} · ${rate >= 1 ? rate.toFixed(1) : rate.toFixed(2)} a second · ${formatDuration((run.total - done) / rate)} left`;
}
