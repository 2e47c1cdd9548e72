import { useState } from 'react';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';

/** Runs what a press of a button starts, and shows what went wrong where it was pressed. */
export function useAct(): {
  readonly error: AppError | null;
  readonly busy: boolean;
  readonly act: (work: () => Promise<void>) => void;
  readonly clear: () => void;
} {
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  return {
    error,
    busy,
    act(work) {
      setError(null);
      setBusy(true);
      work()
        .catch((thrown: unknown) => {
          if (!isAbort(thrown)) setError(toAppError(thrown));
        })
        .finally(() => {
          setBusy(false);
        });
    },
    clear() {
      setError(null);
    },
  };
}
