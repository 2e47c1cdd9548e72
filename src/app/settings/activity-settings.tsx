import { useState } from 'react';
import { eraseActivity, noteActivity } from '../../conversations/data/activity/activity.ts';
import { listActivity, type ActivityLine } from '../../conversations/data/activity/activity-log.ts';
import { useLive } from '../../conversations/panel/hooks.ts';
import { useStore } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { usePolicy } from '../../preferences/site-policy.ts';
import { formatTime } from '../../transcripts/format/reply-line.ts';
import { download } from '../../transcripts/export/save-file.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { SettingsSection } from './section.tsx';

/** Lines shown; the file holds all. */
const SHOWN = 20;

/** What was exported, deleted, sent and ran on this machine. */
export function ActivitySettings() {
  const store = useStore((state) => state.store);
  const exports = usePolicy((policy) => policy.exports);
  const lines = useLive('activity', (open) => listActivity(open, SHOWN));
  const [error, setError] = useState<AppError | null>(null);
  const attempt = (work: Promise<void>): void => {
    work.catch((thrown: unknown) => {
      setError(toAppError(thrown, 'storage/failed'));
    });
  };
  return (
    <SettingsSection
      id="log"
      title="Log"
      lead="What was exported, deleted and sent to a server here, and which weights and library ran. No word of a chat is in it, and it is sent to nobody."
    >
      {error && <ErrorAlert error={error} />}
      {lines?.length === 0 && <p className="text-sm text-ink-muted">Nothing yet.</p>}
      {lines && lines.length > 0 && (
        <ol aria-label="Log" className="grid gap-1 text-sm">
          {lines.map((line, index) => (
            <li key={index} className="grid gap-x-4 sm:grid-cols-[10rem_1fr]">
              <time dateTime={new Date(line.at).toISOString()} className="tabular text-ink-muted">
                {formatTime(line.at)}
              </time>
              <span className="[overflow-wrap:anywhere]">{wordsOf(line)}</span>
            </li>
          ))}
        </ol>
      )}
      {store && lines && lines.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {exports && (
            <Button
              size="small"
              onClick={() => {
                attempt(
                  listActivity(store).then((all) => {
                    const text = `${JSON.stringify(all, null, 1)}\n`;
                    download(new File([text], 'meditron-log.json', { type: 'application/json' }));
                    noteActivity(store, { kind: 'exported', what: 'log', form: 'json' });
                  }),
                );
              }}
            >
              Save the log to a file
            </Button>
          )}
          <Button
            size="small"
            look="danger"
            onClick={() => {
              attempt(eraseActivity(store));
            }}
          >
            Erase the log
          </Button>
        </div>
      )}
    </SettingsSection>
  );
}

export function wordsOf(line: ActivityLine): string {
  switch (line.kind) {
    case 'exported':
      return `Exported ${line.what === 'chats' ? counted(line.count ?? 1, 'chat') : WHAT[line.what]} (${line.form})`;
    case 'deleted':
      return `Deleted ${line.what === 'all-chats' ? `all ${counted(line.count, 'chat')}` : counted(line.count, ONE[line.what])}${line.byRule === true ? ' by the site’s rule' : ''}`;
    case 'sent':
      return `Sent to ${line.host}, to ${line.model}`;
    case 'ran':
      return `Ran ${line.model} on ${line.backend}, ${line.engine}; weights ${short(line.weightsSha256)}, library ${short(line.librarySha256)}`;
  }
}

const WHAT = { everything: 'everything', run: 'a run', log: 'this log' } as const;
const ONE = { chats: 'chat', message: 'message', run: 'run', 'question-set': 'question set' } as const;

function counted(count: number, one: string): string {
  return `${String(count)} ${count === 1 ? one : `${one}s`}`;
}

function short(sha256: string): string {
  return sha256 === '' ? 'not known' : sha256.slice(0, 16);
}
