/** A transcript to look at, not to write in: shared links, print. The notice comes first, as in every export. */
import { memo, useRef, useState, type ReactNode } from 'react';
import type { Message } from '../../database/records.ts';
import { buildTree, pathTo, versionPlace } from '../../conversations/messages/tree.ts';
import { isolated } from '../../ui/bidi.tsx';
import { Markdown } from '../../ui/markdown/markdown.tsx';
import { PlainText } from '../../ui/markdown/plain-text.tsx';
import { createRenderBudget, RenderBudgetContext } from '../../ui/markdown/blocks/render-budget.ts';
import { useNear } from '../../ui/use-near.ts';
import type { TranscriptChat, TranscriptHeader } from '../format/document.ts';
import { describeModel } from '../format/header.ts';
import { describeReply, formatTime } from '../format/reply-line.ts';
import { useShownCount } from './use-shown-count.ts';

export interface TranscriptViewProps {
  readonly header: TranscriptHeader;
  readonly notice: TranscriptHeader['notice'];
  readonly chats: readonly TranscriptChat[];
  /** Of the document, at the end of what is printed. */
  readonly sha256?: string;
  /** For paper: how many messages are drawn by now, and how. The screen draws what comes near it. */
  readonly paper?: { readonly messages: number; readonly draw: (text: string) => ReactNode };
}

/** Drawn in the first go. */
const AT_FIRST = 2;

export function TranscriptView({ header, notice, chats, sha256, paper }: TranscriptViewProps) {
  const [budget] = useState(() => createRenderBudget());
  return (
    <div className="grid gap-6">
      <section
        aria-label="Advisory notice in this transcript"
        className="border-l-3 border-warn bg-warn-soft px-4 py-3 text-sm"
      >
        <h2 className="font-semibold">Advisory notice</h2>
        <blockquote className="mt-1 font-serif">{notice.text}</blockquote>
        <p className="mt-1 text-ink-muted">
          {notice.author}, {notice.source}
        </p>
        <p className="mt-1">{notice.remark}</p>
      </section>
      <div className="text-sm text-ink-muted">
        <p>
          Exported {formatTime(header.exportedAt)} from Meditron Web {header.appVersion}.
        </p>
        <ul className="list-disc pl-5">
          {header.models.map((model) => (
            <li key={JSON.stringify(model)} className="[overflow-wrap:anywhere]">
              {describeModel(model)}
              {model.source && <>; from {model.source}</>}
              {model.sourceSha256 && <>; SHA-256 {model.sourceSha256}</>}
            </li>
          ))}
        </ul>
      </div>
      <RenderBudgetContext value={budget}>
        <Chats chats={chats} paper={paper} />
      </RenderBudgetContext>
      {sha256 !== undefined && (
        <p className="border-t border-line pt-3 text-xs text-ink-muted">
          SHA-256 of the transcript as JSON: <code className="font-mono">{sha256}</code>
        </p>
      )}
    </div>
  );
}

interface Shown {
  readonly message: Message;
  readonly version: string;
  /** Place among all messages of the transcript. */
  readonly place: number;
}

interface ShownChat {
  readonly chat: TranscriptChat;
  readonly messages: readonly Shown[];
}

function messagesOf(chats: readonly TranscriptChat[]): readonly ShownChat[] {
  let place = 0;
  return chats.map((chat) => {
    const tree = buildTree(chat.messages);
    const messages = pathTo(tree, chat.conversation.leafId).map((message) => {
      const { index, count } = versionPlace(tree, message.id);
      place += 1;
      return { message, version: count > 1 ? `version ${index + 1} of ${count}` : '', place: place - 1 };
    });
    return { chat, messages };
  });
}

/** The messages a transcript shows, chat by chat. */
export function shownPath(chats: readonly TranscriptChat[]): readonly Message[] {
  return messagesOf(chats).flatMap(({ messages }) => messages.map(({ message }) => message));
}

/** How many messages a transcript shows. */
export function shownMessages(chats: readonly TranscriptChat[]): number {
  return messagesOf(chats).reduce((sum, { messages }) => sum + messages.length, 0);
}

function Chats({
  chats,
  paper,
}: {
  readonly chats: TranscriptViewProps['chats'];
  readonly paper: TranscriptViewProps['paper'] | undefined;
}) {
  const [shown] = useState(() => messagesOf(chats));
  const total = shown.reduce((sum, { messages }) => sum + messages.length, 0);
  const onScreen = useShownCount(total, paper !== undefined);
  const count = paper?.messages ?? onScreen;
  return shown.map(({ chat, messages }) => (
    <section key={chat.conversation.id} aria-label={chat.conversation.title} className="grid gap-5">
      <h2 dir="auto" className="font-serif text-xl font-semibold">
        {isolated(chat.conversation.title)}
      </h2>
      {messages
        .filter(({ place }) => place < count)
        .map(({ message, version, place }) => (
          <Article
            key={message.id}
            message={message}
            version={version}
            first={place < AT_FIRST}
            draw={paper?.draw}
          />
        ))}
    </section>
  ));
}

interface ArticleProps {
  readonly message: Message;
  readonly version: string;
  readonly first: boolean;
  readonly draw: ((text: string) => ReactNode) | undefined;
}

const Article = memo(function Article({ message, version, first, draw }: ArticleProps) {
  const ref = useRef<HTMLElement>(null);
  const near = useNear(ref, first || draw !== undefined);
  const { role, text } = message;
  const facts = [formatTime(message.createdAt), ...describeReply(message), version].filter(Boolean);
  const who = role === 'user' ? 'You' : 'Model';
  return (
    <article
      ref={ref}
      aria-label={who}
      className={near ? 'border-t border-line pt-3' : 'message-far border-t border-line pt-3'}
    >
      <h3 className={role === 'user' ? 'text-sm font-semibold' : 'text-sm font-semibold text-accent'}>
        {who}
      </h3>
      <p className="mb-1 text-xs text-ink-muted">{facts.join(' · ')}</p>
      {role === 'user' ? (
        <div className="font-serif [overflow-wrap:anywhere]">
          <PlainText text={text} />
        </div>
      ) : (
        (draw?.(text) ?? <Markdown text={text} plain={!near} />)
      )}
    </article>
  );
});
