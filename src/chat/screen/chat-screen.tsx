import { lazy, Suspense, useState, type ReactNode } from 'react';
import { useConversation, type ConversationView } from '../../conversations/panel/hooks.ts';
import { usePreferences } from '../../preferences/preferences.ts';
import { Button } from '../../ui/button.tsx';
import { useChat } from '../session/chat-environment.ts';
import { Composer } from './composer.tsx';
import { resetNewChatChoices, useNewChatChoices } from '../session/new-chat-choices.ts';
import { NewChat } from './new-chat.tsx';
import { ReplayChat } from './replay-chat.tsx';
import { Thread } from './thread.tsx';
import type { WorkbenchTab } from '../workbench/workbench.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';

const PresetChip = lazy(() => import('../presets/preset-chip.tsx'));
const RawToggle = lazy(() => import('../playground/raw-toggle.tsx'));
const Playground = lazy(() => import('../playground/playground.tsx'));
const Workbench = lazy(() => import('../workbench/workbench.tsx'));

export interface ChatScreenProps {
  /** null: a chat that does not exist yet. */
  readonly conversationId: string | null;
  /** Actions on the whole chat (export), beside its title. */
  readonly tools?: ReactNode;
  /** Said on the first page of a chat, before the example questions. */
  readonly welcome?: ReactNode;
}

const NO_CONVERSATION: ConversationView = {
  status: 'ready',
  conversation: null,
  path: [],
  versions: new Map(),
};

/** One component for both kinds: the message box must live on, with its focus, when its first message makes a chat of it. */
export function ChatScreen({ conversationId, tools, welcome }: ChatScreenProps) {
  const { session, open } = useChat();
  const stored = useConversation(conversationId ?? '');
  const view = conversationId === null ? NO_CONVERSATION : stored;
  const [tab, setTab] = useState<WorkbenchTab | null>(null);
  const [suggestion, setSuggestion] = useState<{ readonly text: string } | null>(null);
  const [sent, setSent] = useState(0);
  const { path, conversation } = view;
  const [raw, setRaw] = useState<{ readonly at: string | null; readonly is: boolean } | null>(null);
  const asText = usePreferences((state) => state.rawAsText);
  const asOneText = asText && raw?.at === conversationId && raw.is && view.status !== 'missing';

  const send = async (text: string): Promise<string> => {
    const choices = useNewChatChoices.getState();
    const { conversationId: id } = await session.send({
      conversationId,
      parentId: path.at(-1)?.id ?? null,
      text,
      ...(conversationId === null && { choices }),
    });
    setSent((before) => before + 1);
    if (conversationId === null) resetNewChatChoices();
    return id;
  };

  const toggle = (wanted: WorkbenchTab): void => {
    setTab(tab === wanted ? null : wanted);
  };
  useShortcut('chat.prompt', 'p', 'Show what the model will see', () => {
    toggle('prompt');
  });
  useShortcut('chat.settings', 's', 'Show prompt and sampling', () => {
    toggle('settings');
  });

  const chip = (
    <Suspense fallback={null}>
      <PresetChip
        conversation={conversation}
        onOpen={() => {
          setTab('settings');
        }}
      />
      {view.status === 'ready' && (
        <RawToggle
          conversation={conversation}
          onRaw={(is) => {
            setRaw({ at: conversationId, is });
          }}
        />
      )}
    </Suspense>
  );

  const wholeChat = (
    <>
      <ReplayChat path={path} />
      {tools}
    </>
  );

  const text = (
    <Suspense fallback={<div className="flex-1" />}>
      {view.status === 'ready' && (
        <Playground
          key={conversationId ?? ''}
          conversation={conversation}
          path={path}
          onSend={send}
          onBegun={(id) => {
            setRaw({ at: id, is: true });
            open(id);
          }}
          panel={tab}
          onTogglePanel={toggle}
          chip={chip}
          tools={wholeChat}
        />
      )}
    </Suspense>
  );

  const page = (
    <div className="print-open flex h-full min-h-0 min-w-0 flex-1 flex-col">
      {conversationId === null ? (
        <NewChat
          onAsk={(text) => {
            setSuggestion({ text });
          }}
        >
          {welcome}
        </NewChat>
      ) : view.status === 'missing' ? (
        <Missing />
      ) : view.status === 'loading' ? (
        <div className="flex-1" />
      ) : (
        <Thread
          key={conversationId}
          conversationId={conversationId}
          view={view}
          sent={sent}
          tools={wholeChat}
        />
      )}
      <div className="print-none mx-auto w-full max-w-[49rem] px-3 pt-2 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5 lg:px-8">
        <div className="lg:ml-24 lg:max-w-measure">
          {view.status !== 'missing' && (
            <Composer
              conversationId={conversationId}
              path={path}
              onSend={send}
              panel={tab}
              onTogglePanel={toggle}
              chip={chip}
              suggestion={suggestion}
            />
          )}
        </div>
      </div>
    </div>
  );
  return (
    <div className="print-open flex h-full min-h-0">
      {asOneText ? text : page}
      {tab !== null && view.status === 'ready' && (
        <Suspense fallback={null}>
          <Workbench
            tab={tab}
            conversation={conversation}
            path={path}
            onTab={setTab}
            onClose={() => {
              setTab(null);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

function Missing() {
  const { open } = useChat();
  return (
    <div className="mx-auto w-full max-w-measure flex-1 px-5 py-12">
      <h1 className="font-serif text-xl font-semibold">There is no such chat here</h1>
      <p className="mt-2 mb-4 text-sm text-ink-muted">
        It was deleted, or the link comes from another browser: chats are kept only in the one they were
        written in.
      </p>
      <Button
        look="primary"
        onClick={() => {
          open(null);
        }}
      >
        Start a new one
      </Button>
    </div>
  );
}
