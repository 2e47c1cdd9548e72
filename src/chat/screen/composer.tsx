import { ArrowUp, BookText, ScanText, SlidersHorizontal, Square } from 'lucide-react';
import {
  lazy,
  Suspense,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react';
import { flushSync } from 'react-dom';
import type { ShownMessage } from '../../database/records.ts';
import { NEW_CHAT_DRAFT } from '../../conversations/data/tab/drafts.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { NoticeLine } from '../../notice/notice-line.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { ErrorAlert } from '../../ui/feedback/error-alert.tsx';
import { isOfInputMethod } from '../../ui/input-method.ts';
import { Meter } from '../../ui/feedback/meter.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { focusComposerIfLost, offerComposer } from '../session/composer-focus.ts';
import { loadedModel, useChat, useIsReplying } from '../session/chat-environment.ts';
import { contextUsage, type ContextUsage } from '../session/context-usage.ts';
import { useOfferedText, withOffered, type OfferedText } from '../session/offered-text.ts';
import { useDraft } from './use-draft.ts';
import type { WorkbenchTab } from '../workbench/workbench.tsx';
import { useDraftText } from '../session/draft-text.ts';

const LibraryDialog = lazy(() => import('../library/library-dialog.tsx'));
const UnsentTexts = lazy(() => import('./unsent-texts.tsx'));

/** Where no model is loaded yet: the window of both models the app is about. */
const USUAL_WINDOW = 2048;
/** The meter follows typing at this pace. */
const METER_DELAY_MS = 200;

export interface ComposerProps {
  readonly conversationId: string | null;
  readonly path: readonly ShownMessage[];
  /** @returns the chat it went to, now stored. @throws AppError: nothing was sent. */
  readonly onSend: (text: string) => Promise<string>;
  /** What of the workbench is open beside the chat. */
  readonly panel: WorkbenchTab | null;
  readonly onTogglePanel: (tab: WorkbenchTab) => void;
  /** Beside the box's tools: what the chat follows. */
  readonly chip: ReactNode;
  /** A question chosen elsewhere (an example) to put into the box; a new object each time. */
  readonly suggestion: { readonly text: string } | null;
}

interface Failure {
  readonly at: string | null;
  /** What was not sent. */
  readonly text: string;
  readonly error: AppError;
}

export function Composer({
  conversationId,
  path,
  onSend,
  panel,
  onTogglePanel,
  chip,
  suggestion,
}: ComposerProps) {
  const { session, open, prepareModel, chooseModel, useEngineState } = useChat();
  const box = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const draft = useDraft(conversationId ?? NEW_CHAT_DRAFT, box);
  const [characters, measure] = useDraftLength(conversationId);
  const [sending, setSending] = useState(false);
  const [library, setLibrary] = useState<{ readonly draft: string } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  // The box goes from chat to chat; what went wrong belongs to one of them.
  const error = failure?.at === conversationId ? failure.error : null;
  const replying = useIsReplying(conversationId);
  const model = loadedModel(useEngineState());
  const usage = contextUsage(path, characters, model?.contextLength ?? USUAL_WINDOW);

  useEffect(() => {
    if (!box.current) return;
    const end = offerComposer(box.current);
    // After the notice, and after a link or a button that is gone, work goes on here.
    focusComposerIfLost();
    return end;
  }, []);

  useShortcut('chat.focus', 'shift+escape', 'Go to the message box', () => {
    box.current?.focus();
  });
  const openLibrary = (): void => {
    setLibrary({ draft: box.current?.value ?? '' });
  };
  useShortcut('chat.library', 't', 'Insert a saved text', () => {
    openLibrary();
  });
  useShortcut('chat.stop', 'escape', 'Stop the reply', () => {
    if (!replying || conversationId === null) return false;
    session.stop(conversationId);
    return true;
  });

  const onInput = (): void => {
    const text = box.current?.value ?? '';
    draft.save(text);
    measure(text.length);
    useDraftText.setState({ at: conversationId, text });
    // Not when the box is filled again with the very text.
    if (error && text.trim() !== '' && text !== failure?.text) setFailure(null);
  };

  const putInBox = (text: string): void => {
    const area = box.current;
    if (!area) return;
    area.value = text;
    area.focus();
    onInput();
  };
  const takeSuggestion = useEffectEvent(putInBox);
  useEffect(() => {
    if (suggestion) takeSuggestion(suggestion.text);
  }, [suggestion]);

  const offered = useOfferedText((state) => (conversationId === null ? state.offered : null));
  const takeOffered = useEffectEvent((text: OfferedText) => {
    takeSuggestion(withOffered(box.current?.value ?? '', text));
    useOfferedText.setState({ offered: null });
  });
  useEffect(() => {
    if (offered) takeOffered(offered);
  }, [offered]);

  const send = async (): Promise<void> => {
    const area = box.current;
    if (!area || sending) return;
    const text = area.value;
    const sent = draft.beginSend(text);
    setSending(true);
    setFailure(null);
    try {
      const id = await onSend(text);
      // Whoever went elsewhere meanwhile is left there; the chat waits in the list.
      const here = sent(conversationId === null);
      if (here) {
        measure(area.value.length);
        useDraftText.setState({ at: id, text: area.value });
      }
      if (here && conversationId === null) open(id);
    } catch (thrown) {
      setFailure({ at: conversationId, text, error: toAppError(thrown) });
    } finally {
      setSending(false);
      area.focus();
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || isOfInputMethod(event)) return;
    event.preventDefault();
    void send();
  };

  return (
    <>
      <form
        aria-label="Composer"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        {error && (
          <ErrorAlert
            error={error}
            className="mb-2"
            onDismiss={() => {
              setFailure(null);
            }}
          >
            {error.code === 'engine/not-loaded' &&
              chooseModel.map(({ label, run }) => (
                <Button key={label} size="small" onClick={run}>
                  {label}
                </Button>
              ))}
          </ErrorAlert>
        )}
        {draft.abandoned.length > 0 && (
          <Suspense fallback={null}>
            <UnsentTexts
              drafts={draft.abandoned}
              onUse={(other) => {
                putInBox(withOffered(box.current?.value ?? '', { text: other.text, draft: '' }));
                draft.drop(other.id);
              }}
              onDiscard={(other) => {
                draft.drop(other.id);
              }}
            />
          </Suspense>
        )}
        <div className="rounded-lg border border-line-strong bg-surface outline-accent focus-within:border-accent has-[textarea:focus]:outline">
          <textarea
            ref={box}
            dir="auto"
            aria-label="Message"
            data-kept
            autoComplete="off"
            aria-describedby={hintId}
            aria-invalid={error !== null || undefined}
            rows={1}
            placeholder="Ask a question"
            enterKeyHint="send"
            onInput={onInput}
            onKeyDown={onKeyDown}
            onFocus={prepareModel}
            className="block field-sizing-content max-h-[38dvh] min-h-12 w-full resize-none bg-transparent px-4 pt-3 pb-1 font-serif text-base outline-none"
          />
          <p id={hintId} className="sr-only">
            Enter sends, Shift and Enter begin a new line.
          </p>
          <div className="flex items-center gap-3 py-1.5 pr-1.5 pl-2">
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
              className="-ml-3"
              aria-expanded={panel === 'prompt'}
              onClick={() => {
                onTogglePanel('prompt');
              }}
            />
            <IconButton
              size="small"
              label="Saved texts"
              icon={BookText}
              tipAlign="start"
              className="-ml-3"
              aria-haspopup="dialog"
              onClick={openLibrary}
            />
            <ContextMeter usage={usage} short={replying} />
            {chip}
            <div className="ml-auto flex items-center gap-2">
              {replying && conversationId !== null && (
                <Button
                  size="small"
                  icon={Square}
                  onClick={() => {
                    session.stop(conversationId);
                  }}
                >
                  Stop
                </Button>
              )}
              <Button
                type="submit"
                size="small"
                look="primary"
                icon={ArrowUp}
                aria-disabled={sending || undefined}
              >
                Send
              </Button>
            </div>
          </div>
        </div>
        <NoticeLine className="mt-1.5 text-center lg:-mx-6" />
      </form>
      {library && (
        <Suspense fallback={null}>
          <LibraryDialog
            draft={library.draft}
            onInsert={(text) => {
              // Behind an open dialog nothing takes the focus.
              flushSync(() => {
                setLibrary(null);
              });
              const area = box.current;
              if (!area) return;
              const { value, selectionStart, selectionEnd } = area;
              putInBox(value.slice(0, selectionStart) + text + value.slice(selectionEnd));
            }}
            onClose={() => {
              setLibrary(null);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

function ContextMeter({
  usage: { used, window, leavesOut },
  short,
}: {
  readonly usage: ContextUsage;
  /** The room beside it is needed on a phone. */
  readonly short: boolean;
}) {
  const figures = `${formatCount(used)} of ${formatCount(window)} tokens`;
  const text = leavesOut ? `About ${figures}: the oldest messages will be left out` : `About ${figures}`;
  return (
    // One above the other on a phone: beside the bar the figures would be cut.
    <div className="grid min-w-0 grid-cols-[minmax(0,max-content)] gap-0.5 sm:flex sm:items-center sm:gap-2">
      <Meter label="Context" value={used} max={window} text={text} className="w-14 max-w-full sm:w-24" />
      <span
        aria-hidden
        className={classNames('tabular truncate text-xs text-ink-muted', short && 'hidden sm:inline')}
      >
        {leavesOut ? (
          'oldest left out'
        ) : (
          <>
            ≈ {formatCount(used)} of {formatCount(window)}
            <span className="hidden sm:inline"> tokens</span>
          </>
        )}
      </span>
    </div>
  );
}

/** The length of what is typed in this chat, as the meter needs it: now and then, not on every key. */
function useDraftLength(at: string | null): readonly [number, (length: number) => void] {
  const [measured, setMeasured] = useState({ at, length: 0 });
  const latest = useRef(measured);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  return [
    measured.at === at ? measured.length : 0,
    (length) => {
      latest.current = { at, length };
      timer.current ??= setTimeout(() => {
        timer.current = null;
        setMeasured(latest.current);
      }, METER_DELAY_MS);
    },
  ];
}
