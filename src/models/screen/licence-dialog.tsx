import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { acceptLicence } from './models-store.ts';

export interface LicenceDialogProps {
  readonly entry: RunnableEntry;
  readonly open: boolean;
  readonly onAccepted: () => void;
  readonly onClose: () => void;
}

/** Asked once per model and licence, before the first byte of weights. */
export function LicenceDialog({ entry, open, onAccepted, onClose }: LicenceDialogProps) {
  const [error, setError] = useState<AppError | null>(null);
  const { licence } = entry;
  const accept = (): void => {
    acceptLicence(entry).then(onAccepted, (thrown: unknown) => {
      setError(toAppError(thrown, 'storage/failed'));
    });
  };
  return (
    <Dialog open={open} title={`Licence of ${entry.name}`} onClose={onClose}>
      <div className="grid gap-4 font-serif text-base">
        <p>
          The weights of {entry.name} come under the <strong className="font-semibold">{licence.name}</strong>
          . In short, and without replacing its text:
        </p>
        <ul className="grid list-disc gap-2 pl-5">
          {licence.points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
        {licence.url !== null && (
          <p>
            <a className="text-accent underline" href={licence.url} target="_blank" rel="noreferrer">
              Read the licence
            </a>
            {licence.url.startsWith('https:') && ' (opens another site)'}
          </p>
        )}
        <p className="text-sm text-ink-muted">{licence.line}</p>
        {error && <ErrorAlert error={error} />}
        <div className="flex flex-wrap gap-3 font-sans">
          <Button look="primary" onClick={accept}>
            Accept the licence
          </Button>
          <Button onClick={onClose}>Not now</Button>
        </div>
      </div>
    </Dialog>
  );
}
