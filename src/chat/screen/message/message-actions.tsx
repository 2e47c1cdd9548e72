import {
  ChartNoAxesColumn,
  Check,
  ChevronLeft,
  ChevronRight,
  Code,
  Columns2,
  Copy,
  Info,
  ListPlus,
  Pencil,
  Pilcrow,
  RotateCcw,
  StepForward,
  Trash2,
} from 'lucide-react';
import { useState } from 'react';
import { deleteMessage, undoDeletion } from '../../../conversations/data/lifetime/deletion.ts';
import type { ShownMessage } from '../../../database/records.ts';
import { showMessage } from '../../../conversations/data/repository.ts';
import { conversationStore } from '../../../conversations/data/store.ts';
import { setTabLeaf } from '../../../conversations/panel/tab-view.ts';
import type { VersionPlace } from '../../../conversations/messages/tree.ts';
import { IconButton } from '../../../ui/button.tsx';
import { classNames } from '../../../ui/class-names.ts';
import { COPY_REFUSED, copyText } from '../../../ui/clipboard.ts';
import { showToast } from '../../../ui/feedback/toast.tsx';
import { showErrorToast } from '../../../ui/feedback/use-error-text.ts';
import { focusComposer } from '../../session/composer-focus.ts';
import { useChat } from '../../session/chat-environment.ts';
import type { ChatSession } from '../../session/chat-session.ts';
import type { ShownReply } from '../../session/reply/shown-reply.ts';

export interface MessageActionsProps {
  readonly message: ShownMessage;
  readonly shown: ShownReply;
  readonly version: VersionPlace | undefined;
  readonly last: boolean;
  /** What is open below the message. */
  readonly open: MessagePart | null;
  /** The message's plain source is shown. */
  readonly asWritten: boolean;
  readonly onSource: () => void;
  readonly onEdit: () => void;
  readonly onInsert: () => void;
  /** Opens it, or closes it again. */
  readonly onOpen: (part: MessagePart) => void;
}

/** What can be opened below a reply. */
export type MessagePart = 'details' | 'tokens' | 'compare';

export function MessageActions({
  message,
  shown,
  version,
  last,
  open,
  asWritten,
  onSource,
  onEdit,
  onInsert,
  onOpen,
}: MessageActionsProps) {
  const { session } = useChat();
  const person = message.role === 'user';
  const busy = shown.status === 'streaming';
  const canContinue =
    last && !person && (['stopped', 'interrupted', 'failed'].includes(shown.status) || shown.cutByLength);
  const unanswered = last && person;
  return (
    <div
      className={classNames(
        'mt-1.5 -ml-2 flex flex-wrap items-center pointer-coarse:-ml-3',
        // On a mouse they step back until wanted; everywhere else they are simply there.
        !last &&
          'pointer-fine:opacity-0 pointer-fine:transition-opacity pointer-fine:group-focus-within/message:opacity-100 pointer-fine:group-hover/message:opacity-100',
      )}
    >
      {version && version.count > 1 && <Versions message={message} version={version} />}
      {!busy && <CopyButton text={shown.text} />}
      {!busy && <IconButton size="small" label="Edit" icon={Pencil} data-edit onClick={onEdit} />}
      {!busy && (!person || unanswered) && (
        <IconButton
          size="small"
          label="Regenerate"
          icon={RotateCcw}
          onClick={() => {
            attempt(person ? session.answer(message) : session.regenerate(message));
            focusComposer();
          }}
        />
      )}
      {canContinue && (
        <IconButton
          size="small"
          label="Continue"
          icon={StepForward}
          onClick={() => {
            attempt(session.continue(message));
            focusComposer();
          }}
        />
      )}
      {!busy && <IconButton size="small" label="Insert after" icon={ListPlus} onClick={onInsert} />}
      {!busy && (
        <IconButton
          size="small"
          label={asWritten ? 'Show formatted' : 'Show source'}
          icon={asWritten ? Pilcrow : Code}
          onClick={onSource}
        />
      )}
      {!person && !busy && (
        <IconButton
          size="small"
          label="Details"
          data-part="details"
          icon={Info}
          aria-expanded={open === 'details'}
          onClick={() => {
            onOpen('details');
          }}
        />
      )}
      {!busy && message.provenance?.sampling.topAlternatives !== undefined && (
        <IconButton
          size="small"
          label="Tokens"
          data-part="tokens"
          icon={ChartNoAxesColumn}
          aria-expanded={open === 'tokens'}
          onClick={() => {
            onOpen('tokens');
          }}
        />
      )}
      {!person && !busy && (
        <IconButton
          size="small"
          label="Compare"
          data-part="compare"
          aria-haspopup="dialog"
          icon={Columns2}
          onClick={() => {
            onOpen('compare');
          }}
        />
      )}
      {!busy && (
        <IconButton
          size="small"
          label="Delete"
          icon={Trash2}
          onClick={() => {
            attempt(deleteWithUndo(session, message));
            focusComposer();
          }}
        />
      )}
      {!person && !busy && shown.timeToFirstTokenMs > 0 && <Speed shown={shown} />}
    </div>
  );
}

function Speed({ shown }: { readonly shown: ShownReply }) {
  const first = `${(shown.timeToFirstTokenMs / 1000).toFixed(shown.timeToFirstTokenMs < 995 ? 2 : 1)} s to first token`;
  const rate = shown.tokensPerSecond > 0 ? `, ${shown.tokensPerSecond.toFixed(1)} tokens/s` : '';
  return <p className="tabular ml-auto pl-3 text-xs text-ink-muted">{first + rate}</p>;
}

function Versions({ message, version }: { readonly message: ShownMessage; readonly version: VersionPlace }) {
  const show = (id: string | null): void => {
    if (id === null) return;
    attempt(
      conversationStore()
        .then((store) => showMessage(store, id))
        .then(({ leafId }) => {
          setTabLeaf(message.conversationId, leafId);
        }),
    );
  };
  return (
    <span className="flex items-center">
      <IconButton
        size="small"
        label="Previous version"
        icon={ChevronLeft}
        disabled={version.previousId === null}
        onClick={() => {
          show(version.previousId);
        }}
      />
      <span className="tabular text-xs text-ink-muted">
        <span className="sr-only">Version </span>
        {version.index + 1}
        <span aria-hidden> / </span>
        <span className="sr-only"> of </span>
        {version.count}
      </span>
      <IconButton
        size="small"
        label="Next version"
        icon={ChevronRight}
        disabled={version.nextId === null}
        onClick={() => {
          show(version.nextId);
        }}
      />
    </span>
  );
}

function CopyButton({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      size="small"
      label="Copy"
      icon={copied ? Check : Copy}
      tipAlign="start"
      onClick={() => {
        void copyText(text).then((done) => {
          setCopied(done);
          showToast(done ? 'Copied' : COPY_REFUSED);
        });
      }}
      onBlur={() => {
        setCopied(false);
      }}
    />
  );
}

async function deleteWithUndo(session: ChatSession, { id, conversationId }: ShownMessage): Promise<void> {
  const store = await conversationStore();
  const deletion = await deleteMessage(store, id);
  await session.stopDeleted(conversationId);
  showToast('Message deleted', {
    label: 'Undo',
    run: () => {
      attempt(undoDeletion(store, deletion));
    },
  });
}

function attempt(work: Promise<unknown>): void {
  work.catch((thrown: unknown) => {
    showErrorToast(thrown);
  });
}
