import { useEffect, useRef, useState, type ChangeEvent } from 'react';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { formatBytes } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { sourcePage } from '../catalogue/catalogue-lookup.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { chosenFiles } from './choose-files.ts';
import { installId, libraryId, modelOfInstall } from '../catalogue/ids.ts';
import type { ChosenFile } from '../acquire/ways/acquisition-run.ts';
import { BroughtLibrary } from './library-panel.tsx';
import { libraryUrl } from '../catalogue/library-url.ts';
import { LicenceDialog } from './licence-dialog.tsx';
import type { DeviceFacts } from '../../engine/engine-entry.ts';
import { canRun } from '../load/model-to-load.ts';
import { offeredName, offerFiles, useOfferedFiles } from './offered-files.ts';
import {
  acquire,
  dismissFailures,
  hasAccepted,
  importLibraryFile,
  isWorking,
  useModels,
} from './models-store.ts';
import type { InstallRecord, MlcForm } from '../storage/records.ts';
import {
  acquisitionOf,
  firstChoice,
  offers,
  siteUrl,
  type SourceChoice,
  type Wanted,
} from './source-choice.ts';
import { SourcePicker } from './source-picker.tsx';

/** The ways in: Convert or Download from the chosen source, or Import file. */
export function GetPanel({ entry, catalogue, device, installs }: GetPanelProps) {
  const [choice, setChoice] = useState<SourceChoice>(() => firstChoice(entry, device));
  const [pending, setPending] = useState<Wanted | null>(null);
  const [problem, setProblem] = useState<AppError | null>(null);
  const [library, setLibrary] = useState<{ form: MlcForm; url: string; here: boolean } | null>(null);
  const accepted = useModels((state) => hasAccepted(state, entry));
  const offered = useOfferedFiles((state) => state.offered);
  const blocked = useModels((state) => isWorking(state) || state.storageProblem !== null);
  const source = entry.sources.find((each) => each.id === choice.sourceId);
  const { convert, download } = offers(entry, choice, installs);
  // A package somebody hosts is of one form; the others are made in the form that was chosen.
  const gpuRuns = canRun(device, source?.format === 'mlc' ? source.quantization : choice.mlcForm);

  const start = (what: Wanted): void => {
    setProblem(null);
    try {
      const acquisition = acquisitionOf(catalogue, entry, choice, what);
      void acquire(acquisition, what.from === 'files' ? what.files : [], installId(entry.id, what.form));
    } catch (thrown) {
      setProblem(toAppError(thrown));
    }
  };
  const request = (what: Wanted): void => {
    if (accepted) start(what);
    else setPending(what);
  };
  const bringLibrary = async (form: MlcForm, file: File): Promise<void> => {
    const { url } = libraryUrl(entry, form, siteUrl());
    setLibrary({ form, url, here: false });
    setLibrary({ form, url, here: await importLibraryFile(libraryId(url), url, file) });
  };
  const onFiles = (chosen: readonly ChosenFile[]): void => {
    const wasm = chosen.find(({ path }) => path.toLowerCase().endsWith('.wasm'));
    if (wasm) void bringLibrary(choice.mlcForm, wasm.file);
    const rest = chosen.filter((each) => each !== wasm);
    const isGguf = rest.length === 1 && rest[0]?.path.toLowerCase().endsWith('.gguf') === true;
    const form = isGguf && choice.importAs === 'gguf' ? 'gguf' : choice.mlcForm;
    if (rest.length > 0) request({ from: 'files', form, files: rest });
  };
  const look = (own: boolean) =>
    own && installs.length === 0 && entry.kind === 'fetched' ? 'primary' : 'plain';

  return (
    <div className="grid gap-3">
      {source && (convert !== null || download !== null) && (
        <p className="max-w-measure text-sm text-ink-muted">
          From {source.label}
          <SourceLink catalogue={catalogue} entry={entry} sourceId={source.id} />
          {source.bytes > 0 && `, ${formatBytes(source.bytes)}`}.
          {convert !== null &&
            ' Convert makes the GPU engine’s package on the way in and keeps no copy of the source.'}
          {(convert !== null || source.format === 'mlc') &&
            !gpuRuns &&
            ' This device could not run that package.'}
          {download === 'gguf' && ' Download keeps the file as it is, for llama.cpp.'}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {convert !== null && (
          <Button
            look={look(gpuRuns)}
            disabled={blocked}
            onClick={() => {
              request({ from: 'source', form: convert });
            }}
          >
            Convert
          </Button>
        )}
        {download !== null && (
          <Button
            look={look(!gpuRuns || convert === null)}
            disabled={blocked}
            onClick={() => {
              request({ from: 'source', form: download });
            }}
          >
            Download
          </Button>
        )}
        {offered.length > 0 && (
          <Button
            look="primary"
            disabled={blocked}
            className="[overflow-wrap:anywhere]"
            onClick={() => {
              offerFiles([]);
              onFiles(offered);
            }}
          >
            Import {offeredName(offered)}
          </Button>
        )}
        <FileButtons name={entry.name} disabled={blocked} onFiles={onFiles} />
      </div>
      {problem && (
        <ErrorAlert
          error={problem}
          comesIntoSight
          onDismiss={() => {
            setProblem(null);
          }}
        />
      )}
      <NotBegun entry={entry} installs={installs} />
      {library &&
        !installs.some((each) => each.status === 'ready' && each.acquisition.form === library.form) && (
          <BroughtLibrary url={library.url} here={library.here} />
        )}
      <SourcePicker entry={entry} choice={choice} onChange={setChoice} disabled={blocked} />
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

/** Why what was pressed here could not even begin: nothing is stored that could say so. */
function NotBegun({ entry, installs }: Pick<GetPanelProps, 'entry' | 'installs'>) {
  const failures = useModels((state) => state.failures);
  const mine = [...failures].filter(
    ([id]) => modelOfInstall(id) === entry.id && !installs.some((each) => each.id === id),
  );
  const error = mine.at(-1)?.[1];
  // One that is old when the panel opens answers nothing that was pressed there.
  const [before] = useState(error);
  if (!error) return null;
  return (
    <ErrorAlert
      error={error}
      comesIntoSight={error !== before}
      onDismiss={() => {
        dismissFailures(mine.map(([id]) => id));
      }}
    />
  );
}

export interface GetPanelProps {
  readonly entry: RunnableEntry;
  readonly catalogue: Catalogue;
  readonly device: DeviceFacts;
  readonly installs: readonly InstallRecord[];
}

interface FileButtonsProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly onFiles: (files: readonly ChosenFile[]) => void;
}

function FileButtons({ name, disabled, onFiles }: FileButtonsProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  // React's types do not know the attribute.
  useEffect(() => folder.current?.setAttribute('webkitdirectory', ''), []);
  const take = (event: ChangeEvent<HTMLInputElement>): void => {
    const chosen = chosenFiles(event.currentTarget.files);
    event.currentTarget.value = '';
    if (chosen.length > 0) onFiles(chosen);
  };
  return (
    <>
      <Button
        disabled={disabled}
        title="A GGUF, all files of a model folder, or a model library (.wasm)"
        onClick={() => files.current?.click()}
      >
        Import file
      </Button>
      <Button look="quiet" disabled={disabled} onClick={() => folder.current?.click()}>
        Import folder
      </Button>
      <input ref={files} type="file" hidden multiple aria-label={`Files of ${name}`} onChange={take} />
      <input
        ref={folder}
        type="file"
        hidden

        aria-label={`Folder of ${name}`}
        onChange={take}
      />
    </>
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
