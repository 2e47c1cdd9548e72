import { ArrowUp, SlidersHorizontal, Square } from 'lucide-react';
import {
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type RefObject,
} from 'react';
import type { ShownMessage } from '../../database/records.ts';
import { NEW_CHAT_DRAFT } from '../../conversations/data/repository.ts';
import { draftWriter, getDraft } from '../../conversations/data/settings.ts';
import { useStore, type Store } from '../../conversations/data/store.ts';
import { toAppError, type AppError } from '../../errors/app-error.ts';
import { formatCount } from '../../lib/format.ts';
import { NoticeLine } from '../../notice/notice-line.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { ErrorAlert } from '../../ui/error-alert.tsx';
import { Meter } from '../../ui/meter.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { loadedModel, useChat, useIsReplying } from '../session/chat-environment.ts';
import { contextUsage, type ContextUsage } from '../session/context-usage.ts';
import { useOfferedText, withOffered, type OfferedText } from '../session/offered-text.ts';

/** Where no model is loaded yet: the window of both models the app is about. */
const USUAL_WINDOW = 2048;
/** The meter follows typing at this pace. */
const METER_DELAY_MS = 200;

export interface ComposerProps {
  readonly conversationId: string | null;
  readonly path: readonly ShownMessage[];
  /** @returns the chat it went to, now stored. @throws AppError: nothing was sent. */
  readonly onSend: (text: string) => Promise<string>;
  readonly settingsOpen: boolean;
  readonly onToggleSettings: () => void;
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
  settingsOpen,
  onToggleSettings,
  suggestion,
}: ComposerProps) {
  const { session, open, prepareModel, chooseModel, useEngineState } = useChat();
  const box = useRef<HTMLTextAreaElement>(null);
  const composedAt = useRef(-Infinity);
  const hintId = useId();
  const draft = useDraft(conversationId ?? NEW_CHAT_DRAFT, box);
  const [characters, measure] = useDraftLength(conversationId);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  // The box goes from chat to chat; what went wrong belongs to one of them.
  const error = failure?.at === conversationId ? failure.error : null;
  const replying = useIsReplying(conversationId);
  const model = loadedModel(useEngineState());
  const usage = contextUsage(path, characters, model?.contextLength ?? USUAL_WINDOW);

  useShortcut('chat.focus', 'shift+escape', 'Go to the message box', () => {
    box.current?.focus();
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
    // Not when the box is filled again with the very text.
    if (error && text.trim() !== '' && text !== failure?.text) setFailure(null);
  };

  const takeSuggestion = useEffectEvent((text: string) => {
    const area = box.current;
    if (!area) return;
    area.value = text;
    area.focus();
    onInput();
  });
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
      if (here) measure(area.value.length);
      if (here && conversationId === null) open(id);
    } catch (thrown) {
      setFailure({ at: conversationId, text, error: toAppError(thrown) });
    } finally {
      setSending(false);
      area.focus();
    }
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    // An input method's Enter takes a candidate. Safari ends the composition before it sends the key.
    const ofInputMethod = event.nativeEvent.isComposing || event.timeStamp - composedAt.current < 50;
    if (event.key !== 'Enter' || event.shiftKey || ofInputMethod) return;
    event.preventDefault();
    void send();
  };

  return (
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
      <div className="rounded-lg border border-line-strong bg-surface focus-within:border-accent">
        <textarea
          ref={box}
          aria-label="Message"
          aria-describedby={hintId}
          aria-invalid={error !== null || undefined}
          rows={1}
          placeholder="Ask a question"
          enterKeyHint="send"
          onInput={onInput}
          onKeyDown={onKeyDown}
          onCompositionEnd={(event) => {
            composedAt.current = event.timeStamp;
          }}
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
            aria-expanded={settingsOpen}
            onClick={onToggleSettings}
          />
          <ContextMeter usage={usage} short={replying} />
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
    <div className="flex min-w-0 items-center gap-2">
      <Meter label="Context" value={used} max={window} text={text} className="w-14 sm:w-24" />
      <span
        aria-hidden
        className={classNames('tabular truncate text-xs text-ink-muted', short && 'hidden sm:inline')}
      >
        {leavesOut ? 'oldest left out' : figures}
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

interface Draft {
  readonly save: (text: string) => void;
  /**
   * @returns what to call when `text` is stored; `moves`: the box, if it is still here, goes along to the chat it began, which
   *   opens next. It returns whether the box is still here.
   */
  readonly beginSend: (text: string) => (moves: boolean) => boolean;
}

/** What was typed before the database was open, by draft key: it may take long, or wait for another tab. */
const early = new Map<string, string>();

/** The box's text survives navigation, a crash of the screen and a reload: it is kept per chat as it is typed. */
function useDraft(key: string, box: RefObject<HTMLTextAreaElement | null>): Draft {
  const store = useStore((state) => state.store);
  const writer = useRef<ReturnType<typeof draftWriter> | null>(null);
  /** The chat that has the box. */
  const holder = useRef(key);
  const moving = useRef(false);

  useEffect(() => {
    const area = box.current;
    holder.current = key;
    if (!area) return;
    const typed = early.get(key);
    if (typed !== undefined) putBack(area, typed);
    if (!store) return;
    const mine = draftWriter(store, key);
    writer.current = mine;
    let gone = false;
    early.delete(key);
    if (moving.current) mine.save(area.value);
    else if (typed === undefined) void fill(store, key, area, () => gone);
    else {
      mine.save(area.value);
      void mine.flush();
    }
    moving.current = false;
    return () => {
      gone = true;
      if (moving.current) mine.save('');
      void mine.flush();
      writer.current = null;
      // What is in the box belongs to the chat that is left; unless its first message, just sent, makes it the next one.
      if (!moving.current) area.value = '';
    };
  }, [store, key, box]);

  return {
    save: (text) => {
      if (writer.current) writer.current.save(text);
      else early.set(holder.current, text);
    },
    beginSend: (text) => {
      const before = writer.current;
      // On the disk before the message is, so that no moment has neither; storing the message takes it away.
      void before?.flush();
      return (moves) => {
        const area = box.current;
        // Another chat has the box meanwhile: what is in it is that one's.
        const here = holder.current === key && area !== null;
        // Only what was sent goes: keys pressed meanwhile stay.
        if (here && area.value.startsWith(text)) area.value = area.value.slice(text.length);
        const kept = here ? writer.current : before;
        kept?.save(here && !moves ? area.value : '');
        void kept?.flush();
        moving.current = here && moves;
        return here;
      };
    },
  };
}

/** Unless something was typed there since. */
function putBack(area: HTMLTextAreaElement, text: string): void {
  if (area.value === '') area.value = text;
}

async function fill(
  store: Store,
  key: string,
  area: HTMLTextAreaElement,
  isGone: () => boolean,
): Promise<void> {
  const before = area.value;
  const text = await getDraft(store, key);
  // Typing began before the draft was read: what is typed now counts.
  if (!isGone() && area.value === before && text !== '') {
    area.value = text;
    area.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
