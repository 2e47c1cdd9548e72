import type { ShownMessage } from '../../../database/records.ts';
import type { VersionPlace } from '../../../conversations/messages/tree.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Markdown } from '../../../ui/markdown/markdown.tsx';
import { useChat } from '../../session/chat-environment.ts';
import { endText, progressText } from '../../session/reply-words.ts';
import { RepeatHint } from './repeat-hint.tsx';
import type { ShownReply } from '../../session/reply/shown-reply.ts';

export interface ReplyBodyProps {
  readonly message: ShownMessage;
  readonly shown: ShownReply;
  readonly version: VersionPlace | undefined;
  readonly last: boolean;
  /** Far from view: its rendering waits. */
  readonly plain: boolean;
}

/** A reply's text and, beside it and never in it, what there is to say about its state. */
export function ReplyBody({ message, shown, version, last, plain }: ReplyBodyProps) {
  const { session } = useChat();
  const streaming = shown.status === 'streaming';
  return (
    <>
      {shown.text !== '' && <Markdown text={shown.text} streaming={streaming} plain={plain} />}
      {streaming && (
        <p className="mt-2 flex flex-wrap items-center gap-x-3 text-sm text-ink-muted">
          <span className="breathing">{progressText(shown)}</span>
          {shown.phase === 'waiting-turn' && (
            <Button
              size="small"
              look="quiet"
              onClick={() => {
                session.stopReply(message.id);
              }}
            >
              Cancel
            </Button>
          )}
        </p>
      )}
      {message.provenance?.server && (
        <p className="mt-1.5 text-xs [overflow-wrap:anywhere] text-ink-muted">
          {streaming ? 'Being written' : 'Written'} on {message.provenance.server.name}
        </p>
      )}
      {!streaming && endText(shown) !== '' && (
        <p className="mt-2 text-sm text-ink-muted italic">{endText(shown)}</p>
      )}
      {last && shown.status === 'complete' && <RepeatHint message={message} versions={version?.count ?? 1} />}
      {shown.status === 'failed' && shown.error && (
        <ErrorAlert error={shown.error} className="mt-3">
          {last && (
            <Button
              size="small"
              onClick={() => {
                void session.regenerate(message);
              }}
            >
              Try again
            </Button>
          )}
        </ErrorAlert>
      )}
    </>
  );
}
