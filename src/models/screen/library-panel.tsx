import { useEffect, useRef, useState } from 'react';
import { formatBytes } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import type { RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { libraryId } from '../catalogue/ids.ts';
import { noticeText } from './install-panel.tsx';
import { libraryUrl } from '../catalogue/library-url.ts';
import { fetchLibraryNow, importLibraryFile, useModels } from './models-store.ts';
import type { InstallRecord, MlcForm } from '../storage/records.ts';

/** The compiled program a package runs with: there or not, whose, and how to bring it. */
export function LibraryPanel({
  entry,
  installs,
}: {
  readonly entry: RunnableEntry;
  readonly installs: readonly InstallRecord[];
}) {
  return installs
    .filter((each) => each.status === 'ready')
    .map(({ acquisition }) =>
      acquisition.form === 'gguf' ? null : (
        <Library key={acquisition.form} entry={entry} form={acquisition.form} />
      ),
    );
}

/** How bringing a library went while no package that it runs is here: it has no panel of its own then. */
export function BroughtLibrary({ url, here }: { readonly url: string; readonly here: boolean }) {
  const failure = useModels((state) => state.failures.get(libraryId(url)));
  if (failure) return <ErrorAlert error={failure} comesIntoSight />;
  if (!here) return null;
  return (
    <p role="status" className="max-w-measure text-sm text-ink-muted">
      The model library is on this machine. It is used as soon as a package it runs is here, too.
    </p>
  );
}

function Library({ entry, form }: { readonly entry: RunnableEntry; readonly form: MlcForm }) {
  const { url, published } = libraryUrl(entry, form, new URL('.', document.baseURI).href);
  const key = libraryId(url);
  const notices = useModels((state) => state.notices);
  const record = useModels((state) => state.libraries.find((each) => each.url === url));
  const failure = useModels((state) => state.failures.get(key));
  const [working, setWorking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const present = useLibraryPresent(url, record?.at ?? 0);
  if (present === null) return null;
  const bring = (work: Promise<unknown>): void => {
    setWorking(true);
    void work.finally(() => {
      setWorking(false);
    });
  };
  return (
    <div role="group" aria-label={`Model library, ${form}`} className="grid gap-2 text-sm">
      {failure && <ErrorAlert error={failure} />}
      {present && record ? (
        <p>
          Model library, {formatBytes(record.bytes)}
          <span className="text-ink-muted">
            {record.importedFrom === '' ? '' : ` · imported from ${record.importedFrom}`} ·{' '}
            <span title={record.sha256}>SHA-256 {record.sha256.slice(0, 12)}…</span>
          </span>
        </p>
      ) : (
        <p className="text-warn">
          The model library is missing: the compiled program the GPU engine runs this model with.
          {!published && ' None is published for a model of these sizes, so it has to be imported.'}
        </p>
      )}
      {notices
        .filter((each) => each.installId === key)
        .map(({ notice }) => (
          <p role="status" key={notice.kind} className="text-ink-muted">
            {noticeText(notice)}
          </p>
        ))}
      <div className="flex flex-wrap gap-2">
        {published && (
          <Button
            size="small"
            look={present ? 'quiet' : 'plain'}
            disabled={working}
            onClick={() => {
              bring(fetchLibraryNow(key, url, entry.mlc?.quantizations[form]?.librarySha256 ?? null));
            }}
          >
            {present ? 'Fetch library again' : 'Fetch library'}
          </Button>
        )}
        <Button
          size="small"
          look={present ? 'quiet' : 'plain'}
          disabled={working}
          onClick={() => input.current?.click()}
        >
          {present ? 'Replace library' : 'Import library'}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        accept=".wasm"
        hidden
        aria-label={`Model library for ${entry.name}`}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) bring(importLibraryFile(key, url, file));
        }}
      />
    </div>
  );
}

/** @returns null until known. Asks again when one came in, the same as before or another: its hash is remembered while it is gone. */
function useLibraryPresent(url: string, cameAt: number): boolean | null {
  const [present, setPresent] = useState<boolean | null>(null);
  useEffect(() => {
    let current = true;
    void import('../acquire/library.ts')
      .then(({ hasLibrary }) => hasLibrary(caches, url))
      .catch(() => false)
      .then((found) => {
        if (current) setPresent(found);
      });
    return () => {
      current = false;
    };
  }, [url, cameAt]);
  return present;
}
