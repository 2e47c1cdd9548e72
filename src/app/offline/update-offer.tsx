import { useModels } from '../../models/screen/models-store.ts';
import { Button } from '../../ui/button.tsx';
import { useIsGenerating } from '../composition/model-runtime.ts';
import { useOffline } from './offline-state.ts';

/** Offers a newer version of the app; never takes it by itself. It waits until nothing is cut off: no reply, no model on its way. */
export function UpdateOffer() {
  const waiting = useOffline((state) => state.updateWaiting);
  const generating = useIsGenerating();
  const fetching = useModels(({ active }) => active !== null);
  const busy = generating || fetching;
  if (!waiting) return null;
  return (
    <div
      role="status"
      aria-label="App update"
      className="m-3 mb-0 flex flex-wrap items-center justify-between gap-3 rounded-md border border-line bg-surface px-4 py-2 text-sm"
    >
      <span>
        {busy
          ? 'A new version is ready. It can be taken once the model is done.'
          : 'A new version of the app is ready.'}
      </span>
      <Button
        size="small"
        disabled={busy}
        onClick={() => {
          void import('./registration.ts').then(({ applyUpdate }) => applyUpdate());
        }}
      >
        Update
      </Button>
    </div>
  );
}
