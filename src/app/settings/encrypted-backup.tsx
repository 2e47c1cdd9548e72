import { useState } from 'react';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { NewPassphrase } from '../../lock/passphrase-fields.tsx';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { showToast } from '../../ui/feedback/toast.tsx';

/** Everything in one file that only a passphrase opens. */
export function EncryptedBackup() {
  const allowed = usePolicy((policy) => policy.exports);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  if (!allowed) return null;
  const close = (): void => {
    setOpen(false);
    setError(null);
  };
  const save = async (passphrase: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { backUpEncrypted } = await import('../../transcripts/export/export-actions.ts');
      showToast(`Saved ${await backUpEncrypted(passphrase)}`);
      close();
    } catch (thrown) {
      setError(toAppError(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        size="small"
        onClick={() => {
          setOpen(true);
        }}
      >
        Save all chats encrypted…
      </Button>
      <Dialog open={open} title="Save all chats encrypted" onClose={close}>
        <form
          className="grid gap-4 text-sm"
          onSubmit={(event) => {
            event.preventDefault();
            const given = new FormData(event.currentTarget).get('passphrase');
            void save(typeof given === 'string' ? given : '');
          }}
        >
          <p>
            One file in the format of age (age-encryption.org), which Import reads back, and the age program
            as well. Without the passphrase nobody can open it.
          </p>
          <NewPassphrase />
          {error && <ErrorAlert error={error} />}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" look="primary" disabled={busy}>
              {busy ? 'At work…' : 'Save'}
            </Button>
            <Button look="quiet" onClick={close}>
              Cancel
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
