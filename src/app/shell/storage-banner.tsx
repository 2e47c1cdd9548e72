import { useStorageHealth } from '../../database/health.ts';
import { showToast } from '../../ui/feedback/toast.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Button } from '../../ui/button.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { useStore } from '../../conversations/data/store.ts';

/** What can't be kept here can still be kept in a file. */
async function saveAll(): Promise<void> {
  const { exportAndDownload } = await import('../../transcripts/export/export-actions.ts');
  try {
    showToast(`Saved ${await exportAndDownload('all', 'json')}`);
  } catch (thrown) {
    showErrorToast(thrown);
  }
}

/** Says when what is written is not being kept. */
export function StorageBanner() {
  const health = useStorageHealth();
  const store = useStore((state) => state.store);
  if (health.kind === 'opening' || health.kind === 'ok' || health.kind === 'private') return null;
  return (
    <ErrorAlert error={health.error} className="m-3 mb-0">
      {(health.kind === 'full' || health.kind === 'failed') && store && health.unsaved > 0 && (
        <Button size="small" onClick={() => void store.queue.retry()}>
          Try to save again
        </Button>
      )}
      {(health.kind === 'full' || health.kind === 'memory-only') && (
        <Button
          size="small"
          onClick={() => {
            void saveAll();
          }}
        >
          Save all chats to a file
        </Button>
      )}
      {health.kind === 'version' && (
        <Button
          size="small"
          onClick={() => {
            location.reload();
          }}
        >
          Reload
        </Button>
      )}
    </ErrorAlert>
  );
}
