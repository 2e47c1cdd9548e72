import type { TracedChoice, TracedToken } from '../../database/records.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { percent, shownToken } from './token-words.ts';
import { probability, type Branch } from './trace.ts';

const REFUSALS = {
  control: 'It ends or marks a turn: there is no text to go on from.',
  'part-of-character': 'It is a part of a character: alone it is no text.',
  changed: 'The reply is no longer what its tokens spell.',
} as const;

export interface AlternativesProps {
  readonly token: TracedToken;
  /** Its place, from 0. */
  readonly at: number;
  readonly branch: (other: TracedChoice) => Branch;
  /** It is never drawn in this chat again. */
  readonly onBan: (token: { readonly id: number; readonly text: string }) => void;
  readonly onBranch: (branch: Extract<Branch, { readonly text: string }>) => void;
}

/** What the model could have written in a token's place, and the way to have it go on from there. */
export function Alternatives({ token, at, branch, onBan, onBranch }: AlternativesProps) {
  const others = token.alternatives;
  return (
    <section aria-label="Alternatives" className="mt-3 rounded-md border border-line bg-surface p-3">
      <h3 className="mb-2 font-medium">
        Token {formatCount(at + 1)}: <code className="font-mono">{shownToken(token)}</code>, {percent(token)}
      </h3>
      {others.length === 0 ? (
        <p className="text-ink-muted">Its alternatives were not told.</p>
      ) : (
        <ul className="grid gap-1">
          {others.map((other) => {
            const written = other.id === null ? other.text === token.text : other.id === token.id;
            const opening = branch(other);
            const refused = 'refused' in opening ? REFUSALS[opening.refused] : null;
            return (
              <li
                key={`${String(other.id)}/${other.text}`}
                className="grid grid-cols-[minmax(4rem,10rem)_minmax(2rem,1fr)_3.5rem_4.5rem] items-center gap-x-3"
              >
                <code className="font-mono wrap-anywhere">{shownToken(other)}</code>
                <span aria-hidden className="h-2 bg-sunken">
                  <span
                    className="block h-full bg-accent"
                    style={{ width: `${(probability(other) * 100).toFixed(1)}%` }}
                  />
                </span>
                <span className="tabular text-right">{percent(other)}</span>
                {written ? (
                  <span className="min-h-8 text-xs leading-8 text-ink-muted">written</span>
                ) : (
                  <Button
                    size="small"
                    aria-label={`Branch with ${shownToken(other)}`}
                    disabled={refused !== null}
                    {...(refused !== null && { title: refused })}
                    onClick={() => {
                      if ('text' in opening) onBranch(opening);
                    }}
                  >
                    Branch
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <p className="mt-2 text-xs text-ink-muted">
        Branch goes on with that token as a new version of the reply; this one stays.
      </p>
      {token.id !== null && (
        <Button
          size="small"
          className="mt-2"
          onClick={() => {
            if (token.id !== null) onBan({ id: token.id, text: token.text });
          }}
        >
          Never write {shownToken(token)} in this chat
        </Button>
      )}
    </section>
  );
}
