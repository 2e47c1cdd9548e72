import { useState } from 'react';
import { readVersions, type Version } from '../../conversations/data/judgements.ts';
import { getMessages } from '../../conversations/data/repository.ts';
import { useLive } from '../../conversations/panel/hooks.ts';
import type { ShownMessage } from '../../database/records.ts';
import { fileName } from '../../transcripts/format/file-name.ts';
import { download } from '../../transcripts/export/save-file.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { RadioRow } from '../../ui/field.tsx';
import { AskAgain } from './ask-again.tsx';
import { judgementRows, versionsCsv } from './rows.ts';
import { SideBySide } from './side-by-side.tsx';
import { Sweep } from './sweep.tsx';
import { VersionsTable } from './versions-table.tsx';

export interface CompareProps {
  readonly message: ShownMessage;
  readonly onClose: () => void;
}

const VIEWS = [
  { value: 'pair', label: 'Side by side' },
  { value: 'ask', label: 'Ask two settings' },
  { value: 'sweep', label: 'Sweep' },
  { value: 'table', label: 'All versions' },
];

/** The versions of a reply: two side by side, more of them, and all of them as a table. */
export default function Compare({ message, onClose }: CompareProps) {
  const { parentId } = message;
  const versions = useLive(`versions/${message.id}`, (store) => readVersions(store, message));
  const [question] =
    useLive(`question/${parentId ?? ''}`, (store) =>
      getMessages(store, parentId === null ? [] : [parentId]),
    ) ?? [];
  const [view, setView] = useState('pair');
  const [pair, setPair] = useState<readonly [string, string] | null>(null);
  const [hidden, setHidden] = useState(false);
  const ended = (versions ?? []).filter(({ status }) => status !== 'streaming');

  const show = (ids: readonly [string, string], hide: boolean): void => {
    setPair(ids);
    setHidden(hide);
    setView('pair');
  };

  return (
    <Dialog
      open
      title="Compare"
      onClose={onClose}
      className="h-[calc(100dvh-2rem)] max-h-[calc(100dvh-2rem)] w-[min(80rem,calc(100vw-2rem))]"
    >
      {versions && (
        <div className="grid gap-4 text-sm">
          {question && (
            <p dir="auto" className="line-clamp-2 font-serif text-base font-semibold wrap-anywhere">
              {question.text}
            </p>
          )}
          <RadioRow label="View" value={view} choices={VIEWS} onChange={setView} />
          {view === 'pair' && (
            <SideBySide
              versions={ended}
              pair={pair ?? firstPair(ended, message.id)}
              hidden={hidden}
              onPair={(ids) => {
                setPair(ids);
              }}
              onHide={setHidden}
            />
          )}
          {view === 'ask' && <AskAgain message={message} onWritten={show} />}
          {view === 'sweep' && <Sweep message={message} versions={versions} />}
          {view === 'table' && <VersionsTable versions={versions} />}
          <div className="flex flex-wrap gap-2 border-t border-line pt-3">
            <Button
              size="small"
              onClick={() => {
                save(versionsCsv(question?.text ?? '', ended), 'versions', '.csv', 'text/csv');
              }}
            >
              Export versions
            </Button>
            <Button
              size="small"
              disabled={!ended.some(({ rating, comparisons }) => rating ?? comparisons)}
              onClick={() => {
                save(judgementRows(question?.text ?? '', ended), 'ratings', '.jsonl', 'application/jsonl');
              }}
            >
              Export ratings
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

/** The reply it was opened from, and the version before it, else after it. */
function firstPair(versions: readonly Version[], id: string): readonly [string, string] | null {
  const at = versions.findIndex((version) => version.id === id);
  const [left, right] = at > 0 ? [versions[at - 1], versions[at]] : [versions[0], versions[1]];
  return left && right ? [left.id, right.id] : null;
}

function save(text: string, what: string, extension: string, type: string): void {
  download(new File([text], fileName(what, Date.now(), extension), { type }));
}
