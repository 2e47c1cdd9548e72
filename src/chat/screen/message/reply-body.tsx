import type { GenerationWaiting } from '../../../engine/port.ts';
import { formatCount } from '../../../lib/format.ts';
import type { ShownMessage } from '../../../database/records.ts';
import type { VersionPlace } from '../../../conversations/messages/tree.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorAlert } from '../../../ui/feedback/error-alert.tsx';
import { Markdown } from '../../../ui/markdown/markdown.tsx';
import { useChat } from '../../session/chat-environment.ts';
import { RepeatHint } from './repeat-hint.tsx';
import type { ShownReply } from '../../session/shown-reply.ts';

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

function waitingText({ because, ahead, ms }: GenerationWaiting): string {
  const queue =
    ahead === null ? '' : `, ${formatCount(ahead)} ${ahead === 1 ? 'request' : 'requests'} before this one`;
  const seconds = `${formatCount(Math.max(1, Math.round(ms / 1000)))} s`;
  switch (because) {
    case 'full':
      return `The server is full${queue}; asking again in ${seconds}`;
    case 'loading':
      return `The server is loading its model; asking again in ${seconds}`;
    case 'silent':
      return `The server has been silent for ${seconds}, but it is alive${queue}`;
  }
}

function progressText({ phase, tokensPerSecond, waiting }: ShownReply): string {
  if (waiting) return waitingText(waiting);
  switch (phase) {
    case 'waiting-turn':
      return 'Waiting for the reply above';
    case 'waiting-model':
      return 'Waiting for the model to load';
    case 'reading':
      return 'Reading the conversation';
    case 'writing':
      return tokensPerSecond > 0 ? `Writing, ${tokensPerSecond.toFixed(1)} tokens/s` : 'Writing';
    case 'ended':
    case null:
      return 'Being written in another tab';
  }
}

function endText({ status, text, cutByLength }: ShownReply): string {
  if (status === 'interrupted') {
    return text === ''
      ? 'Interrupted before anything was written.'
      : 'Interrupted: the page closed while this was being written.';
  }
  if (status === 'stopped') return text === '' ? 'Stopped before anything was written.' : 'Stopped.';
  if (cutByLength) return 'Ended at the length limit.';
  return status === 'complete' && text === '' ? 'The model wrote nothing.' : '';
}
