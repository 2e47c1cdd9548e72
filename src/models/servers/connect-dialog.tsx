import { useEffect, useId, useRef, useState } from 'react';
import { parseAddress } from '../../engine/remote/connect/address.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Checkbox, TextField } from '../../ui/field.tsx';
import { isKept, keyOf } from './server-keys.ts';
import { ServerError } from './server-error.tsx';
import { keepServer, type KnownServer } from './servers-store.ts';
import { describeAbilities, tryServer } from './test-connection.ts';

export interface ConnectDialogProps {
  /** The one to change; null: a new one. */
  readonly server: KnownServer | null;
  readonly onClose: () => void;
  /** It is kept, and wants to be used. */
  readonly onConnected: (serverId: string) => void;
}

/** The model it would write with. */
interface Found {
  readonly model: string;
  /** The server has no other. */
  readonly only: boolean;
}

type Outcome =
  | { readonly status: 'untried' }
  | { readonly status: 'asking' }
  | { readonly status: 'fits'; readonly found: Found; readonly sentences: readonly string[] }
  | { readonly status: 'choose'; readonly count: number }
  | { readonly status: 'failed'; readonly error: AppError };

/** Address, model, key; Test says what is there or exactly why not. */
export default function ConnectDialog({ server, onClose, onConnected }: ConnectDialogProps) {
  const [address, setAddress] = useState(server ? server.root : '');
  const [model, setModel] = useState(server?.model ?? '');
  const [key, setKey] = useState(() => (server ? (keyOf(server.id) ?? '') : ''));
  const [keepKey, setKeepKey] = useState(() => (server ? isKept(server.id) : false));
  const [models, setModels] = useState<readonly string[]>([]);
  const [outcome, setOutcome] = useState<Outcome>({ status: 'untried' });
  const asking = useRef<AbortController | null>(null);
  const listId = useId();

  const changed = (): void => {
    asking.current?.abort();
    setOutcome({ status: 'untried' });
  };

  /** @returns the model it would write with, or null when it was not found to work. */
  const test = async (): Promise<Found | null> => {
    asking.current?.abort();
    const mine = new AbortController();
    asking.current = mine;
    setOutcome({ status: 'asking' });
    try {
      const { root } = parseAddress(address, document.baseURI);
      const tried = await tryServer({ root, key: key.trim(), model: model.trim() }, mine.signal, setModels);
      if (!tried.abilities) {
        setOutcome({ status: 'choose', count: tried.models.length });
        return null;
      }
      setModel(tried.abilities.model);
      const found = { model: tried.abilities.model, only: tried.models.length === 1 };
      setOutcome({ status: 'fits', found, sentences: describeAbilities(tried.abilities) });
      return found;
    } catch (thrown) {
      if (!isAbort(thrown)) setOutcome({ status: 'failed', error: toAppError(thrown, 'server/failed') });
      return null;
    }
  };

  const connect = async (): Promise<void> => {
    const found = outcome.status === 'fits' ? outcome.found : await test();
    if (found === null) return;
    const { root, host } = parseAddress(address, document.baseURI);
    const form = { root, host, model: found.model, key: key.trim(), keepKey };
    onConnected(keepServer(server, form, found.only));
  };

  return (
    <Dialog
      open
      title={server ? `Edit ${server.name}` : 'Connect a server'}
      onClose={() => {
        asking.current?.abort();
        onClose();
      }}
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void connect();
        }}
      >
        <p className="max-w-measure font-serif text-base">
          For a model that this machine is too small for. What you ask it goes to that server, and you are
          asked before the first message does.
        </p>
        <TextField
          label="Address"
          value={address}
          placeholder="https://llm.example.org or http://localhost:8000"
          hint="Of an OpenAI-compatible server (vLLM, llama.cpp, …), with or without /v1. A proxy beside this app: /v1."
          autoComplete="off"
          spellCheck={false}
          inputMode="url"
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            changed();
          }}
        />
        <TextField
          label="Model"
          value={model}
          list={listId}
          hint={
            models.length > 0
              ? `The server lists ${models.length === 1 ? 'one model' : `${models.length.toLocaleString('en-GB')} models`}; another name may be typed.`
              : 'As the server calls it. Test fills in the list; where there is only one, leave it empty.'
          }
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setModel(event.currentTarget.value);
            changed();
          }}
        />
        <datalist id={listId}>
          {models.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <TextField
          label="Key"
          data-secret
          value={key}
          hint="Only if the server wants one. It stays in this tab, and is in no export and no error report."
          autoComplete="off"
          spellCheck={false}
          className="[-webkit-text-security:disc]"
          onChange={(event) => {
            setKey(event.currentTarget.value);
            changed();
          }}
        />
        <Checkbox
          label="Keep the key in this browser"
          hint="Unencrypted, like the chats: whoever can use this browser profile can read it."
          checked={keepKey}
          onChange={setKeepKey}
        />
        <Answer outcome={outcome} />
        <div className="flex flex-wrap gap-3">
          <Button type="submit" look="primary" disabled={outcome.status === 'asking'}>
            {server ? 'Save' : 'Connect'}
          </Button>
          <Button
            disabled={outcome.status === 'asking'}
            onClick={() => {
              void test();
            }}
          >
            Test
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Answer({ outcome }: { readonly outcome: Outcome }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // On a small screen it comes below the fold.
    if (outcome.status !== 'untried') ref.current?.scrollIntoView({ block: 'nearest' });
  }, [outcome]);
  return (
    <div ref={ref} className="empty:hidden">
      <div role="status" aria-label="Test" className="empty:hidden text-sm">
        {outcome.status === 'asking' && <p className="text-ink-muted">Asking the server what it is…</p>}
        {outcome.status === 'choose' && (
          <p>It answers, and lists {outcome.count.toLocaleString('en-GB')} models: choose one under Model.</p>
        )}
        {outcome.status === 'fits' && (
          <ul className="grid list-disc gap-1 border-l-3 border-ok pl-8">
            {outcome.sentences.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        )}
      </div>
      {outcome.status === 'failed' && <ServerError error={outcome.error} />}
    </div>
  );
}
