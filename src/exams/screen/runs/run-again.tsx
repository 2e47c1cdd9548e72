import { conversationStore } from '../../../conversations/data/store.ts';
import { AppError } from '../../../errors/app-error.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { createRun } from '../../data/run-repository.ts';
import { getSet, readItems } from '../../data/sets.ts';
import type { RunReport } from '../../export/report.ts';
import { prepareAgain } from '../../runs/draft.ts';
import { startRun } from '../../runs/run-service.ts';
import { runEngine, useExams } from '../environment.ts';
import { useAct } from '../use-act.ts';

/** The same plan once more, with whatever model is loaded here; Compare then lists the differences item by item. */
export function RunAgain({ report: { run } }: { readonly report: RunReport }) {
  const environment = useExams();
  const { act, error, busy } = useAct();
  return (
    <>
      <Button
        size="small"
        disabled={busy}
        onClick={() => {
          act(async () => {
            await environment.permit(new AbortController().signal);
            const store = await conversationStore();
            const { setId } = run.plan;
            const set = await getSet(store, setId);
            if (!set) throw new AppError('exams/not-found', `no set ${setId}`);
            const { plan, total } = prepareAgain(set, await readItems(store, setId), run.plan);
            const { version, acknowledgedAt } = environment.notice();
            environment.prepareModel();
            const again = await createRun(store, plan, total, {
              appVersion: environment.appVersion,
              noticeVersion: version ?? '',
              noticeAcknowledgedAt: acknowledgedAt ?? 0,
            });
            startRun(store, runEngine(), again);
            environment.navigate(`/runs/${again.id}`);
          });
        }}
      >
        Run again
      </Button>
      {error && <ErrorAlert error={error} />}
    </>
  );
}
