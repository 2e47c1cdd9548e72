import { useId, useRef, useState, type ReactNode } from 'react';
import { toAppError, type AppError } from '../lib/errors.ts';
import { formatBytes } from '../lib/format.ts';
import { Button } from '../ui/button.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { acquisitionFromFiles, acquisitionFromSource } from './acquisition.ts';
import { sourcePage } from './catalogue-lookup.ts';
import type { Catalogue, CatalogueEntry, RunnableEntry, UnavailableEntry } from './catalogue-schema.ts';
import { chosenFiles } from './choose-files.ts';
import { installId } from './ids.ts';
import { InstallPanel } from './install-panel.tsx';
import type { ChosenFile } from './job.ts';
import { LibraryPanel } from './library-panel.tsx';
import { LicenceDialog } from './licence-dialog.tsx';
import { LoadPanel } from './load-panel.tsx';
import { loadOptions, type DeviceAbilities } from './model-to-load.ts';
import { acquire, hasAccepted, importLibraryFile, useModels } from './models-store.ts';
import { libraryUrl } from './library-url.ts';
import { SourcePicker, type SourceChoice } from './source-picker.tsx';

export interface CardProps<E extends CatalogueEntry> {
  readonly entry: E;
  readonly catalogue: Catalogue;
  readonly device: DeviceAbilities;
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
      {entry.kind === 'unavailable' ? <Unavailable entry={entry} /> : <Runnable entry={entry} {...rest} />}
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

function Unavailable({ entry }: { readonly entry: UnavailableEntry }) {
  return (
    <dl className="grid gap-3">
      <Fact name="This device">{entry.why}</Fact>
      <Fact name="Licence">{entry.licence.name}</Fact>
      {entry.page !== null && (
        <Fact name="More">
          <a className="text-accent underline" href={entry.page} target="_blank" rel="noreferrer">
            Its page
          </a>{' '}
          (opens another site)
        </Fact>
      )}
    </dl>
  );
}

function Runnable({ entry, catalogue, device, verdict }: CardProps<RunnableEntry>) {
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
        <Fact name="Window">
          {entry.architecture.trainedContext.toLocaleString('en-GB')} tokens, {entry.architecture.layers}{' '}
          layers, {parameters(entry.architecture.parameters)} parameters
        </Fact>
      </dl>
      <LoadPanel entry={entry} catalogue={catalogue} device={device} options={options}>
        {(inUse) => (
          <>
            {installs.map((install) => (
              <InstallPanel key={install.id} install={install} inUse={inUse} />
            ))}
            {hasPackage && <LibraryPanel entry={entry} installs={installs} />}
            {freed !== undefined && (
              <p role="status" className="text-sm text-ink-muted">
                {formatBytes(freed)} freed.
              </p>
            )}
            <GetPanel entry={entry} catalogue={catalogue} device={device} />
          </>
        )}
      </LoadPanel>
    </>
  );
}

function parameters(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(1)} billion` : `${(count / 1e6).toFixed(1)} million`;
}

type Pending =
  { readonly from: 'source' } | { readonly from: 'files'; readonly files: readonly ChosenFile[] };

/** The ways in: Convert or Download from the chosen source, or Import file. */
function GetPanel({ entry, catalogue, device }: Omit<CardProps<RunnableEntry>, 'verdict'>) {
  const [choice, setChoice] = useState<SourceChoice>(() => firstChoice(entry, device));
  const [pending, setPending] = useState<Pending | null>(null);
  const [problem, setProblem] = useState<AppError | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const accepted = useModels((state) => hasAccepted(state, entry));
  const busy = useModels((state) => state.active !== null);
  const storageProblem = useModels((state) => state.storageProblem);
  const installed = useModels((state) =>
    state.installs.find((each) => each.id === installId(entry.id, choice.form)),
  );
  const source = entry.sources.find((each) => each.id === choice.sourceId);
  const converts = choice.form !== 'gguf' && source?.format !== 'mlc';
  // What is here already needs no button, unless another source is picked to take its place.
  const offered =
    !installed || (installed.status === 'ready' && installed.acquisition.sourceId !== choice.sourceId);

  const start = (what: Pending): void => {
    setProblem(null);
    try {
      const acquisition = acquisitionOf(catalogue, entry, choice, what);
      void acquire(
        acquisition,
        what.from === 'files' ? what.files : [],
        installId(entry.id, acquisition.form),
      );
    } catch (thrown) {
      setProblem(toAppError(thrown));
    }
  };
  const request = (what: Pending): void => {
    if (accepted) start(what);
    else setPending(what);
  };
  const onFiles = (list: FileList | null): void => {
    const chosen = chosenFiles(list);
    const library = chosen.find(({ path }) => path.toLowerCase().endsWith('.wasm'));
    if (library && choice.form !== 'gguf') {
      const { url } = libraryUrl(entry, choice.form, siteUrl());
      void importLibraryFile(installId(entry.id, choice.form), url, library.file);
      if (chosen.length === 1) return;
    }
    if (chosen.length > 0) request({ from: 'files', files: chosen });
  };

  return (
    <div className="grid gap-3">
      {problem && (
        <ErrorAlert
          error={problem}
          onDismiss={() => {
            setProblem(null);
          }}
        />
      )}
      {source && offered && (
        <p className="max-w-measure text-sm text-ink-muted">
          {converts ? 'Converts' : 'Fetches'} {source.label}
          <SourceLink catalogue={catalogue} entry={entry} sourceId={source.id} />
          {source.bytes > 0 && `, ${formatBytes(source.bytes)}`}
          {converts && ', in this browser, on the way in: no copy of the source is kept'}.
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {source && offered && (
          <Button
            look={installed || entry.kind === 'built-in' ? 'plain' : 'primary'}
            disabled={busy || storageProblem !== null}
            onClick={() => {
              request({ from: 'source' });
            }}
          >
            {converts ? 'Convert' : 'Download'}
          </Button>
        )}
        <Button
          disabled={busy || storageProblem !== null}
          title="A GGUF, all files of a model folder, or a model library (.wasm)"
          onClick={() => files.current?.click()}
        >
          Import file
        </Button>
        <Button
          look="quiet"
          disabled={busy || storageProblem !== null}
          onClick={() => folder.current?.click()}
        >
          Import folder
        </Button>
      </div>
      <input
        ref={files}
        type="file"
        hidden
        multiple
        aria-label={`Files of ${entry.name}`}
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <input
        ref={folder}
        type="file"
        hidden
        webkitdirectory=""
        aria-label={`Folder of ${entry.name}`}
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <SourcePicker entry={entry} choice={choice} onChange={setChoice} disabled={busy} />
      <LicenceDialog
        entry={entry}
        open={pending !== null}
        onClose={() => {
          setPending(null);
        }}
        onAccepted={() => {
          setPending(null);
          if (pending) start(pending);
        }}
      />
    </div>
  );
}

function SourceLink({
  catalogue,
  entry,
  sourceId,
}: {
  catalogue: Catalogue;
  entry: RunnableEntry;
  sourceId: string;
}) {
  const at = entry.sources.find((each) => each.id === sourceId)?.at;
  if (!at || !('hub' in at)) return null;
  const page = sourcePage(catalogue, at, siteUrl());
  return (
    <>
      {' from '}
      {page === null ? (
        at.repo
      ) : (
        <a className="text-accent underline" href={page} target="_blank" rel="noreferrer">
          {at.repo}
        </a>
      )}
    </>
  );
}

/** The catalogue's source, in the form this device runs best. */
function firstChoice(entry: RunnableEntry, device: DeviceAbilities): SourceChoice {
  const { mlc } = entry;
  const canF16 = device.webgpu && device.shaderF16 && mlc?.quantizations.q4f16_1 !== undefined;
  const canF32 = device.webgpu && mlc?.quantizations.q4f32_1 !== undefined;
  const gpu = canF16 ? 'q4f16_1' : canF32 ? 'q4f32_1' : null;
  // Without a GPU a built-in model still offers its conversion (for another machine); a fetched one is kept as it is.
  const form = gpu ?? (entry.llamacpp && entry.kind === 'fetched' ? 'gguf' : 'q4f32_1');
  return { sourceId: entry.recommended.source, form, quality: 'fast' };
}

function acquisitionOf(catalogue: Catalogue, entry: RunnableEntry, choice: SourceChoice, what: Pending) {
  const { form, quality } = choice;
  if (what.from === 'files') return acquisitionFromFiles({ entry, form, quality }, what.files, siteUrl());
  const source = entry.sources.find((each) => each.id === choice.sourceId) ?? entry.sources[0];
  if (!source) throw new TypeError(`${entry.id} has no source`);
  return acquisitionFromSource(catalogue, { entry, form, quality }, source, siteUrl());
}

function siteUrl(): string {
  return new URL('.', document.baseURI).href;
}
