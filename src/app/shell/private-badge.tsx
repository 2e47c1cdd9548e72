import { useEffect, useState } from 'react';
import { useConversationCount } from '../../conversations/panel/hooks.ts';
import { setHeldInMemory } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { reloadPrivate } from '../../preferences/private-session.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { showToast } from '../../ui/feedback/toast.tsx';

const ALL = { folder: { kind: 'all' }, sort: 'updated' } as const;

/** Says in the header that nothing is written to the disk, and ends the session with a copy offered first. */
export default function PrivateBadge() {
  const chats = useConversationCount(ALL) ?? 0;
  const exports = usePolicy((policy) => policy.exports);
  const bySite = usePolicy((policy) => policy.privateSession);
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  useEffect(() => {
    setHeldInMemory(chats > 0 && exports);
  }, [chats, exports]);
  const save = (): void => {
    import('../../transcripts/export/export-actions.ts')
      .then(({ exportAndDownload }) => exportAndDownload('all', 'json'))
      .then(
        (name) => {
          showToast(`Saved ${name}`);
        },
        (thrown: unknown) => {
          setError(toAppError(thrown));
        },
      );
  };
  return (
    <>
      <button
        type="button"
        className="my-1.5 flex items-center self-center rounded-full border border-accent px-2.5 py-1 text-xs font-medium text-accent hover:bg-accent-soft"
        onClick={() => {
          setOpen(true);
        }}
      >
        Private session
      </button>
      <Dialog
        open={open}
        title="Private session"
        onClose={() => {
          setOpen(false);
          setError(null);
        }}
      >
        <div className="grid gap-4 text-sm">
          {error && <ErrorAlert error={error} />}
          <p>
            Chats, drafts, folders and search live in this tab’s memory. Nothing of them is written to the
            disk, other tabs don’t see them, and they end with the tab or a reload. Models and settings stay
            on this machine as always.{bySite && ' Your site wants every session to be private.'}
          </p>
          <p>
            {chats === 0
              ? 'There is no chat in it.'
              : `${formatCount(chats)} ${chats === 1 ? 'chat ends' : 'chats end'} with it.`}
          </p>
          <div className="flex flex-wrap gap-2">
            {exports && chats > 0 && <Button onClick={save}>Save all chats to a file</Button>}
            <Button
              look="danger"
              onClick={() => {
                setHeldInMemory(false);
                reloadPrivate(false);
              }}
            >
              End and forget
            </Button>
            <Button
              look="quiet"
              onClick={() => {
                setOpen(false);
              }}
            >
              Stay in it
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
