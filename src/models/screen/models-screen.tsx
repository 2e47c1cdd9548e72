import { useEffect } from 'react';
import { ThisDevice } from '../../device/this-device.tsx';
import type { DeviceProbe } from '../../device/probe.ts';
import { speedText } from '../../device/speed.ts';
import { useDeviceProbe, useGpuBandwidth } from '../../device/use-device.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { useWordsGoTo } from '../../engine/tab/where-words-go.ts';
import { verdict } from '../../device/verdict.ts';
import { formatBytes } from '../../lib/format.ts';
import { classNames } from '../../ui/class-names.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import type { CatalogueEntry } from '../catalogue/catalogue-schema.ts';
import { ServersPanel } from '../servers/servers-panel.tsx';
import type { ModelRuntime } from '../load/model-runtime.ts';
import { ModelCard } from './model-card.tsx';
import { offeredName, offerFiles, useOfferedFiles } from './offered-files.ts';
import { startModels, useModels } from './models-store.ts';

/** Every model of the catalogue: what this device can do with it, how to get it, what is here of it. */
export function ModelsScreen({ runtime }: { readonly runtime: ModelRuntime }) {
  const catalogue = useModels((state) => state.catalogue);
  const catalogueProblem = useModels((state) => state.catalogueProblem);
  const storageProblem = useModels((state) => state.storageProblem);
  const offered = useOfferedFiles((state) => state.offered);
  const installs = useModels((state) => state.installs);
  const probe = useDeviceProbe();
  const engine = runtime.useEngineState();
  const server = useWordsGoTo();
  // The measurement must not crowd a large model out of graphics memory; the built-in one leaves room enough.
  const gpuFree =
    engine.status === 'idle' ||
    engine.status === 'failed' ||
    (engine.status === 'ready' &&
      (engine.loaded.backend !== 'webgpu' ||
        catalogue?.models.find(({ id }) => id === engine.loaded.modelId)?.kind === 'built-in'));
  useEffect(() => {
    void startModels();
  }, []);
  const stored = installs.reduce((sum, each) => sum + each.storedBytes, 0);
  return (
    <div className="mx-auto grid w-full max-w-[50rem] gap-8 px-5 py-10">
      <header>
        <h1 className="font-serif text-2xl font-semibold">Models</h1>
        <p className="mt-2 max-w-measure font-serif text-base">
          {server
            ? `The model in use runs on ${serverTitle(server)}: what you ask it goes there. The others are fetched once and kept in this browser.`
            : 'A model is fetched once, kept in this browser, and runs on this machine. What you ask it goes nowhere, unless you connect a server.'}
          {stored > 0 && ` Models take ${formatBytes(stored)} here now.`}
        </p>
      </header>
      {catalogueProblem && (
        <ErrorAlert
          error={catalogueProblem}
          action={String(catalogueProblem.details.problem ?? catalogueProblem.message)}
        />
      )}
      {offered.length > 0 && (
        <div role="status" className="border-l-3 border-accent bg-accent-soft px-4 py-3 text-sm">
          <p className="[overflow-wrap:anywhere]">
            <strong className="font-semibold">{offeredName(offered)}</strong> was opened with this app. Press
            Import on the card of the model it belongs to.
          </p>
          <Button
            size="small"
            look="quiet"
            className="mt-1"
            onClick={() => {
              offerFiles([]);
            }}
          >
            Leave it
          </Button>
        </div>
      )}
      {storageProblem && <ErrorAlert error={storageProblem} />}
      {catalogue && probe.data ? (
        <>
          <div className="grid gap-12">
            {inOrder(catalogue.models).map((entry) => (
              <ModelCard
                key={entry.id}
                entry={entry}
                catalogue={catalogue}
                device={probe.data}
                runtime={runtime}
                verdict={<VerdictLine entry={entry} probe={probe.data} measure={gpuFree} />}
              />
            ))}
          </div>
          <ServersPanel catalogue={catalogue} runtime={runtime} />
          <ThisDevice models={inOrder(catalogue.models)} measure={gpuFree} />
        </>
      ) : (
        <p className="text-sm text-ink-muted">Reading the list of models and what this device can do…</p>
      )}
    </div>
  );
}

/** The models the app is for come first; what is there only to try it comes last. */
function inOrder(models: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  const last = (entry: CatalogueEntry): boolean => entry.kind === 'built-in';
  return [...models.filter((entry) => !last(entry)), ...models.filter(last)];
}

interface VerdictLineProps {
  readonly entry: CatalogueEntry;
  readonly probe: DeviceProbe;
  readonly measure: boolean;
}

/** The verdict in a line; the device's own section below has the reasons in full. */
function VerdictLine({ entry, probe, measure }: VerdictLineProps) {
  const bandwidth = useGpuBandwidth(probe, measure);
  const { headline, reasons, speed, way, slow } = verdict(
    probe,
    entry,
    bandwidth.data?.bytesPerSecond ?? null,
  );
  return (
    <>
      <span
        className={classNames('font-medium', way === null ? 'text-danger' : slow ? 'text-warn' : 'text-ok')}
      >
        {headline}
      </span>
      {speed && (
        <span className="tabular">
          {' · '}
          {way?.on === 'gpu' ? 'at most ' : 'roughly '}
          {speedText(speed.atStart)}
          {way?.on === 'gpu' ? ' (predicted)' : ' (a guess)'}
        </span>
      )}
      {(way === null || slow) && entry.kind !== 'unavailable' && (
        <span className="block text-ink-muted">Why, and what would help: under “This device” below.</span>
      )}
      {entry.kind === 'unavailable' && <span className="block text-ink-muted">{reasons.join(' ')}</span>}
    </>
  );
}
