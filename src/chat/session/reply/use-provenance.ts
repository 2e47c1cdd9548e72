import { useEffect, useState } from 'react';
import type { Provenance, ShownMessage } from '../../../database/records.ts';
import { getProvenance } from '../../../conversations/data/repository.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';

/** All about how a reply came about. undefined: not read yet; null: no model wrote it. */
export function useProvenance(message: ShownMessage): {
  readonly provenance: Provenance | null | undefined;
  readonly error: AppError | null;
} {
  const [provenance, setProvenance] = useState<Provenance | null | undefined>(undefined);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => {
    let gone = false;
    conversationStore()
      .then((store) => getProvenance(store, message.id))
      .then(
        (found) => {
          if (!gone) setProvenance(found);
        },
        (thrown: unknown) => {
          if (!gone) setError(toAppError(thrown, 'storage/failed'));
        },
      );
    return () => {
      gone = true;
    };
  }, [message]);
  return { provenance, error };
}
