import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { askToInstall, isStandalone } from './install.ts';
import { useInstall } from './install-state.ts';

/** Said once in the life of this browser profile: who declined knows where Settings is. */
const KEY = 'meditron-install-offered';

/** A quiet line, where the browser can install and a person has seen what the app does. @param due a reply was finished. */
export function InstallOffer({ due }: { readonly due: boolean }) {
  const prompt = useInstall((state) => state.prompt);
  const [gone, setGone] = useState(wasOffered);
  if (!due || gone || prompt === null || isStandalone()) return null;
  const end = (): void => {
    setGone(true);
    try {
      localStorage.setItem(KEY, 'yes');
    } catch {
      // Then it is offered once more in another tab.
    }
  };
  return (
    <div
      role="status"
      aria-label="Install"
      className="mx-3 mt-3 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line pb-2 text-sm"
    >
      <span className="text-ink-muted">
        You can have this as an app, in a window of its own, offline too.
      </span>
      <span className="flex gap-1">
        <Button
          size="small"
          onClick={() => {
            end();
            void askToInstall();
          }}
        >
          Install
        </Button>
        <Button size="small" look="quiet" onClick={end}>
          Not now
        </Button>
      </span>
    </div>
  );
}

function wasOffered(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    // Nothing can be remembered here: better silent than again and again.
    return true;
  }
}
