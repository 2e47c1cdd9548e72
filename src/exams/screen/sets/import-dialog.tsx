import { useEffect, useRef, useState } from 'react';
import { conversationStore } from '../../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../../errors/app-error.ts';
import { formatCount } from '../../../lib/format.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { TextField } from '../../../ui/field.tsx';
import { showToast } from '../../../ui/feedback/toast.tsx';
import { saveSet } from '../../data/sets.ts';
import { importInWorker } from '../../items/import-in-worker.ts';
import { withoutLostImages, type ImportedSet, type ImportOutcome } from '../../items/import-set.ts';
import { MAX_NAME_CHARACTERS } from '../../items/limits.ts';
import type { SourceFile } from '../../items/tables.ts';
import { ImportReport } from './import-report.tsx';
import { MappingForm } from './mapping-form.tsx';
import { useAct } from '../use-act.ts';

/** Choose, drop or paste; then what was found, and one press that keeps it. Nothing is stored before. */
export function ImportDialog({
  files,
  onClose,
}: {
  readonly files: readonly File[];
  readonly onClose: () => void;
}) {
  /** Here, not where it is typed: whoever comes back from what was found in it goes on with it. */
  const [pasted, setPasted] = useState('');
  const [outcome, setOutcome] = useState<ImportOutcome | null>(null);
  const [reading, setReading] = useState(false);
  const [error, setError] = useState<AppError | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const read = (sources: readonly SourceFile[]): void => {
    if (sources.length === 0) return;
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    setReading(true);
    setError(null);
    importInWorker(sources, mine.signal)
      .then(setOutcome)
      .catch((thrown: unknown) => {
        if (!mine.signal.aborted) setError(toAppError(thrown));
      })
      .finally(() => {
        if (stop.current === mine) setReading(false);
      });
  };
  const dropped = useRef(files);
  const first = useRef(read);
  useEffect(() => {
    first.current(dropped.current.map(sourceOf));
  }, []);

  return (
    <Dialog open title="Import questions" onClose={onClose}>
      <div className="grid gap-5 text-sm">
        {!outcome && <Choose pasted={pasted} onPasted={setPasted} onChosen={read} />}
        {reading && <p role="status">Reading…</p>}
        {error && <ErrorAlert error={error} />}
        {outcome && (
          <Found
            outcome={outcome}
            again={pasted.trim() === '' ? 'Choose other files' : 'Back to what was pasted'}
            onMapped={(set) => {
              const sets = set ? [...outcome.sets, set] : outcome.sets;
              setOutcome({ ...outcome, sets, unmapped: outcome.unmapped.slice(1) });
            }}
            onAgain={() => {
              setOutcome(null);
            }}
            onClose={onClose}
          />
        )}
      </div>
    </Dialog>
  );
}

function sourceOf(file: File): SourceFile {
  return { path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, blob: file };
}

function Choose({
  pasted,
  onPasted,
  onChosen,
}: {
  readonly pasted: string;
  readonly onPasted: (text: string) => void;
  readonly onChosen: (files: readonly SourceFile[]) => void;
}) {
  const choose = (folder: boolean): void => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    if (folder) input.webkitdirectory = true;
    input.addEventListener('change', () => {
      onChosen([...(input.files ?? [])].map(sourceOf));
    });
    input.click();
  };
  return (
    <>
      <p>
        MedQA, MedMCQA, PubMedQA, MMLU, MedXpertQA, HeadQA, CareQA, AfriMed-QA and their parquet files, Anki’s
        text export, and any table with a column for the question and one for each option.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          look="primary"
          onClick={() => {
            choose(false);
          }}
        >
          Choose files
        </Button>
        <Button
          onClick={() => {
            choose(true);
          }}
        >
          Choose a folder
        </Button>
      </div>
      <label className="grid gap-1 font-medium">
        Or paste
        <textarea
          rows={4}
          value={pasted}
          onChange={(event) => {
            onPasted(event.currentTarget.value);
          }}
          className="w-full rounded-md border border-line-strong bg-surface p-2 font-mono text-xs font-normal"
        />
      </label>
      {pasted.trim() !== '' && (
        <Button
          className="justify-self-start"
          onClick={() => {
            onChosen([{ path: 'Pasted questions', blob: new Blob([pasted]) }]);
          }}
        >
          Read what was pasted
        </Button>
      )}
    </>
  );
}

function Found({
  outcome,
  again,
  onMapped,
  onAgain,
  onClose,
}: {
  readonly outcome: ImportOutcome;
  /** What the way back is called. */
  readonly again: string;
  /** Of the first table that is to be mapped; null: it is left out. */
  readonly onMapped: (set: ImportedSet | null) => void;
  readonly onAgain: () => void;
  readonly onClose: () => void;
}) {
  const [titles, setTitles] = useState<ReadonlyMap<number, string>>(new Map());
  const [leaveOut, setLeaveOut] = useState<ReadonlyMap<number, boolean>>(new Map());
  /** Sets that are stored: after a failure, pressing again must not store them twice. */
  const stored = useRef(new Map<number, number>());
  const { act, error, busy } = useAct();
  const [table] = outcome.unmapped;
  const { sets } = outcome;
  return (
    <>
      {outcome.failed.map(({ file, error: failure }) => (
        <div key={file} className="grid gap-1">
          <p className="font-medium [overflow-wrap:anywhere]">
            {file}
            {typeof failure.details.row === 'number' && `, line ${failure.details.row}`}
          </p>
          <ErrorAlert error={failure} />
        </div>
      ))}
      {sets.map((set, index) => (
        <section key={index} aria-label={set.title} className="grid gap-3">
          <TextField
            label="Title"
            value={titles.get(index) ?? set.title}
            maxLength={MAX_NAME_CHARACTERS}
            onChange={(event) => {
              setTitles(new Map(titles).set(index, event.currentTarget.value));
            }}
          />
          <ImportReport
            set={set}
            leaveOut={leaveOut.get(index) ?? false}
            onLeaveOut={(value) => {
              setLeaveOut(new Map(leaveOut).set(index, value));
            }}
          />
        </section>
      ))}
      {table && (
        <MappingForm
          key={outcome.unmapped.length}
          table={table}
          onRead={onMapped}
          onLeave={() => {
            onMapped(null);
          }}
        />
      )}
      {error && <ErrorAlert error={error} />}
      {sets.length > 0 && outcome.unmapped.length > 0 && (
        <p className="text-ink-muted">
          {outcome.unmapped.length === 1 ? 'One table is' : `${outcome.unmapped.length} tables are`} not read
          yet and would not be kept.
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {sets.length > 0 && (
          <Button
            look="primary"
            disabled={busy}
            onClick={() => {
              act(async () => {
                const store = await conversationStore();
                for (const [index, set] of sets.entries()) {
                  if (stored.current.has(index)) continue;
                  const title = (titles.get(index) ?? set.title).trim();
                  const kept = leaveOut.get(index) === true ? await withoutLostImages(set) : set;
                  await saveSet(store, { ...kept, title: title === '' ? set.title : title });
                  stored.current.set(index, kept.items.length);
                }
                const items = [...stored.current.values()].reduce((sum, count) => sum + count, 0);
                showToast(`${formatCount(items)} questions imported`);
                onClose();
              });
            }}
          >
            {sets.length === 1 ? 'Keep this set' : `Keep these ${sets.length} sets`}
          </Button>
        )}
        <Button onClick={onAgain}>{again}</Button>
      </div>
    </>
  );
}
