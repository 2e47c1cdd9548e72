import { useEffect, useId, useRef, useState, type SyntheticEvent } from 'react';
import { openAhead } from '../../conversations/data/open-ahead.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { whenIdle } from '../../lib/waiting/when-idle.ts';
import { choosePassphrase, unlock } from '../../lock/keyring.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { loadFor } from '../settings/erase/asked.ts';
import { NewPassphrase, PassphraseField } from '../../lock/passphrase-fields.tsx';

/** All there is while the screen is locked. */
export default function LockScreen({ choosing }: { readonly choosing: boolean }) {
  useEffect(() => {
    document.title = 'Locked · Meditron Web';
    // Whoever waits for the store waits for this screen; a failure to open it is told behind it.
    conversationStore().catch(() => undefined);
  }, []);
  return (
    <main className="mx-auto grid min-h-dvh w-full max-w-[26rem] content-center gap-6 px-5 py-10">
      {choosing ? <Choose /> : <Unlock />}
    </main>
  );
}

function Unlock() {
  const field = useRef<HTMLInputElement>(null);
  const { error, busy, attempt } = useAttempt();
  useEffect(() => {
    field.current?.focus();
  }, []);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const { current } = field;
    if (!current) return;
    attempt(() => unlock(current.value)).then(
      (done) => {
        if (done) void openNewest();
        else current.select();
      },
      () => undefined,
    );
  };
  return (
    <>
      <form onSubmit={submit} className="grid gap-4">
        <div className="grid gap-1">
          <h1 className="font-serif text-2xl font-semibold">Locked</h1>
          <p className="text-sm text-ink-muted">Everything is as you left it.</p>
        </div>
        <PassphraseField ref={field} label="Passphrase" />
        {error && <ErrorAlert error={error} />}
        <Button type="submit" look="primary" disabled={busy}>
          {busy ? 'Unlocking…' : 'Unlock'}
        </Button>
      </form>
      <Forgotten />
    </>
  );
}

async function openNewest(): Promise<void> {
  const rest = (): Promise<void> =>
    new Promise((done) => {
      whenIdle(done, { latestMs: 500, elseMs: 20 });
    });
  try {
    await openAhead(await conversationStore(), rest);
  } catch {
    // Locked again, or the store failed: whoever opens a chat is told.
  }
}

function Choose() {
  const minutes = usePolicy((policy) => policy.lockMinutes);
  const { error, busy, attempt } = useAttempt();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        const passphrase = new FormData(event.currentTarget).get('passphrase');
        void attempt(() => choosePassphrase(typeof passphrase === 'string' ? passphrase : ''));
      }}
    >
      <div className="grid gap-1">
        <h1 className="font-serif text-2xl font-semibold">Choose a passphrase</h1>
        <p className="text-sm text-ink-muted">
          Your site locks the screen after {String(minutes)} {minutes === 1 ? 'minute' : 'minutes'} without
          use. The passphrase opens it again.
        </p>
      </div>
      <NewPassphrase />
      {error && <ErrorAlert error={error} />}
      <Button type="submit" look="primary" disabled={busy}>
        Go on
      </Button>
    </form>
  );
}

/** No way back, but a way on. */
function Forgotten() {
  const [asking, setAsking] = useState(false);
  const id = useId();
  return (
    <details className="text-sm">
      <summary className="cursor-pointer text-ink-muted">Forgotten the passphrase?</summary>
      <div className="mt-2 grid gap-3">
        <p id={id}>
          Nobody can open this without it. What you saved to a file can be imported again after everything
          here is erased: chats, drafts, exam answers and settings. Models stay.
        </p>
        <div className="flex flex-wrap gap-2">
          {asking ? (
            <>
              <Button
                look="danger"
                aria-describedby={id}
                onClick={() => {
                  loadFor('all-but-models');
                }}
              >
                Yes, erase everything
              </Button>
              <Button
                look="quiet"
                onClick={() => {
                  setAsking(false);
                }}
              >
                Cancel
              </Button>
            </>
          ) : (
            <Button
              size="small"
              look="danger"
              onClick={() => {
                setAsking(true);
              }}
            >
              Erase everything…
            </Button>
          )}
        </div>
      </div>
    </details>
  );
}

function useAttempt() {
  const [error, setError] = useState<AppError | null>(null);
  const [busy, setBusy] = useState(false);
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      setError(toAppError(thrown));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, attempt };
}
