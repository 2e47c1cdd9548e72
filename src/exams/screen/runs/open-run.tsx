import { FolderOpen } from 'lucide-react';
import { conversationStore } from '../../../conversations/data/store.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { showToast } from '../../../ui/feedback/toast.tsx';
import { openRunFile } from '../../data/open-run-file.ts';
import { useExams } from '../environment.ts';
import { useAct } from '../use-act.ts';

/** Brings in a run that was made elsewhere and shows its report. */
export function OpenRunButton() {
  const { navigate } = useExams();
  const { act, error, busy } = useAct();
  return (
    <>
      <Button
        icon={FolderOpen}
        disabled={busy}
        onClick={() => {
          const input = document.createElement('input');
          input.type = 'file';
          input.accept = '.json,application/json';
          input.addEventListener('change', () => {
            const [file] = input.files ?? [];
            if (!file) return;
            act(async () => {
              const { runId, unchanged } = await openRunFile(await conversationStore(), file);
              showToast(
                unchanged
                  ? 'The run is unchanged since it was exported'
                  : 'The run’s rows were changed since it was exported',
              );
              navigate(`/runs/${runId}`);
            });
          });
          input.click();
        }}
      >
        Open a run’s file
      </Button>
      {error && <ErrorAlert error={error} className="w-full" />}
    </>
  );
}
