/** A transfer or conversion that failed is told wherever one is; on the Models screen its card says so, if it has one. */
import { useMemo, useState } from 'react';
import { useModels } from '../../models/screen/models-store.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { onCards, untold } from './untold.ts';

export function AcquisitionFailure({ onModels }: { readonly onModels: boolean }) {
  const failures = useModels((state) => state.failures);
  const installs = useModels((state) => state.installs);
  const catalogue = useModels((state) => state.catalogue);
  const cards = useMemo(
    () => new Set(catalogue?.models.filter(({ kind }) => kind !== 'unavailable').map(({ id }) => id)),
    [catalogue],
  );
  const [told, setTold] = useState<typeof failures>(new Map());
  // Seen on its card is told.
  const seen = onModels ? onCards(failures, cards).filter(([id, error]) => told.get(id) !== error) : [];
  if (seen.length > 0) setTold(new Map([...told, ...seen]));
  const fresh = untold(failures, told, cards, onModels);
  if (!fresh) return null;
  const [id, error] = fresh;
  const name = installs.find((each) => each.id === id)?.acquisition.displayName;
  return (
    <div className="m-3 mb-0">
      {name !== undefined && <p className="sr-only">{name}:</p>}
      <ErrorAlert
        error={error}
        // A person may have scrolled to what was pressed.
        comesIntoSight={onModels}
        onDismiss={() => {
          setTold(failures);
        }}
      >
        {!onModels && (
          <a
            href="#/models"
            className="inline-flex min-h-8 items-center rounded-md border border-line-strong bg-surface px-2.5 text-xs font-medium hover:border-accent hover:text-accent pointer-coarse:min-h-10"
          >
            {name === undefined ? 'Open Models' : `Open ${name} in Models`}
          </a>
        )}
      </ErrorAlert>
    </div>
  );
}
