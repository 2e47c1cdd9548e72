import { useModels } from '../../models/screen/models-store.ts';
import { Button } from '../../ui/button.tsx';
import { useIsGenerating } from '../composition/model-runtime.ts';
import { useOffline, type UpdateState } from './offline-state.ts';

const TEXTS: Record<Exclude<UpdateState, 'none'>, string> = {
  offered: 'A new version of the app is ready.',
  taking: 'Changing to the new version…',
  late: 'The new version could not start yet: the older one is still at work, perhaps for another tab. This page goes on with the older one. Try again in a minute, or close every tab of the app and open it anew.',
};

/** Offers a newer version of the app; never takes it by itself. It waits until nothing is cut off: no reply, no model on its way. */
export function UpdateOffer() {
  const update = useOffline((state) => state.update);
  const generating = useIsGenerating();
  const fetching = useModels(({ active }) => active !== null);
  const busy = generating || fetching;
  if (update === 'none') return null;
  return (
    <div
      role="status"
      aria-label="App update"
      className="m-3 mb-0 flex flex-wrap items-center justify-between gap-3 rounded-md border border-line bg-surface px-4 py-2 text-sm"
    >
      <span>{busy ? 'A new version is ready. It can be taken once the model is done.' : TEXTS[update]}</span>
      <Button
        size="small"
        disabled={busy || update === 'taking'}
        onClick={() => {
          void import('./registration.ts').then(({ applyUpdate }) => applyUpdate());
        }}
      >
        {update === 'late' ? 'Try again' : 'Update'}
      </Button>
    </div>
  );
}
