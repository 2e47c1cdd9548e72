import { useId, useState, type ReactNode } from 'react';
import { formatBytes, formatCount } from '../../lib/format.ts';
import type {
  Catalogue,
  CatalogueEntry,
  RunnableEntry,
  UnavailableEntry,
} from '../catalogue/catalogue-schema.ts';
import { GetPanel, type GetPanelProps } from './get-panel.tsx';
import { InstallPanel } from './install-panel.tsx';
import { LibraryPanel } from './library-panel.tsx';
import { LoadPanel } from './load-panel.tsx';
import type { ModelRuntime } from '../load/model-runtime.ts';
import type { DeviceFacts } from '../../engine/engine-entry.ts';
import { loadOptions } from '../load/model-to-load.ts';
import { ServedModel } from '../servers/served-model.tsx';
import { useModels } from './models-store.ts';

export interface CardProps<E extends CatalogueEntry> {
  readonly entry: E;
  readonly catalogue: Catalogue;
  readonly device: DeviceFacts;
  readonly runtime: ModelRuntime;
  /** What this device can do with it, in words. */
  readonly verdict: ReactNode;
}

/** One model of the catalogue. */
export function ModelCard({ entry, ...rest }: CardProps<CatalogueEntry>) {
  const titleId = useId();
  return (
    <article aria-labelledby={titleId} className="grid gap-5 border-t border-line-strong pt-6">
      <header className="max-w-measure">
        <h2 id={titleId} className="font-serif text-xl font-semibold">
          {entry.name}
        </h2>
        <p className="mt-1 font-serif text-base">{entry.summary}</p>
      </header>
      {entry.kind === 'unavailable' ? (
        <Unavailable entry={entry} {...rest} />
      ) : (
        <Runnable entry={entry} {...rest} />
      )}
    </article>
  );
}

/** A fact with its name in the margin, as a textbook sets it. */
function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="grid gap-x-6 gap-y-0.5 sm:grid-cols-[7.5rem_1fr]">
      <dt className="side-head pt-px">{name}</dt>
      <dd className="min-w-0 max-w-measure text-sm">{children}</dd>
    </div>
  );
}

function Unavailable({ entry, catalogue, runtime }: CardProps<UnavailableEntry>) {
  return (
    <>
      <dl className="grid gap-3">
        <Fact name="This device">{entry.why}</Fact>
        <Fact name="Licence">{entry.licence.name}</Fact>
        <Fact name="Size">{sizeText(entry)}</Fact>
        {entry.serving && <Fact name="Its server">{entry.serving.needs}</Fact>}
        {entry.page !== null && (
          <Fact name="More">
            <a className="text-accent underline" href={entry.page} target="_blank" rel="noreferrer">
              Its page
            </a>{' '}
            (opens another site)
          </Fact>
        )}
      </dl>
      {entry.serving && (
        <ServedModel entry={entry} serving={entry.serving} catalogue={catalogue} runtime={runtime} />
      )}
    </>
  );
}

function Runnable({ entry, catalogue, device, runtime, verdict }: CardProps<RunnableEntry>) {
  const installs = useModels((state) => state.installs).filter(
    (each) => each.acquisition.modelId === entry.id,
  );
  const preferredForms = useModels((state) => state.preferredForms);
  const freed = useModels((state) => state.freed.get(entry.id));
  const options = loadOptions(entry, device, { installs, preferredForms });
  const hasPackage = installs.some((each) => each.status === 'ready' && each.acquisition.form !== 'gguf');
  return (
    <>
      <dl className="grid gap-3">
        <Fact name="This device">{verdict}</Fact>
        <Fact name="Licence">
          {entry.licence.name}. <span className="text-ink-muted">{entry.licence.line}</span>
        </Fact>
        <Fact name="Size">{sizeText(entry)}</Fact>
        {entry.verified !== null && <Fact name="Verified">{entry.verified}</Fact>}
      </dl>
      <LoadPanel entry={entry} runtime={runtime} options={options}>
        {(inUse) => (
          <>
            {installs.map((install) => (
              <InstallPanel key={install.id} entry={entry} install={install} inUse={inUse} />
            ))}
            {hasPackage && <LibraryPanel entry={entry} installs={installs} />}
            {freed !== undefined && (
              <p role="status" className="text-sm text-ink-muted">
                {formatBytes(freed)} freed.
              </p>
            )}
            <Get entry={entry} catalogue={catalogue} device={device} installs={installs} />
          </>
        )}
      </LoadPanel>
    </>
  );
}

/** A built-in model is here already: other forms of it are for trying out the ways in. */
function Get(props: GetPanelProps) {
  const [open, setOpen] = useState(false);
  if (props.entry.kind !== 'built-in') return <GetPanel {...props} />;
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary className="w-fit text-sm font-medium text-accent">Other forms of it</summary>
      <div className="mt-3">{open && <GetPanel {...props} />}</div>
    </details>
  );
}

function sizeText({ architecture }: Pick<RunnableEntry, 'architecture'>): string {
  const { parameters: count, layers, trainedContext } = architecture;
  return `${parameters(count)} parameters in ${String(layers)} layers, a window of ${formatCount(trainedContext)} tokens`;
}

function parameters(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e6).toFixed(1)} million`;
}
