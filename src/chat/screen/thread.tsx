import { ArrowDown } from 'lucide-react';
import { useEffect, useState, type ReactNode } from 'react';
import { endJump, useTabView } from '../../conversations/panel/tab-view.ts';
import type { ConversationView } from '../../conversations/panel/hooks.ts';
import { Button } from '../../ui/button.tsx';
import { preloadMarkdown } from '../../ui/markdown/markdown.tsx';
import { createRenderBudget, RenderBudgetContext } from '../../ui/markdown/blocks/render-budget.ts';
import { isolated } from '../../ui/bidi.tsx';
import { Message } from './message/message.tsx';
import { useReplyKeys } from './message/use-reply-keys.ts';
import { useFollow } from './use-follow.ts';
import { useMountedFrom } from './use-mounted-from.ts';

/** Rendered at once, whether or not they turn out to be on screen: a first page must not flicker. */
const AT_FIRST = 4;

export interface ThreadProps {
  readonly conversationId: string;
  readonly view: ConversationView;
  /** Grows with every message sent from here: the view then goes to the end. */
  readonly sent: number;
  /** Beside the running title. */
  readonly tools?: ReactNode;
}

/** The conversation as a page that is read from top to bottom. */
export function Thread({ conversationId, view, sent, tools }: ThreadProps) {
  const { path, versions, conversation } = view;
  const { scroller, content, atEnd, toEnd, letGo } = useFollow();
  const jump = useTabView((state) => (state.jump?.conversationId === conversationId ? state.jump : null));
  const from = useMountedFrom(path.length, jump !== null);

  const [budget] = useState(() => createRenderBudget());

  useReplyKeys();
  useEffect(preloadMarkdown, []);

  useEffect(() => {
    if (sent > 0) toEnd();
  }, [sent, toEnd]);

  const jumpTo = jump?.messageId ?? null;
  const jumpReady = jumpTo !== null && path.some((message) => message.id === jumpTo);
  useEffect(() => {
    if (!jumpReady) return;
    letGo();
    const target = scroller.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(jumpTo)}"]`);
    target?.scrollIntoView({ block: 'center' });
    target?.focus({ preventScroll: true });
    endJump();
  }, [jumpReady, jumpTo, letGo, scroller]);

  return (
    <div className="print-open relative flex min-h-0 flex-1 flex-col">
      <div ref={scroller} className="print-open min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div ref={content} className="print-open mx-auto max-w-[49rem] px-5 pb-6 lg:px-8">
          {/* As wide as the messages with their margin: who wrote them is not to be read beside the title. */}
          <div className="sticky top-0 z-10 -mx-5 bg-paper [@media(max-height:30rem)]:static lg:mx-0 lg:pl-24">
            <div className="flex min-h-12 items-center gap-3 border-b border-line px-5 lg:px-0">
              <h1 dir="auto" className="min-w-0 flex-1 truncate text-sm text-ink-muted">
                {isolated(conversation?.title ?? 'Chat')}
              </h1>
              {tools}
            </div>
          </div>
          <div role="log" aria-label="Conversation" aria-busy={from > 0 || undefined}>
            <RenderBudgetContext value={budget}>
              {path.slice(from).map((message, index) => (
                <Message
                  key={message.id}
                  message={message}
                  version={versions.get(message.id)}
                  last={from + index === path.length - 1}
                  nearAtFirst={from + index >= path.length - AT_FIRST}
                />
              ))}
            </RenderBudgetContext>
          </div>
        </div>
      </div>
      {!atEnd && (
        <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Button size="small" icon={ArrowDown} className="pointer-events-auto shadow-float" onClick={toEnd}>
            Jump to latest
          </Button>
        </div>
      )}
    </div>
  );
}
