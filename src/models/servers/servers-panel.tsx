import { lazy, Suspense, useId, useState } from 'react';
import type { EngineState } from '../../engine/port.ts';
import { isAbort, toAppError, type AppError } from '../../errors/app-error.ts';
import { Button } from '../../ui/button.tsx';
import type { Catalogue } from '../catalogue/catalogue-schema.ts';
import type { ModelRuntime } from '../load/model-runtime.ts';
import { ServerError } from './server-error.tsx';
import { allServers, removeServer, SERVER_PREFIX, useServers, type KnownServer } from './servers-store.ts';

const ConnectDialog = lazy(() => import('./connect-dialog.tsx'));

export interface ServersPanelProps {
  readonly catalogue: Catalogue;
  readonly runtime: ModelRuntime;
}

/** The servers that are known here, and the way to another. */
export function ServersPanel({ catalogue, runtime }: ServersPanelProps) {
  const connected = useServers((state) => state.connected);
  const headingId = useId();
  const [dialog, setDialog] = useState<'closed' | 'new' | KnownServer>('closed');
  /** Why a server that was just connected could not be used, by id. */
  const [failures, setFailures] = useState<ReadonlyMap<string, AppError>>(new Map());
  const servers = allServers(connected, catalogue, document.baseURI);

  const load = (id: string): void => {
    setFailures((before) => new Map([...before].filter(([each]) => each !== id)));
    runtime.load(`${SERVER_PREFIX}${id}`).catch((thrown: unknown) => {
      if (!isAbort(thrown))
        setFailures((before) => new Map(before).set(id, toAppError(thrown, 'server/failed')));
    });
  };
  return (
    <section aria-labelledby={headingId} className="grid gap-4 border-t border-line-strong pt-6">
      <div className="max-w-measure">
        <h2 id={headingId} className="font-serif text-xl font-semibold">
          Servers
        </h2>
        <p className="mt-1 font-serif text-base">
          A model too large for this machine can run on a server that you, or whoever runs this site, name.
          What you ask it goes there and nowhere else.
        </p>
      </div>
      {servers.map((server) => (
        <ServerCard
          key={server.id}
          server={server}
          runtime={runtime}
          failure={failures.get(server.id) ?? null}
          onLoad={() => {
            load(server.id);
          }}
          onEdit={() => {
            setDialog(server);
          }}
        />
      ))}
      <div>
        <Button
          onClick={() => {
            setDialog('new');
          }}
        >
          Connect a server
        </Button>
      </div>
      {dialog !== 'closed' && (
        <Suspense fallback={null}>
          <ConnectDialog
            server={dialog === 'new' ? null : dialog}
            onClose={() => {
              setDialog('closed');
            }}
            onConnected={(id) => {
              setDialog('closed');
              load(id);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}

interface ServerCardProps {
  readonly server: KnownServer;
  readonly runtime: ModelRuntime;
  readonly failure: AppError | null;
  readonly onLoad: () => void;
  readonly onEdit: () => void;
}

function ServerCard({ server, runtime, failure, onLoad, onEdit }: ServerCardProps) {
  const state = runtime.useEngineState();
  const titleId = useId();
  const here = modelIdOf(state) === `${SERVER_PREFIX}${server.id}`;
  const loading = here && state.status === 'loading';
  const loaded = here && (state.status === 'ready' || state.status === 'generating') ? state.loaded : null;
  const busy = state.status === 'loading' || state.status === 'generating';
  return (
    <article aria-labelledby={titleId} className="grid gap-2 border-l-2 border-line pl-4">
      <h3 id={titleId} className="font-medium [overflow-wrap:anywhere]">
        {server.name}
      </h3>
      <p className="text-sm text-ink-muted [overflow-wrap:anywhere]">
        {server.model ?? 'Its only model'} at {server.root}
        {server.fromSite && ', named by this site'}
      </p>
      {loading && (
        <p role="status" className="text-sm">
          Asking the server what it can do…
        </p>
      )}
      {loaded && (
        <p className="max-w-measure text-sm">
          <span className="font-medium text-ok">Loaded.</span> {loaded.backendReason}{' '}
          <span className="text-ink-muted">
            Window {loaded.contextLength.toLocaleString('en-GB')} tokens.
          </span>
        </p>
      )}
      {failure && <ServerError error={failure} />}
      <div className="flex flex-wrap gap-2">
        {loaded || loading ? (
          <Button
            onClick={() => {
              void runtime.unload();
            }}
          >
            Unload
          </Button>
        ) : (
          <Button look="primary" disabled={busy} onClick={onLoad}>
            Load
          </Button>
        )}
        <Button disabled={here && busy} onClick={onEdit}>
          Edit
        </Button>
        {!server.fromSite && (
          <Button
            onClick={() => {
              if (here) void runtime.unload();
              removeServer(server.id);
            }}
          >
            Remove
          </Button>
        )}
      </div>
    </article>
  );
}

function modelIdOf(state: EngineState): string | null {
  switch (state.status) {
    case 'loading':
      return state.model.modelId;
    case 'ready':
    case 'generating':
    case 'lost':
      return state.loaded.modelId;
    case 'idle':
    case 'failed':
      return null;
  }
}
