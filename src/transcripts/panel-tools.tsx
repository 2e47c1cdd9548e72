import { Archive } from 'lucide-react';
import { useState } from 'react';
import { usePanel } from '../conversations/panel/panel-state.ts';
import { toAppError, type AppError } from '../errors/app-error.ts';
import { usePolicy } from '../preferences/site-policy.ts';
import { Button } from '../ui/button.tsx';
import { ErrorAlert } from '../ui/feedback/error-alert.tsx';
import { showToast } from '../ui/feedback/toast.tsx';
import ExportMenu from './export/export-menu.tsx';
import ImportButton from './import/import-button.tsx';
import { noteBackup, StorageReminder } from './export/storage-reminder.tsx';

/** At the foot of the panel of chats: files in, everything out, and the chosen chats out in any format. */
export default function PanelTools() {
  const selection = usePanel((state) => state.selection);
  const exports = usePolicy((policy) => policy.exports);
  const [error, setError] = useState<AppError | null>(null);
  return (
    <div className="grid gap-2">
      {error && (
        <ErrorAlert
          error={error}
          onDismiss={() => {
            setError(null);
          }}
        />
      )}
      <StorageReminder />
      <div className="flex flex-wrap items-center gap-1">
        <ImportButton />
        {exports && (
          <Button
            size="small"
            look="quiet"
            icon={Archive}
            onClick={() => {
              backUp().catch((thrown: unknown) => {
                setError(toAppError(thrown));
              });
            }}
          >
            Back up
          </Button>
        )}
        {selection !== null && selection.length > 0 && (
          <ExportMenu selection={selection} label="Save selected chats" />
        )}
      </div>
    </div>
  );
}

/** Everything in one file, which Import merges back. */
async function backUp(): Promise<void> {
  const { exportAndDownload } = await import('./export/export-actions.ts');
  showToast(`Saved ${await exportAndDownload('all', 'json')}`);
  await noteBackup();
}
