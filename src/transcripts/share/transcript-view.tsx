/** A transcript to look at, not to write in: shared links, print. The notice comes first, as in every export. */
import type { ReactNode } from 'react';
import { buildTree, pathTo, versionPlace } from '../../conversations/messages/tree.ts';
import { Markdown } from '../../ui/markdown/markdown.tsx';
import type { TranscriptChat, TranscriptHeader } from '../format/document.ts';
import { describeModel } from '../format/header.ts';
import { describeReply, formatTime } from '../format/reply-line.ts';

export interface TranscriptViewProps {
  readonly header: TranscriptHeader;
  readonly notice: TranscriptHeader['notice'];
  readonly chats: readonly TranscriptChat[];
  /** Of the document, at the end of what is printed. */
  readonly sha256?: string;
  /** Draws a reply's Markdown; the screen's lazy way unless given. */
  readonly draw?: (text: string) => ReactNode;
}

const drawLazily = (text: string): ReactNode => <Markdown text={text} streaming={false} plain={false} />;

export function TranscriptView({ header, notice, chats, sha256, draw = drawLazily }: TranscriptViewProps) {
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
      {chats.map((chat) => (
        <Chat key={chat.conversation.id} chat={chat} draw={draw} />
      ))}
      {sha256 !== undefined && (
        <p className="border-t border-line pt-3 text-xs text-ink-muted">
          SHA-256 of the transcript as JSON: <code className="font-mono">{sha256}</code>
        </p>
      )}
    </div>
  );
}

function Chat({ chat, draw }: { readonly chat: TranscriptChat; readonly draw: (text: string) => ReactNode }) {
  const tree = buildTree(chat.messages);
  return (
    <section aria-label={chat.conversation.title} className="grid gap-5">
      <h2 className="font-serif text-xl font-semibold">{chat.conversation.title}</h2>
      {pathTo(tree, chat.conversation.leafId).map((message) => {
        const { index, count } = versionPlace(tree, message.id);
        const facts = [
          formatTime(message.createdAt),
          ...describeReply(message),
          count > 1 ? `version ${index + 1} of ${count}` : '',
        ].filter(Boolean);
        const who = message.role === 'user' ? 'You' : 'Model';
        return (
          <article key={message.id} aria-label={who} className="border-t border-line pt-3">
            <h3
              className={
                message.role === 'user' ? 'text-sm font-semibold' : 'text-sm font-semibold text-accent'
              }
            >
              {who}
            </h3>
            <p className="mb-1 text-xs text-ink-muted">{facts.join(' · ')}</p>
            {message.role === 'user' ? (
              <p className="font-serif whitespace-pre-wrap [overflow-wrap:anywhere]">{message.text}</p>
            ) : (
              draw(message.text)
            )}
          </article>
        );
      })}
    </section>
  );
}
