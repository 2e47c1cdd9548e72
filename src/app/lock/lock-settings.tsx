import { lazy, Suspense, useState } from 'react';
import { useDoor } from '../../conversations/data/tab/door.ts';
import { isPrivateSession } from '../../preferences/private-session.ts';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { Select } from '../../ui/field.tsx';
import { Progress } from '../../ui/feedback/progress.tsx';
import { lock, useConversion } from '../../lock/keyring.ts';
import { readVault } from '../../lock/vault.ts';
import { SettingsSection } from '../settings/section.tsx';
import type { PassphraseAction } from './passphrase-dialog.tsx';

const PassphraseDialog = lazy(() => import('./passphrase-dialog.tsx'));

const MINUTES = [1, 2, 5, 10, 15, 30, 60];

/** The lock, and encryption of what is kept. */
export function LockSettings() {
  const found = useDoor((state) => state.found);
  const minutes = usePreferences((state) => state.lockMinutes);
  const site = usePolicy((state) => state.lockMinutes);
  const { progress, error } = useConversion();
  const [action, setAction] = useState<PassphraseAction | null>(null);
  const vault = found?.vault === undefined ? null : readVault(found.vault);
  const ask = (next: PassphraseAction) => () => {
    setAction(next);
  };
  return (
    <SettingsSection
      id="lock"
      title="Lock and encryption"
      lead="A passphrase locks the screen in every tab. With encryption, chats, drafts, prompts, exam answers and the search index can’t be read on the disk without it."
    >
      {error && <ErrorAlert error={error} />}
      {!vault && (
        <div>
          <Button size="small" disabled={!found} onClick={ask('choose')}>
            Set a passphrase…
          </Button>
        </div>
      )}
      {vault && (
        <>
          <div className="max-w-60">
            <Select
              label="Lock after"
              value={minutes === null ? '' : String(minutes)}
              {...(site !== null && { hint: `Your site locks after ${String(site)} at the latest.` })}
              choices={[
                { value: '', label: 'Only when I lock it' },
                ...MINUTES.map((each) => ({
                  value: String(each),
                  label: each === 1 ? '1 minute without use' : `${String(each)} minutes without use`,
                })),
              ]}
              onChange={(value) => {
                setPreferences({ lockMinutes: value === '' ? null : Number(value) });
              }}
            />
          </div>
          <p role="status" aria-label="Encryption" className="text-sm">
            {progress || vault.converting
              ? vault.encrypted
                ? 'Encrypting what is here; it goes on after a crash.'
                : 'Decrypting what is here; it goes on after a crash.'
              : vault.encrypted
                ? 'Encryption is on. There is no way back without the passphrase.'
                : isPrivateSession()
                  ? 'A private session writes nothing to the disk: there is nothing to encrypt.'
                  : 'Encryption is off: the lock keeps people off the screen, not off the disk.'}
          </p>
          {progress && (
            <Progress label="Encryption" done={progress.done} total={progress.total} labelHidden />
          )}
          <div className="flex flex-wrap gap-2">
            <Button
              size="small"
              onClick={() => {
                lock();
              }}
            >
              Lock now
            </Button>
            {found?.persistent === true && (
              <Button
                size="small"
                disabled={progress !== null}
                onClick={ask(vault.encrypted ? 'decrypt' : 'encrypt')}
              >
                {vault.encrypted ? 'Turn encryption off…' : 'Turn encryption on…'}
              </Button>
            )}
            <Button size="small" onClick={ask('change')}>
              Change the passphrase…
            </Button>
            {site === null && !vault.encrypted && !vault.converting && (
              <Button size="small" look="danger" onClick={ask('remove')}>
                Remove the passphrase…
              </Button>
            )}
          </div>
        </>
      )}
      {action && (
        <Suspense fallback={null}>
          <PassphraseDialog
            action={action}
            onClose={() => {
              setAction(null);
            }}
          />
        </Suspense>
      )}
    </SettingsSection>
  );
}
