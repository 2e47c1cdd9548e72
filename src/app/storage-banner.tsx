import { useStorageHealth } from '../conversations/health.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Button } from '../ui/button.tsx';
import { useStore } from '../conversations/store.ts';

/** Says when what is written is not being kept. */
export function StorageBanner() {
  const health = useStorageHealth();
  const store = useStore((state) => state.store);
  if (health.kind === 'opening' || health.kind === 'ok') return null;
  return (
    <ErrorAlert error={health.error} className="m-3 mb-0">
      {(health.kind === 'full' || health.kind === 'failed') && store && health.unsaved > 0 && (
        <Button size="small" onClick={() => void store.queue.retry()}>
          Try to save again
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
