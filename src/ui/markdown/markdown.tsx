import { lazy, Suspense } from 'react';
import { PlainText } from './plain-text.tsx';

const load = () => import('./rich-text.tsx');
const RichText = lazy(load);

/** Fetches the renderer ahead of the first reply. A failure shows when it is needed, as plain text. */
export function preloadMarkdown(): void {
  load().catch(() => undefined);
}

export interface MarkdownProps {
  readonly text: string;
  /** The text still grows at its end. */
  readonly streaming?: boolean;
  /** Show it as written: for messages far from view, whose rendering can wait. */
  readonly plain?: boolean;
}

/** Safe Markdown. Its renderer is a chunk of its own; until that is here the text stands as it was written. */
export function Markdown({ text, streaming = false, plain = false }: MarkdownProps) {
  const asWritten = (
    <div className="prose">
      <PlainText text={text} />
    </div>
  );
  if (plain) return asWritten;
  return (
    <Suspense fallback={asWritten}>
      <RichText text={text} streaming={streaming} />
    </Suspense>
  );
}
