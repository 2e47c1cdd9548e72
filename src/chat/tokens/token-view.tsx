import { useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { ShownMessage, TokenTrace } from '../../database/records.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { showErrorToast } from '../../ui/feedback/use-error-text.ts';
import { useChat } from '../session/chat-environment.ts';
import { focusComposer } from '../session/composer-focus.ts';
import { useProvenance } from '../session/reply/use-provenance.ts';
import { showToast } from '../../ui/feedback/toast.tsx';
import { Alternatives } from './alternatives.tsx';
import { banToken } from './ban.ts';
import { branchAt } from './trace.ts';
import { certainty, percent, shownToken, surprise } from './token-words.ts';

/** Buttons drawn at once; a reply of a whole window is read in parts. */
const PART = 1500;

/** How sure the model was of each token of a reply, what else it might have written there, and going on from that. */
export default function TokenView({ message }: { readonly message: ShownMessage }) {
  const { provenance, error } = useProvenance(message);
  const trace = provenance?.tokens;
  return (
    <section aria-label="Tokens" className="mt-3 border-l-2 border-line pl-4 text-sm">
      {error && <ErrorAlert error={error} />}
      {provenance !== undefined && !trace && (
        <p>
          {provenance?.ignoredSampling.includes('topAlternatives')
            ? 'The server that wrote this reply does not tell probabilities.'
            : 'The tokens of this reply were not kept.'}
        </p>
      )}
      {trace && <Tokens message={message} trace={trace} />}
    </section>
  );
}

function Tokens({ message, trace }: { readonly message: ShownMessage; readonly trace: TokenTrace }) {
  const { session } = useChat();
  const [at, setAt] = useState<number | null>(null);
  const [shown, setShown] = useState(PART);
  const list = useRef<HTMLDivElement>(null);
  const hintId = useId();
  const summary = useMemo(() => certainty(trace.tokens), [trace]);
  const tokens = trace.tokens.slice(0, shown);
  const chosen = at === null ? undefined : trace.tokens[at];

  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? tokens.length - 1 : step && (at ?? -1) + step;
    if (to === undefined) return;
    event.preventDefault();
    const next = Math.min(tokens.length - 1, Math.max(0, to));
    setAt(next);
    list.current?.querySelector<HTMLElement>(`[data-token="${String(next)}"]`)?.focus();
  };

  return (
    <>
      <p className="mb-2 text-ink-muted">{summary}</p>
      <p id={hintId} className="mb-2 text-xs text-ink-muted">
        The stronger a token is marked, the less likely it was. Choose one to see what else could have stood
        there; the arrow keys go from one to the next.
      </p>
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- its buttons take the focus, one at a time */}
      <div
        ref={list}
        role="toolbar"
        aria-label="Tokens of the reply"
        aria-describedby={hintId}
        onKeyDown={move}
        className="font-mono text-xs leading-6 wrap-anywhere"
      >
        {tokens.map((token, index) => {
          const fresh = index >= trace.from || trace.from === trace.tokens.length;
          return (
            <span key={index}>
              <button
                type="button"
                data-token={index}
                tabIndex={index === (at ?? 0) ? 0 : -1}
                aria-pressed={index === at}
                aria-label={`${shownToken(token)}, ${percent(token)}`}
                title={percent(token)}
                onClick={() => {
                  setAt(index === at ? null : index);
                }}
                style={{
                  background: `color-mix(in oklab, var(--color-warn) ${surprise(token)}%, transparent)`,
                }}
                className={classNames(
                  'rounded-xs px-px whitespace-pre-wrap hover:outline-1 hover:outline-accent',
                  !fresh && 'text-ink-muted',
                  index === at && 'outline-2 outline-accent',
                )}
              >
                {shownToken(token)}
              </button>
              {token.text.includes('\n') && <br />}
            </span>
          );
        })}
      </div>
      {shown < trace.tokens.length && (
        <Button
          size="small"
          className="mt-2"
          onClick={() => {
            setShown(shown + PART);
          }}
        >
          Show {formatCount(Math.min(PART, trace.tokens.length - shown))} more
        </Button>
      )}
      {chosen && at !== null && (
        <Alternatives
          key={at}
          token={chosen}
          at={at}
          branch={(other) => branchAt(message.text, trace, at, other)}
          onBan={(token) => {
            banToken(message.conversationId, token).then((undo) => {
              showToast('Banned in this chat, from the next reply on', {
                label: 'Undo',
                run: () => {
                  undo().catch(showErrorToast);
                },
              });
            }, showErrorToast);
          }}
          onBranch={({ text, trace: opening }) => {
            session
              .branch(message, { text, trace: opening, branch: { messageId: message.id, token: at } })
              .catch(showErrorToast);
            focusComposer();
          }}
        />
      )}
    </>
  );
}
