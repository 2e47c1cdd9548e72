import { FolderOpen } from 'lucide-react';
import { conversationStore } from '../../../conversations/data/store.ts';
import type { Signed } from '../../../formats/signature/signature.ts';
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
          input.accept = '.json,.html,application/json,text/html';
          input.addEventListener('change', () => {
            const [file] = input.files ?? [];
            if (!file) return;
            act(async () => {
              const { runId, unchanged, signed } = await openRunFile(await conversationStore(), file);
              showToast(
                `${
                  unchanged
                    ? 'The run is consistent: its rows fit their check value'
                    : 'The run’s rows were changed since it was exported'
                }${signedWords(signed)}`,
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

function signedWords(signed: Signed | null): string {
  if (!signed) return '';
  const { name, fingerprint, fits } = signed;
  if (fits === null) return '. It is signed, which this browser can’t check';
  return `. Signed by “${name}”, key ${fingerprint}: ${fits ? 'fits' : 'does not fit'}`;
}
