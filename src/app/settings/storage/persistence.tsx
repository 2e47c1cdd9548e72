import { useEffect, useState } from 'react';
import { Button } from '../../../ui/button.tsx';

type State = 'asking' | 'kept' | 'may-go' | 'refused' | 'unknown';

/** Whether the browser promised to keep what is stored, and how to get that promise. */
export function Persistence() {
  const [state, setState] = useState<State>('asking');
  useEffect(() => {
    persisted().then(
      (kept) => {
        setState(kept ? 'kept' : 'may-go');
      },
      () => {
        // A browser or address without this promise: said as such.
        setState('unknown');
      },
    );
  }, []);
  const ask = (): void => {
    navigator.storage.persist().then(
      (kept) => {
        setState(kept ? 'kept' : 'refused');
      },
      () => {
        setState('unknown');
      },
    );
  };
  return (
    <section aria-labelledby="storage-kept" className="grid gap-2">
      <h3 id="storage-kept" className="text-sm font-medium">
        Will the browser keep it?
      </h3>
      <p role="status" className="max-w-measure text-sm">
        {TEXTS[state]}
      </p>
      {state === 'refused' && (
        <ul className="grid max-w-measure list-disc gap-1 pl-5 text-sm text-ink-muted">
          <li>
            Chrome and Edge decide by themselves: install the app or bookmark this page, use it, then ask
            again.
          </li>
          <li>Firefox asks you: allow “Store data in persistent storage” when it does.</li>
          <li>Safari keeps the data of apps on the Home Screen or in the Dock: add this page there.</li>
          <li>Private windows never keep anything.</li>
        </ul>
      )}
      {(state === 'may-go' || state === 'refused') && (
        <div>
          <Button size="small" onClick={ask}>
            {state === 'refused' ? 'Ask again' : 'Ask the browser to keep it'}
          </Button>
        </div>
      )}
    </section>
  );
}

/** Rejects where there is no storage manager to ask: on plain http. */
async function persisted(): Promise<boolean> {
  return navigator.storage.persisted();
}

const TEXTS: Record<State, string> = {
  asking: 'Asking the browser…',
  kept: 'Yes: the browser promised not to clear it on its own. Only you can.',
  'may-go':
    'Not promised: when the disk runs short, or after weeks without a visit, the browser may clear models and chats. It can be asked to keep them.',
  refused: 'The browser refused for now. Nothing is lost by that; this makes it agree:',
  unknown: 'This browser does not say. Save chats you care about to a file now and then.',
};
