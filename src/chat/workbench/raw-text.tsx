import type { BlockView } from './measure.ts';

/** Raw completion as the one text that it is, the model's part marked. */
export function RawText({ blocks }: { readonly blocks: readonly BlockView[] }) {
  return (
    <div
      role="group"
      aria-label="The text so far"
      dir="auto"
      className="rounded-md border border-line bg-surface p-3 font-serif text-base wrap-anywhere whitespace-pre-wrap"
    >
      {blocks.map(({ place, pieces }, index) => {
        const text = pieces.map((piece) => piece.text).join('');
        return place.part === 'turn' && place.role === 'assistant' ? (
          <mark
            key={index}
            className="bg-accent-soft text-ink underline decoration-accent/40 underline-offset-4"
          >
            {text}
          </mark>
        ) : (
          <span key={index}>{text}</span>
        );
      })}
    </div>
  );
}
