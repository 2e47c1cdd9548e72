import { ArrowRight, Redo2, ScanText, SlidersHorizontal, Square, TextCursor, Undo2 } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { NEW_CHAT_DRAFT } from '../../conversations/data/tab/drafts.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import type { Conversation, ShownMessage } from '../../database/records.ts';
import { AppError, toAppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { NoticeLine } from '../../notice/notice-line.tsx';
import { isolated } from '../../ui/bidi.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { focusComposerIfLost, offerComposer } from '../session/composer-focus.ts';
import { useChat, useLiveReply } from '../session/chat-environment.ts';
import { useDraftText } from '../session/draft-text.ts';
import { endText, progressText } from '../session/reply-words.ts';
import { shownReply } from '../session/reply/shown-reply.ts';
import { useFollow } from '../screen/use-follow.ts';
import type { WorkbenchTab } from '../workbench/workbench.tsx';
import {
  continued,
  keptWriter,
  NOTHING_KEPT,
  settled,
  steppedBack,
  steppedForward,
  type KeptText,
} from './kept-text.ts';
import { MarkedArea, TEXT_LABEL } from './marked-area.tsx';
import { putInChat } from './put-in-chat.ts';
import { edited, firstOf, segmentsOf, textOf, type Segment } from './segments.ts';
import { useKeptText } from './use-kept-text.ts';

export interface PlaygroundProps {
  readonly conversation: Conversation | null;
  readonly path: readonly ShownMessage[];
  /** Begins a chat. @returns its id. */
  readonly onSend: (text: string) => Promise<string>;
  /** The chat has begun and is to be opened. */
  readonly onBegun: (conversationId: string) => void;
  readonly panel: WorkbenchTab | null;
  readonly onTogglePanel: (tab: WorkbenchTab) => void;
  /** What the chat follows, and the way back to its messages. */
  readonly chip: ReactNode;
  readonly tools?: ReactNode;
}

/**
 * A raw completion as the one text that it is: a person writes anywhere in it, the model goes on from its end or from the
 * caret, and what the model wrote is marked. The chat keeps every state of it as versions.
 */
export default function Playground({
  conversation,
  path,
  onSend,
  onBegun,
  panel,
  onTogglePanel,
  chip,
  tools,
}: PlaygroundProps) {
  const { session, prepareModel, chooseModel } = useChat();
  const conversationId = conversation?.id ?? null;
  const area = useRef<HTMLTextAreaElement>(null);
  const legendId = useId();
  const { scroller, content } = useFollow();
  const [read, change] = useKeptText(conversationId ?? NEW_CHAT_DRAFT);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<AppError | null>(null);

  const last = path.at(-1);
  const leafId = last?.id ?? null;
  const live = useLiveReply(leafId ?? '');
  const shown = last ? shownReply(last, live) : null;
  const streaming = shown?.status === 'streaming';
  const kept = settled(read ?? NOTHING_KEPT, leafId);
  const ofChat = segmentsOf(last && shown ? [...path.slice(0, -1), { ...last, text: shown.text }] : path);
  const segments = streaming ? ofChat : (kept.now ?? ofChat);
  const busy = streaming || asking || read === null;
  const problem = error ?? (kept.now === null && shown?.status === 'failed' ? shown.error : null);
  const words = last && shown && kept.now === null ? (streaming ? progressText(shown) : endText(shown)) : '';

  useEffect(() => {
    if (!area.current) return;
    const end = offerComposer(area.current);
    focusComposerIfLost();
    return end;
  }, []);

  usePromptOf(conversationId, segments, path);

  const take = (next: KeptText | null): void => {
    if (busy || next === null) return;
    setError(null);
    change(next);
    area.current?.focus();
  };
  const back = (): void => {
    take(steppedBack(kept, segments, leafId));
  };
  const forward = (): void => {
    take(steppedForward(kept, segments, leafId));
  };

  const goOn = async (from: readonly Segment[]): Promise<void> => {
    if (busy) return;
    setAsking(true);
    setError(null);
    try {
      if (textOf(from).trim() === '') throw new AppError('prompt/empty', 'there is no text to go on with');
      const store = await conversationStore();
      const next = continued(kept, segments);
      if (conversationId === null) {
        const id = await onSend(textOf(from));
        const writer = keptWriter(store, id);
        writer.save(next);
        await writer.flush();
        change(NOTHING_KEPT);
        onBegun(id);
      } else {
        await session.answer({ id: await putInChat(store, conversationId, from), conversationId });
        change(next);
      }
    } catch (thrown) {
      setError(toAppError(thrown));
    } finally {
      setAsking(false);
      area.current?.focus();
    }
  };
  const fromEnd = (): void => void goOn(segments);
  const fromCaret = (): void => void goOn(firstOf(segments, area.current?.selectionEnd ?? 0));

  useShortcut('playground.continue', 'mod+enter', 'Go on with the text', () => {
    if (inAnotherBox()) return false;
    fromEnd();
    return true;
  });
  useShortcut('playground.caret', 'mod+shift+enter', 'Go on from the caret', () => {
    if (inAnotherBox()) return false;
    fromCaret();
    return true;
  });
  useShortcut('playground.undo', 'mod+shift+backspace', 'Take back the last continuation', () => {
    if (inAnotherBox()) return false;
    back();
    return true;
  });
  useShortcut('chat.stop', 'escape', 'Stop the reply', () => {
    if (!streaming || conversationId === null) return false;
    session.stop(conversationId);
    return true;
  });

  return (
    <div className="print-open flex min-h-0 flex-1 flex-col">
      <div ref={scroller} className="print-open min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div ref={content} className="print-open mx-auto max-w-[49rem] px-5 pb-6 lg:px-8">
          <div className="sticky top-0 z-10 -mx-5 flex min-h-12 items-center gap-3 border-b border-line bg-paper px-5 lg:mx-0 lg:ml-24 lg:px-0">
            <h1 dir="auto" className="min-w-0 flex-1 truncate text-sm text-ink-muted">
              {conversation ? isolated(conversation.title) : 'Raw completion'}
            </h1>
            {tools}
          </div>
          <div className="mt-4 lg:ml-24">
            <MarkedArea
              ref={area}
              segments={segments}
              readOnly={busy}
              describedBy={legendId}
              onText={(after, at) => {
                setError(null);
                change({ ...kept, now: edited(segments, after, at), base: leafId });
              }}
              onFocus={prepareModel}
            />
            <Legend id={legendId} segments={segments} path={path} />
            {words !== '' && (
              <p role="status" className="mt-2 text-sm text-ink-muted">
                {words}
              </p>
            )}
            {problem && (
              <ErrorAlert error={problem} className="mt-3">
                {problem.code === 'engine/not-loaded' &&
                  chooseModel.map(({ label, run }) => (
                    <Button key={label} size="small" onClick={run}>
                      {label}
                    </Button>
                  ))}
              </ErrorAlert>
            )}
          </div>
        </div>
      </div>
      <div className="print-none mx-auto w-full max-w-[49rem] px-3 pt-2 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5 lg:px-8">
        <div className="lg:ml-24">
          <div role="toolbar" aria-label="Go on with the text" className="flex flex-wrap items-center gap-2">
            <IconButton
              size="small"
              label="Prompt and sampling"
              icon={SlidersHorizontal}
              tipAlign="start"
              aria-expanded={panel === 'settings'}
              onClick={() => {
                onTogglePanel('settings');
              }}
            />
            <IconButton
              size="small"
              label="What the model will see"
              icon={ScanText}
              tipAlign="start"
              aria-expanded={panel === 'prompt'}
              onClick={() => {
                onTogglePanel('prompt');
              }}
            />
            {chip}
            <div className="ml-auto flex items-center gap-2">
              <IconButton
                size="small"
                label="Undo the continuation"
                icon={Undo2}
                disabled={busy || kept.undo.length === 0}
                onClick={back}
              />
              <IconButton
                size="small"
                label="Redo the continuation"
                icon={Redo2}
                disabled={busy || kept.redo.length === 0}
                onClick={forward}
              />
              {streaming && conversationId !== null ? (
                <Button
                  size="small"
                  icon={Square}
                  onClick={() => {
                    session.stop(conversationId);
                  }}
                >
                  Stop
                </Button>
              ) : (
                <Button
                  size="small"
                  icon={TextCursor}
                  disabled={busy}
                  title="What stands behind the caret is put aside; Undo brings it back"
                  onClick={fromCaret}
                >
                  From the caret
                </Button>
              )}
              <Button size="small" look="primary" icon={ArrowRight} disabled={busy} onClick={fromEnd}>
                Continue
              </Button>
            </div>
          </div>
          <NoticeLine className="mt-1.5 text-center lg:-mx-6" />
        </div>
      </div>
    </div>
  );
}

/** Whoever types in another box means that one. */
function inAnotherBox(): boolean {
  const focused = document.activeElement;
  return (
    focused?.matches('input, textarea, select') === true && focused.getAttribute('aria-label') !== TEXT_LABEL
  );
}

/** In words what the marks say, and who wrote. */
function Legend({
  id,
  segments,
  path,
}: {
  readonly id: string;
  readonly segments: readonly Segment[];
  readonly path: readonly ShownMessage[];
}) {
  const passages = segments.filter(({ role }) => role === 'assistant');
  const about = path.findLast(({ provenance }) => provenance !== null)?.provenance;
  const on = about?.server ? ` on ${about.server.name}` : '';
  return (
    <p id={id} className="mt-2 text-xs wrap-anywhere text-ink-muted">
      {passages.length === 0
        ? 'Nothing stands before your text. What the model writes will be marked.'
        : `Marked is what the model wrote: ${formatCount(textOf(passages).length)} of ${formatCount(textOf(segments).length)} characters${about ? `, the last by ${about.modelName}${on}` : ''}.`}
    </p>
  );
}

/** The prompt panel shows the text as it stands here, not as it is kept. */
function usePromptOf(
  conversationId: string | null,
  segments: readonly Segment[],
  path: readonly ShownMessage[],
): void {
  const said = segmentsOf(path);
  const same = said.length === segments.length && said.every((each, at) => isSame(each, segments[at]));
  const key = same ? null : JSON.stringify(segments);
  useEffect(() => {
    const pieces = key === null ? null : (JSON.parse(key) as readonly Segment[]);
    const ids = path.filter(({ text }) => text !== '');
    const turns = pieces?.map((piece, at) => {
      const message = ids[at];
      return { ...piece, id: message && isSame(message, piece) ? message.id : `text-${String(at)}` };
    });
    useDraftText.setState({ at: conversationId, text: '', turns: turns ?? null });
    return () => {
      useDraftText.setState({ turns: null });
    };
  }, [conversationId, key, path]);
}

function isSame(a: Segment, b: Segment | undefined): boolean {
  return a.role === b?.role && a.text === b.text;
}
