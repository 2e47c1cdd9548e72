import { useEffect, useState } from 'react';
import { isOfflineOnly } from '../../network/egress.ts';
import { useEgress } from '../../network/egress-log.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useLinks } from '../../ui/markdown/outside-link.tsx';

/**
 * A planted prompt can make a model write a link that carries what was typed: its whole address is shown before it opens, and
 * with "Offline only" none opens.
 */
export function LinkDialog() {
  const asked = useLinks((state) => state.asked);
  const offlineOnly = useEgress((state) => state.offlineOnly);
  const [copied, setCopied] = useState<string | null>(null);

  useEffect(() => {
    isOfflineOnly().then(
      (on) => {
        useEgress.setState({ offlineOnly: on });
      },
      // Nobody can tell: nothing opens, as nothing is fetched.
      () => {
        useLinks.setState({ shut: true });
      },
    );
  }, [asked]);
  useEffect(() => {
    if (offlineOnly !== null) useLinks.setState({ shut: offlineOnly });
  }, [offlineOnly]);

  const shut = useLinks((state) => state.shut);
  const close = (): void => {
    useLinks.setState({ asked: null });
    setCopied(null);
  };
  if (asked === null) return null;
  return (
    <Dialog open title={shut ? 'This link is not opened' : 'Open this address?'} onClose={close}>
      <div className="grid gap-4 text-sm">
        <p
          dir="ltr"
          aria-label="Address"
          className="max-h-[40dvh] overflow-y-auto border border-line bg-sunken px-3 py-2 font-mono text-xs whitespace-pre-wrap select-all [overflow-wrap:anywhere]"
        >
          {asked}
        </p>
        <p>
          {shut
            ? '“Offline only” is on: the app opens no address outside of it.'
            : 'A reply wrote it, and whoever it leads to reads all of it. Look for words of yours after “?” or “/” before you open it.'}
        </p>
        <div className="flex flex-wrap gap-2">
          {!shut && (
            <a
              href={asked}
              target="_blank"
              rel="noopener noreferrer nofollow"
              className="inline-flex min-h-10 items-center rounded-md border border-line-strong bg-surface px-4 text-sm font-medium hover:border-accent hover:text-accent"
              onClick={close}
            >
              Open in a new tab
            </a>
          )}
          <Button
            onClick={() => {
              navigator.clipboard.writeText(asked).then(
                () => {
                  setCopied(asked);
                },
                // Refused: it can be selected by hand.
                () => {
                  setCopied(null);
                },
              );
            }}
          >
            {copied === asked ? 'Copied' : 'Copy the address'}
          </Button>
          <Button look="quiet" onClick={close}>
            Cancel
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
