import type { ReactNode } from 'react';
import type { Provenance } from '../../database/records.ts';
import { engineName } from '../../engine/registry.ts';
import { formatCount } from '../../lib/format.ts';
import { PlainText } from '../../ui/markdown/plain-text.tsx';
import type { Comparison } from './parting.ts';
import { circumstances, type Replay } from './replay.ts';

export interface OutcomeProps {
  readonly result: Replay;
  readonly provenance: Provenance;
  /** In a list: where it ran in a sentence, and the table behind it. */
  readonly brief?: string;
}

/** What came of a replay: the same or where it parts, and what wrote it there and here. */
export function Outcome({ result, provenance, brief }: OutcomeProps) {
  const { comparison, loaded } = result;
  const unseeded =
    provenance.sampling.temperature > 0 && (provenance.seedUsed === null || !loaded.abilities.seeds);
  return (
    <>
      <p role={brief === undefined ? 'status' : undefined} className="mt-3 font-medium">
        {comparison === null
          ? 'The text was changed by hand and its tokens were not kept: there is nothing to compare with.'
          : sentence(comparison)}
      </p>
      {unseeded && comparison?.kind === 'parted' && (
        <p className="mt-1 text-ink-muted">
          Its seed is not known or not honoured here: another reply was to be expected.
        </p>
      )}
      {comparison?.kind === 'parted' && <Place comparison={comparison} />}
      {brief === undefined ? (
        <Circumstances result={result} provenance={provenance} />
      ) : (
        <>
          <p className="mt-1 text-xs text-ink-muted">{brief}</p>
          <Folded summary="What wrote it, there and here">
            <Circumstances result={result} provenance={provenance} />
          </Folded>
        </>
      )}
      <Folded summary="What was written now">
        <div className="mt-1 bg-sunken p-3 font-serif text-sm">
          <PlainText text={result.text} />
        </div>
      </Folded>
    </>
  );
}

function Folded({ summary, children }: { readonly summary: string; readonly children: ReactNode }) {
  return (
    <details className="mt-2">
      <summary>{summary}</summary>
      {children}
    </details>
  );
}

function Circumstances({ result, provenance }: Pick<OutcomeProps, 'result' | 'provenance'>) {
  return (
    <table className="mt-3 w-full text-left text-xs">
      <caption className="sr-only">What wrote it, there and here</caption>
      <thead>
        <tr className="text-ink-muted">
          <td />
          <th scope="col" className="pr-3 font-medium">
            There
          </th>
          <th scope="col" className="font-medium">
            Here
          </th>
        </tr>
      </thead>
      <tbody>
        {circumstances(provenance, result.loaded, engineName).map(({ name, there, here }) => (
          <tr key={name} className="border-t border-line align-top">
            <th scope="row" className="py-1 pr-3 font-normal text-ink-muted">
              {name}
            </th>
            <td className="py-1 pr-3 wrap-anywhere">{there}</td>
            <td className="py-1 wrap-anywhere">
              {there === here ? here : <strong className="font-semibold">{here}</strong>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sentence(found: Comparison): string {
  const units = (count: number): string => `${formatCount(count)} ${found.unit}${count === 1 ? '' : 's'}`;
  if (found.kind === 'same') return `The same: all ${units(found.count)}.`;
  return found.at === 0
    ? `They part at the first ${found.unit}.`
    : `The same for ${units(found.at)}; then they part.`;
}

function Place({ comparison }: { readonly comparison: Extract<Comparison, { kind: 'parted' }> }) {
  const { before, there, here } = comparison;
  const piece = (text: string) =>
    text === '' ? (
      <em className="text-ink-muted">it ended</em>
    ) : (
      <mark className="rounded-xs bg-warn-soft px-0.5 whitespace-pre-wrap text-ink">{text}</mark>
    );
  return (
    <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 font-mono text-xs">
      {[
        { name: 'There', text: there },
        { name: 'Here', text: here },
      ].map(({ name, text }) => (
        <div key={name} className="contents">
          <dt className="font-sans text-ink-muted">{name}</dt>
          <dd className="wrap-anywhere">
            <span className="whitespace-pre-wrap">
              {before !== '' && '…'}
              {before}
            </span>
            {piece(text)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
