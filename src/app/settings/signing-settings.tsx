import { useEffect, useState } from 'react';
import { useStore } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { makeOwnKey, ownKey, removeOwnKey, type OwnKey } from '../../transcripts/signing/own-key.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { TextField } from '../../ui/field.tsx';
import { SettingsSection } from './section.tsx';

/** A key of this browser’s, with which transcripts and runs are signed. */
export function SigningSettings() {
  const store = useStore((state) => state.store);
  const [key, setKey] = useState<OwnKey | null | undefined>(undefined);
  const [error, setError] = useState<AppError | null>(null);
  const attempt = (work: Promise<OwnKey | null>): void => {
    work.then(setKey, (thrown: unknown) => {
      setError(toAppError(thrown));
    });
  };
  useEffect(() => {
    if (store) attempt(ownKey(store));
  }, [store]);
  return (
    <SettingsSection
      id="signing"
      title="Signed exports"
      lead="With a key of your own, JSON, HTML and Markdown transcripts, backups and runs say that you exported them, and Import says whether that still fits."
    >
      {error && <ErrorAlert error={error} />}
      {store && key === null && (
        <form
          className="flex max-w-measure flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            setError(null);
            const name = new FormData(event.currentTarget).get('name');
            attempt(makeOwnKey(store, typeof name === 'string' ? name : ''));
          }}
        >
          <TextField
            label="Your name or your site’s, as others will read it"
            name="name"
            required
            maxLength={100}
          />
          <Button type="submit">Make a key</Button>
        </form>
      )}
      {store && key && (
        <>
          <p role="status" aria-label="Signing key" className="text-sm">
            Exports are signed as “{key.name}”, key <span className="font-mono">{key.fingerprint}</span>. Tell
            the key to those who receive them: a name anyone can take.
          </p>
          <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
            <Button
              size="small"
              look="danger"
              onClick={() => {
                attempt(removeOwnKey(store).then(() => null));
              }}
            >
              Remove the key
            </Button>
            <p className="text-xs text-ink-muted">
              It can’t be copied out of this browser. What was signed stays signed.
            </p>
          </div>
        </>
      )}
    </SettingsSection>
  );
}
