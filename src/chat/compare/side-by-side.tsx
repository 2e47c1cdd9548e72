import { useMemo, useState } from 'react';
import type { Version } from '../../conversations/data/judgements.ts';
import { formatCount } from '../../lib/format.ts';
import { Checkbox, Select } from '../../ui/field.tsx';
import { differences, type Piece } from './differences.ts';
import { Judge } from './judge.tsx';
import { about, nameOf } from './version-words.ts';

export interface SideBySideProps {
  readonly versions: readonly Version[];
  /** Ids; null: there are no two. */
  readonly pair: readonly [string, string] | null;
  /** Which is which is not shown until it is rated. */
  readonly hidden: boolean;
  readonly onPair: (pair: readonly [string, string]) => void;
  readonly onHide: (hidden: boolean) => void;
}

/** Two versions in columns, with what only one of them says marked. */
export function SideBySide({ versions, pair, hidden, onPair, onHide }: SideBySideProps) {
  const [marked, setMarked] = useState(true);
  const left = versions.find(({ id }) => id === pair?.[0]);
  const right = versions.find(({ id }) => id === pair?.[1]);
  if (!left || !right || !pair) {
    return (
      <p className="text-ink-muted">
        There is one version of this reply. Ask two settings, sweep, or press Regenerate for another.
      </p>
    );
  }
  const judged = (left.comparisons ?? []).find(({ other }) => other === right.id);
  const blind = hidden && !judged;
  return (
    <div className="grid gap-4">
      {!blind && (
        <div className="grid gap-4 sm:grid-cols-2">
          {([0, 1] as const).map((side) => (
            <Select
              key={side}
              label={side === 0 ? 'Left' : 'Right'}
              value={pair[side]}
              choices={versions
                .filter(({ id }) => id !== pair[side === 0 ? 1 : 0])
                .map((version) => ({ value: version.id, label: nameOf(versions, version) }))}
              onChange={(id) => {
                onPair(side === 0 ? [id, pair[1]] : [pair[0], id]);
              }}
            />
          ))}
        </div>
      )}
      <div className="flex flex-wrap gap-6">
        <Checkbox label="Mark differences" checked={marked} onChange={setMarked} />
        <Checkbox
          label="Hide which is which"
          hint="In an order by chance, until it is rated."
          checked={hidden}
          onChange={onHide}
        />
      </div>
      {/* Another pair is another order, and another rating. */}
      <Columns key={`${pair.join()}/${String(blind)}`} {...{ left, right, blind, marked, versions }} />
    </div>
  );
}

interface ColumnsProps {
  readonly left: Version;
  readonly right: Version;
  readonly blind: boolean;
  readonly marked: boolean;
  readonly versions: readonly Version[];
}

function Columns({ left, right, blind, marked, versions }: ColumnsProps) {
  const [swapped] = useState(() => blind && (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % 2 === 1);
  const [first, second] = swapped ? [right, left] : [left, right];
  const pieces = useMemo(() => differences(first.text, second.text), [first.text, second.text]);
  const letters = ['A', 'B'] as const;
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        {[first, second].map((version, side) => (
          <article
            key={version.id}
            aria-label={`Reply ${letters[side] ?? ''}`}
            className="min-w-0 rounded-md border border-line bg-surface p-3"
          >
            <h3 className="side-head mb-1">
              {blind ? `Reply ${letters[side] ?? ''}` : nameOf(versions, version)}
            </h3>
            {!blind && <p className="mb-2 text-xs wrap-anywhere text-ink-muted">{about(version)}</p>}
            <p dir="auto" className="font-serif text-base wrap-anywhere whitespace-pre-wrap">
              {marked ? (pieces[side] ?? []).map(drawn) : version.text}
            </p>
            {version.text === '' && <p className="text-ink-muted italic">It is empty.</p>}
          </article>
        ))}
      </div>
      {first.text === second.text && <p role="status">Both say the same, to the character.</p>}
      {marked && first.text !== second.text && (
        <p role="status" className="text-xs text-ink-muted">
          {formatCount(ownWords(pieces[0]))} words only on the left, {formatCount(ownWords(pieces[1]))} only
          on the right.
        </p>
      )}
      <Judge left={left} right={right} swapped={swapped} hidden={blind} />
    </>
  );
}

function drawn({ text, own }: Piece, at: number) {
  if (!own) return <span key={at}>{text}</span>;
  return (
    <mark key={at} className="rounded-xs bg-warn-soft text-ink underline decoration-warn decoration-1">
      {text}
    </mark>
  );
}

function ownWords(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text, own }) => sum + (own ? (text.match(/\S+/g)?.length ?? 0) : 0), 0);
}
