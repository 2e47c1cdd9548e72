import { useState } from 'react';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { changePassphrase, choosePassphrase, removePassphrase, setEncrypted } from '../../lock/keyring.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Checkbox } from '../../ui/field.tsx';
import { NewPassphrase, PassphraseField } from '../../lock/passphrase-fields.tsx';

export type PassphraseAction = 'choose' | 'change' | 'remove' | 'encrypt' | 'decrypt';

const WORDS: Readonly<Record<PassphraseAction, { title: string; text: string; button: string }>> = {
  choose: {
    title: 'Set a passphrase',
    text: 'It opens the lock. It is kept nowhere: forgotten, all that is left is to erase everything here.',
    button: 'Set it',
  },
  change: {
    title: 'Change the passphrase',
    text: 'What is encrypted stays as it is; only its key is wrapped anew. Copies of the browser’s files made before still open with the old one.',
    button: 'Change it',
  },
  remove: {
    title: 'Remove the passphrase',
    text: 'The screen is not locked any more.',
    button: 'Remove it',
  },
  encrypt: {
    title: 'Turn encryption on',
    text: 'Chats, drafts, prompts, folders, exam answers and the search index are encrypted on this machine. What stays readable: how many there are, their times, which models are here, settings. Other tabs of the app are loaded anew. Text that was on the disk before goes when the browser rewrites its files.',
    button: 'Encrypt',
  },
  decrypt: {
    title: 'Turn encryption off',
    text: 'Everything is written to the disk unencrypted again. The lock stays. Other tabs of the app are loaded anew.',
    button: 'Decrypt',
  },
};

export default function PassphraseDialog({
  action,
  onClose,
}: {
  readonly action: PassphraseAction;
  readonly onClose: () => void;
}) {
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const [understood, setUnderstood] = useState(false);
  const { title, text, button } = WORDS[action];
  const onSubmit = (form: FormData): void => {
    const given = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    const now = given('now');
    const next = given('passphrase');
    setBusy(true);
    setError(null);
    // Encrypting goes on behind the dialog; Settings show how far it is.
    const work = {
      choose: () => choosePassphrase(next),
      change: () => changePassphrase(now, next),
      remove: () => removePassphrase(now),
      encrypt: () => setEncrypted(true, now),
      decrypt: () => setEncrypted(false, now),
    }[action];
    work().then(onClose, (thrown: unknown) => {
      setBusy(false);
      setError(toAppError(thrown));
    });
  };
  return (
    <Dialog open title={title} onClose={onClose}>
      <form
        className="grid gap-4 text-sm"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit(new FormData(event.currentTarget));
        }}
      >
        <p>{text}</p>
        {action !== 'choose' && <PassphraseField label="Passphrase" name="now" />}
        {(action === 'choose' || action === 'change') && <NewPassphrase />}
        {action === 'encrypt' && (
          <Checkbox
            label="I know that there is no way back without the passphrase"
            hint="Nobody can reset it: not the app, not whoever hosts it. Save your chats to a file first if in doubt."
            checked={understood}
            onChange={setUnderstood}
          />
        )}
        {error && <ErrorAlert error={error} />}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" disabled={busy || (action === 'encrypt' && !understood)}>
            {busy ? 'At work…' : button}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
