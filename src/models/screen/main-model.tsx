import { useEffect, useState } from 'react';
import type { DeviceProbe } from '../../device/probe.ts';
import { speedText } from '../../device/speed.ts';
import { useDeviceProbe } from '../../device/use-device.ts';
import { verdict } from '../../device/verdict.ts';
import { formatBytes } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { installId } from '../catalogue/ids.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { LicenceDialog } from './licence-dialog.tsx';
import { acquire, hasAccepted, isWorking, startModels, useModels } from './models-store.ts';
import { acquisitionOf, firstChoice, offers } from './source-choice.ts';

/** The plain way to the model the app is for, where it is not on this machine: what it takes here, and one button. */
export function MainModel() {
  const catalogue = useModels((state) => state.catalogue);
  const installs = useModels((state) => state.installs);
  const probe = useDeviceProbe();
  useEffect(() => {
    void startModels();
  }, []);
  const entry = catalogue?.models.find((each): each is RunnableEntry => each.kind === 'fetched');
  if (!catalogue || !entry || !probe.data) return null;
  // Paused, running or here: the header and the Models screen tell the rest.
  if (installs.some(({ acquisition }) => acquisition.modelId === entry.id)) return null;
  return <Offer catalogue={catalogue} entry={entry} probe={probe.data} />;
}

interface OfferProps {
  readonly catalogue: Catalogue;
  readonly entry: RunnableEntry;
  readonly probe: DeviceProbe;
}

function Offer({ catalogue, entry, probe }: OfferProps) {
  const [asking, setAsking] = useState(false);
  const accepted = useModels((state) => hasAccepted(state, entry));
  const blocked = useModels((state) => isWorking(state) || state.storageProblem !== null);
  const { way, headline, speed, slow } = verdict(probe, entry, null);
  const choice = firstChoice(entry, probe);
  const { convert, download } = offers(entry, choice, []);
  const form = way?.engine === 'mlc' ? (convert ?? download) : (download ?? convert);
  const bytes = entry.sources.find(({ id }) => id === choice.sourceId)?.bytes ?? 0;
  const acquisition = form && acquisitionOf(catalogue, entry, choice, { from: 'source', form });
  const host = acquisition?.origin.from === 'url' ? new URL(acquisition.origin.url).host : '';
  const start = (): void => {
    if (acquisition) void acquire(acquisition, [], installId(entry.id, acquisition.form));
  };
  return (
    <section
      aria-labelledby="main-model"
      className="mt-6 border-l-3 border-accent bg-accent-soft px-4 py-3 text-sm"
    >
      <h2 id="main-model" className="font-semibold">
        {entry.name} is not on this machine yet
      </h2>
      {way === null ? (
        <p className="mt-0.5">This device cannot run it. The Models screen says why, and what would help.</p>
      ) : (
        <p className="mt-0.5">
          {headline}
          {speed && !slow && `, ${way.on === 'gpu' ? 'at most' : 'roughly'} ${speedText(speed.atStart)}`}.
          {bytes > 0 &&
            ` Getting it takes ${formatBytes(bytes)} from ${host}, once; it then stays in this browser.`}
        </p>
      )}
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
        {way !== null && acquisition !== null && (
          <Button
            size="small"
            look={slow ? 'plain' : 'primary'}
            disabled={blocked}
            onClick={() => {
              if (accepted) start();
              else setAsking(true);
            }}
          >
            Get {entry.name}
          </Button>
        )}
        <a href="#/models" className="py-1 text-accent underline underline-offset-2">
          {way === null
            ? 'See Models'
            : slow
              ? 'What would help, and other ways'
              : 'From a file, or another way'}
        </a>
      </div>
      <LicenceDialog
        entry={entry}
        open={asking}
        onClose={() => {
          setAsking(false);
        }}
        onAccepted={() => {
          setAsking(false);
          start();
        }}
      />
    </section>
  );
}
