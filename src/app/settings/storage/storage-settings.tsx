import { useCallback, useEffect, useState } from 'react';
import { useStore } from '../../../conversations/data/store.ts';
import { countStored, type StoredCounts } from '../../../conversations/panel/stored-counts.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { formatBytes, formatCount } from '../../../lib/format.ts';
import { requireSecurePage } from '../../../lib/secure-page.ts';
import { refreshInstalls, remove, startModels, useModels } from '../../../models/screen/models-store.ts';
import { FORM_NAMES } from '../../../models/screen/source-picker.tsx';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { showToast } from '../../../ui/feedback/toast.tsx';
import { useEngineState } from '../../composition/model-runtime.ts';
import { EncryptedBackup } from '../encrypted-backup.tsx';
import { DeleteChats } from '../delete-chats.tsx';
import { EraseButton } from '../erase/erase-button.tsx';
import { Persistence } from './persistence.tsx';
import { SettingsSection } from '../section.tsx';
import { divideUse, measureAppCaches, type StorageUse } from './storage-use.ts';

/** What of the disk this site uses, for what, and how to get it back. */
export function StorageSettings() {
  const store = useStore((state) => state.store);
  const installs = useModels((state) => state.installs);
  const libraries = useModels((state) => state.libraries);
  const [use, setUse] = useState<StorageUse | null>(null);
  const [tally, setTally] = useState<StoredCounts | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const modelBytes =
    installs.reduce((sum, each) => sum + each.storedBytes, 0) +
    libraries.reduce((sum, each) => sum + each.bytes, 0);

  const measure = useCallback(async (): Promise<void> => {
    try {
      requireSecurePage();
      const [estimate, app] = await Promise.all([navigator.storage.estimate(), measureAppCaches(caches)]);
      setUse(divideUse(estimate, modelBytes, app));
      if (store) setTally(await countStored(store));
    } catch (thrown) {
      setError(toAppError(thrown, 'storage/unavailable'));
    }
  }, [modelBytes, store]);
  useEffect(() => {
    void startModels().then(refreshInstalls);
  }, []);
  useEffect(() => {
    // What it sets comes after the first await: nothing is set while the effect runs.
    const timer = setTimeout(() => void measure());
    return () => {
      clearTimeout(timer);
    };
  }, [measure]);

  return (
    <SettingsSection
      id="storage"
      title="Storage"
      lead="Everything is kept by this browser, on this machine, for this site. Clearing the site’s data removes all of it."
    >
      {error && <ErrorAlert error={error} />}
      {use && <Division use={use} tally={tally} />}
      <InstalledModels />
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={() => {
            saveAll().catch((thrown: unknown) => {
              setError(toAppError(thrown));
            });
          }}
        >
          Save all chats to a file
        </Button>
        <EncryptedBackup />
        <DeleteChats count={tally?.chats ?? 0} save={saveAll} onDone={() => void measure()} />
        <EraseButton save={saveAll} />
      </div>
      <Persistence />
    </SettingsSection>
  );
}

/** Everything in one file, which Import merges back. @throws AppError `storage/*`. */
async function saveAll(): Promise<void> {
  const { exportAndDownload } = await import('../../../transcripts/export/export-actions.ts');
  showToast(`Saved ${await exportAndDownload('all', 'json')}`);
}

const SHADES = ['bg-accent', 'bg-folder-orange', 'bg-folder-blue', 'bg-line-strong'] as const;

function Division({ use, tally }: { readonly use: StorageUse; readonly tally: StoredCounts | null }) {
  const chats = tally
    ? `${formatCount(tally.chats)} ${tally.chats === 1 ? 'chat' : 'chats'}, ${formatCount(tally.messages)} messages, and the list of models`
    : 'Chats and lists';
  const parts = [
    { name: 'Models', what: 'Weights and the libraries they run with', bytes: use.models },
    { name: 'App', what: 'Its own offline copy, engines and Demo model included', bytes: use.app },
    { name: 'Chats', what: chats, bytes: use.chats },
    { name: 'Other', what: 'Overhead and unfinished transfers', bytes: use.other },
  ];
  return (
    <div className="grid gap-3">
      <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-sm bg-line">
        {parts.map(({ name, bytes }, index) => (
          <div
            key={name}
            className={SHADES[index]}
            style={{ width: `${String(((bytes ?? 0) / Math.max(1, use.used)) * 100)}%` }}
          />
        ))}
      </div>
      <table aria-label="What uses how much" className="w-full text-sm">
        <tbody>
          {parts.map(({ name, what, bytes }, index) => (
            <tr key={name} className="border-b border-line align-baseline">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal">
                <span
                  aria-hidden
                  className={`mr-2 inline-block size-2 rounded-full ${SHADES[index] ?? ''}`}
                />
                <span className="font-medium">{name}</span>{' '}
                <span className="block pl-4 text-xs text-ink-muted sm:inline sm:pl-1">{what}</span>
              </th>
              <td className="tabular py-1.5 text-right whitespace-nowrap">
                {bytes === null ? 'in Other' : formatBytes(bytes)}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="align-baseline">
            <th scope="row" className="py-1.5 pr-4 text-left font-medium">
              Used{use.free !== null && ', and free for this site'}
            </th>
            <td className="tabular py-1.5 text-right whitespace-nowrap">
              {formatBytes(use.used)}
              {use.free !== null && `, ${formatBytes(use.free)}`}
            </td>
          </tr>
        </tfoot>
      </table>
      <p className="text-xs text-ink-muted">Browsers round these figures, and some hide how much is free.</p>
    </div>
  );
}

function InstalledModels() {
  const installs = useModels((state) => state.installs);
  const busy = useModels((state) => state.active !== null);
  const engine = useEngineState();
  const inUse = 'loaded' in engine ? engine.loaded.modelId : null;
  if (installs.length === 0) return null;
  return (
    <ul aria-label="Models on this machine" className="grid gap-2">
      {installs.map((install) => {
        const { displayName, form, modelId } = install.acquisition;
        return (
          <li
            key={install.id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-sm"
          >
            <span>
              {displayName}
              <span className="text-ink-muted">
                {' · '}
                {FORM_NAMES[form]} · {formatBytes(install.storedBytes)}
                {install.status !== 'ready' && ` · ${install.status}`}
              </span>
            </span>
            <Button
              size="small"
              look="danger"
              aria-label={`Delete ${displayName}, ${FORM_NAMES[form]}`}
              disabled={busy || inUse === modelId}
              title={inUse === modelId ? 'Unload the model first' : undefined}
              onClick={() => void remove(install)}
            >
              Delete
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
