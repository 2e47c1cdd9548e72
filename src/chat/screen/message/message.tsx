import { lazy, memo, Suspense, useId, useRef, useState } from 'react';
import type { ShownMessage } from '../../../database/records.ts';
import type { VersionPlace } from '../../../conversations/messages/tree.ts';
import { classNames } from '../../../ui/class-names.ts';
import { useLiveReply } from '../../session/chat-environment.ts';
import { MessageActions, type MessagePart } from './message-actions.tsx';
import { MessageEditor } from './message-editor.tsx';
import { MessagePartSlot } from './message-part-slot.tsx';
import { ReplyBody } from './reply-body.tsx';
import { shownReply } from '../../session/reply/shown-reply.ts';
import { useNear } from '../../../ui/use-near.ts';
import { PlainText } from '../../../ui/markdown/plain-text.tsx';

/** For research, now and then: a chunk of its own. */
const MessageInsert = lazy(() => import('./message-insert.tsx'));

export interface MessageProps {
  readonly message: ShownMessage;
  readonly version: VersionPlace | undefined;
  /** It ends the conversation as shown. */
  readonly last: boolean;
  /** It was on screen when the chat opened. */
  readonly nearAtFirst: boolean;
}

/** One message: who in the margin, what in the column, what can be done with it below. */
export const Message = memo(function Message({ message, version, last, nearAtFirst }: MessageProps) {
  const ref = useRef<HTMLElement>(null);
  const labelId = useId();
  const live = useLiveReply(message.id);
  const near = useNear(ref, nearAtFirst);
  const [asWritten, setAsWritten] = useState(false);
  const [mode, setMode] = useState<'reading' | 'editing' | 'inserting' | MessagePart>('reading');
  const person = message.role === 'user';
  const shown = shownReply(message, live);
  const busy = shown.status === 'streaming';
  const part = mode === 'reading' || mode === 'editing' || mode === 'inserting' ? null : mode;
  return (
    <article
      ref={ref}
      tabIndex={-1}
      aria-labelledby={labelId}
      aria-busy={busy || undefined}
      data-message={message.id}
      className={classNames(
        'group/message grid gap-x-6 gap-y-1 lg:grid-cols-[4.5rem_minmax(0,var(--container-measure))]',
        !near && 'message-far',
        person ? 'border-t border-line pt-6 first:border-t-0' : 'pt-1 pb-5',
      )}
    >
      <header className="flex items-baseline gap-2 lg:block lg:pt-[0.2rem] lg:text-right">
        <h2 id={labelId} className="side-head">
          {person ? 'You' : 'Model'}
        </h2>
        {message.provenance && (
          <p className="text-xs wrap-anywhere text-ink-muted">
            <span className="sr-only">Written by </span>
            {message.provenance.modelName}
          </p>
        )}
        {shown.edited && <p className="text-xs text-ink-muted italic">edited</p>}
      </header>
      <div className="min-w-0">
        {mode === 'editing' ? (
          <MessageEditor
            message={message}
            onClose={() => {
              setMode('reading');
              // Back to the button that opened it, which comes back with the text.
              requestAnimationFrame(() => {
                const button = ref.current?.querySelector<HTMLElement>('[data-edit]');
                (button ?? ref.current)?.focus();
              });
            }}
          />
        ) : asWritten && !busy ? (
          <div role="group" aria-label="Source" className="font-mono text-sm wrap-anywhere">
            <PlainText text={shown.text} />
          </div>
        ) : person ? (
          <div className="font-serif text-base font-semibold wrap-anywhere">
            <PlainText text={message.text} />
          </div>
        ) : (
          <ReplyBody message={message} shown={shown} version={version} last={last} plain={!near} />
        )}
        {near && mode !== 'editing' && (
          <MessageActions
            message={message}
            shown={shown}
            version={version}
            last={last}
            open={part}
            asWritten={asWritten}
            onSource={() => {
              setAsWritten(!asWritten);
            }}
            onEdit={() => {
              setMode('editing');
            }}
            onInsert={() => {
              setMode(mode === 'inserting' ? 'reading' : 'inserting');
            }}
            onOpen={(wanted) => {
              setMode(mode === wanted ? 'reading' : wanted);
            }}
          />
        )}
        {mode === 'inserting' && (
          <Suspense fallback={null}>
            <MessageInsert
              message={message}
              onClose={() => {
                setMode('reading');
              }}
            />
          </Suspense>
        )}
        {part && (
          <MessagePartSlot
            part={part}
            message={message}
            onClose={() => {
              setMode('reading');
            }}
          />
        )}
      </div>
    </article>
  );
});
