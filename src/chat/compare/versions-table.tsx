import type { Version } from '../../conversations/data/judgements.ts';
import { formatCount } from '../../lib/format.ts';
import { meanLogProbability } from './rows.ts';

/** A line a version, in the order they were written. */
export function VersionsTable({
  versions,
  all = versions,
}: {
  readonly versions: readonly Version[];
  /** Those they are numbered among. */
  readonly all?: readonly Version[];
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a wide table scrolls by keyboard only when it can be focused
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Table of versions">
      <table className="w-full min-w-[44rem] text-left text-xs">
        <caption className="sr-only">Versions</caption>
        <thead>
          <tr className="border-b border-line text-ink-muted">
            {['', 'Model', 'Preset or format', 'Temp.', 'Seed', 'Tokens', 'Mean ln p', 'Reply'].map(
              (name) => (
                <th key={name} scope="col" className="py-1 pr-3 font-medium">
                  {name === '' ? <span className="sr-only">Version</span> : name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => {
            const { about: p, text, status } = version;
            const mean = meanLogProbability(version);
            return (
              <tr key={version.id} className="tabular border-b border-line align-top">
                <th scope="row" className="py-1 pr-3 font-medium">
                  {formatCount(all.indexOf(version) + 1)}
                </th>
                <td className="py-1 pr-3">{p?.modelName ?? 'a person'}</td>
                <td className="py-1 pr-3">{p?.preset ?? p?.promptFormat ?? ''}</td>
                <td className="py-1 pr-3">{p?.sampling.temperature ?? ''}</td>
                <td className="py-1 pr-3">{p?.seedUsed ?? ''}</td>
                <td className="py-1 pr-3">{p ? formatCount(p.completionTokens) : ''}</td>
                <td className="py-1 pr-3">
                  {mean === null ? '' : (Math.round(mean * 100) / 100 + 0).toFixed(2)}
                </td>
                <td className="py-1 font-serif text-sm wrap-anywhere">
                  {status === 'streaming' ? (
                    <em className="text-ink-muted">being written</em>
                  ) : (
                    <span dir="auto" className="line-clamp-3">
                      {text}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
