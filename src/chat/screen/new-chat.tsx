import type { ReactNode } from 'react';
import { useChat } from '../session/chat-environment.ts';

export interface NewChatProps {
  readonly onAsk: (question: string) => void;
  readonly children?: ReactNode;
}

/** The first page of a chat: what the model is, and questions that suit it, set like a chapter's exercises. */
export function NewChat({ onAsk, children }: NewChatProps) {
  const { useModelCard } = useChat();
  const card = useModelCard();
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex min-h-full max-w-[49rem] flex-col justify-center px-5 py-10 lg:px-8">
        <div className="max-w-measure lg:ml-24">
          <h1 className="font-serif text-2xl font-semibold text-balance">Begin with a question</h1>
          <p className="mt-3 min-h-14 font-serif text-base text-pretty text-ink-muted">
            {card ? `${card.name}. ${card.summary}` : ' '}
          </p>
          {children}
          {card && card.examples.length > 0 && (
            <section className="mt-8" aria-labelledby="example-questions">
              <h2 id="example-questions" className="side-head">
                Questions it was made for
              </h2>
              <ol className="mt-2 border-t border-line">
                {card.examples.map((question, index) => (
                  <li key={question} className="border-b border-line">
                    <button
                      type="button"
                      className="group grid w-full grid-cols-[2rem_1fr] items-baseline py-3 text-left transition-colors hover:text-accent"
                      onClick={() => {
                        onAsk(question);
                      }}
                    >
                      <span aria-hidden className="tabular font-serif text-ink-muted group-hover:text-accent">
                        {index + 1}
                      </span>
                      <span className="font-serif text-base">{question}</span>
                    </button>
                  </li>
                ))}
              </ol>
            </section>
          )}
        </div>
      </div>
    </div>
  );
}
