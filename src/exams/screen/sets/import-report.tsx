import { formatCount } from '../../../lib/format.ts';
import { Checkbox } from '../../../ui/field.tsx';
import type { ImportedSet } from '../../items/import-set.ts';
import { LEFT_OUT_TEXT, type SkipReason } from '../../items/reading.ts';

/** Rows of a list in the report; how many more there are is said. */
const MAX_LISTED = 500;

/** What became of each row of the files: taken, left out and why, taken without its image. */
export function ImportReport({
  set,
  leaveOut,
  onLeaveOut,
}: {
  readonly set: ImportedSet;
  /** Whether the questions that lost an image are left out, too. */
  readonly leaveOut: boolean;
  readonly onLeaveOut: (leaveOut: boolean) => void;
}) {
  const { report } = set;
  const counts = new Map<SkipReason, number>();
  for (const { reason } of report.skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return (
    <>
      <dl className="tabular grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <dt className="text-ink-muted">Format</dt>
        <dd>{set.formatName}</dd>
        <dt className="text-ink-muted">Taken</dt>
        <dd>{formatCount(report.taken)}</dd>
        <dt className="text-ink-muted">Without a key</dt>
        <dd>{formatCount(report.withoutKey)}</dd>
        <dt className="text-ink-muted">Left out</dt>
        <dd>
          {formatCount(report.skipped.length)}
          {[...counts].map(([reason, count]) => (
            <span key={reason} className="block text-ink-muted">
              {formatCount(count)}: {LEFT_OUT_TEXT[reason]}
            </span>
          ))}
        </dd>
      </dl>
      {report.skipped.length > 0 && (
        <Which
          title="Which ones"
          rows={report.skipped.map(
            ({ file, row, reason }) => `${file}, row ${row}: ${LEFT_OUT_TEXT[reason]}`,
          )}
        />
      )}
      {report.lostImages.length > 0 && <LostImages set={set} leaveOut={leaveOut} onLeaveOut={onLeaveOut} />}
      {report.notes.map((note) => (
        <p key={note} className="border-l-3 border-warn bg-warn-soft px-3 py-2">
          {note}
        </p>
      ))}
      <Sample set={set} />
    </>
  );
}

function Which({ title, rows }: { readonly title: string; readonly rows: readonly string[] }) {
  return (
    <details>
      <summary className="cursor-pointer text-accent">{title}</summary>
      <ul className="mt-1 max-h-40 overflow-y-auto text-xs">
        {rows.slice(0, MAX_LISTED).map((row, index) => (
          <li key={index} className="[overflow-wrap:anywhere]">
            {row}
          </li>
        ))}
        {rows.length > MAX_LISTED && <li>and {formatCount(rows.length - MAX_LISTED)} more</li>}
      </ul>
    </details>
  );
}

function LostImages({ set, leaveOut, onLeaveOut }: Parameters<typeof ImportReport>[0]) {
  const byId = new Map(set.items.map((item) => [item.id, item]));
  const asked = set.report.lostImages.filter(({ from }) => from === 'question');
  const explained = set.report.lostImages.length - asked.length;
  const rows = set.report.lostImages.map(
    ({ file, row, itemId, from }) =>
      `${file}, row ${row}${from === 'explanation' ? ' (explanation)' : ''}: ${(byId.get(itemId)?.question ?? '').slice(0, 120)}`,
  );
  return (
    <div className="grid gap-2 border-l-3 border-warn bg-warn-soft px-3 py-2">
      <p>
        The file has images by name only, so they are not here.{' '}
        {asked.length > 0 &&
          `${questions(asked.length)} lost one: some cannot be answered without it, by you or by a model. `}
        {explained > 0 && `${questions(explained)} lost one in the explanation alone.`}
      </p>
      <Which title="Which ones lost an image" rows={rows} />
      {asked.length > 0 && asked.length < set.items.length && (
        <Checkbox
          label={`Leave out the ${questions(asked.length)} whose image is missing`}
          checked={leaveOut}
          onChange={onLeaveOut}
        />
      )}
    </div>
  );
}

function questions(count: number): string {
  return count === 1 ? '1 question' : `${formatCount(count)} questions`;
}

function Sample({ set }: { readonly set: ImportedSet }) {
  const [first] = set.items;
  if (!first) return null;
  return (
    <figure className="border-l border-line pl-3">
      <figcaption className="text-xs text-ink-muted">The first question</figcaption>
      <p className="font-serif text-base [overflow-wrap:anywhere]">{first.question.slice(0, 400)}</p>
      <ol className="list-[upper-alpha] pl-6 font-serif">
        {first.options.map((option, index) => (
          <li key={index} className={first.answer.includes(index) ? 'font-semibold' : ''}>
            {option.slice(0, 200)}
            {first.answer.includes(index) && (
              <span className="text-xs font-normal text-ink-muted"> (key)</span>
            )}
          </li>
        ))}
      </ol>
    </figure>
  );
}
