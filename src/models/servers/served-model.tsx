import { Button } from '../../ui/button.tsx';
import type { Catalogue, UnavailableEntry } from '../catalogue/catalogue-schema.ts';
import type { ModelRuntime } from '../load/model-runtime.ts';
import { allServers, catalogueModel, SERVER_PREFIX, useServers } from './servers-store.ts';

export interface ServedModelProps {
  readonly entry: UnavailableEntry;
  readonly serving: NonNullable<UnavailableEntry['serving']>;
  readonly catalogue: Catalogue;
  readonly runtime: ModelRuntime;
}

/** A model that no browser runs: the servers known here that have it, and how to put it on one. */
export function ServedModel({ entry, serving, catalogue, runtime }: ServedModelProps) {
  const connected = useServers((state) => state.connected);
  const state = runtime.useEngineState();
  const busy = state.status === 'loading' || state.status === 'generating';
  const having = allServers(connected, catalogue, document.baseURI).filter(
    ({ model }) => model !== null && catalogueModel(model, catalogue)?.id === entry.id,
  );
  const inUse = 'loaded' in state ? state.loaded.modelId : null;
  return (
    <div className="grid grid-cols-1 gap-3">
      {having.map((server) => (
        <div key={server.id} className="flex flex-wrap items-center gap-3 text-sm">
          {inUse === `${SERVER_PREFIX}${server.id}` ? (
            <Button
              onClick={() => {
                void runtime.unload();
              }}
            >
              Unload
            </Button>
          ) : (
            <Button
              look="primary"
              disabled={busy}
              onClick={() => {
                // A failure shows in the model's status and on the server's own card.
                runtime.load(`${SERVER_PREFIX}${server.id}`).catch(() => undefined);
              }}
            >
              Load
            </Button>
          )}
          <span className="[overflow-wrap:anywhere]">on {server.name}</span>
        </div>
      ))}
      <details className="max-w-measure text-sm">
        <summary className="cursor-pointer font-medium">How to serve it</summary>
        <div className="mt-2 grid grid-cols-1 gap-3">
          {serving.ways.map(({ label, commands }) => (
            <div key={label}>
              <p>{label}</p>
              <pre
                // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long command scrolls by keyboard only when it can be focused
                tabIndex={0}
                role="group"
                aria-label={label}
                className="mt-1 overflow-x-auto bg-sunken p-2 font-mono text-xs"
              >
                {commands.join('\n')}
              </pre>
            </div>
          ))}
          <p className="text-ink-muted">
            A proxy that serves this app and /v1 at one address needs neither CORS nor a key in the page:
            docs/servers.md in this app’s source has examples for Caddy and nginx.
          </p>
        </div>
      </details>
    </div>
  );
}
