import type { Draft } from '../../conversations/data/tab/drafts.ts';
import { Button } from '../../ui/button.tsx';

export interface UnsentTextsProps {
  readonly drafts: readonly Draft[];
  readonly onUse: (draft: Draft) => void;
  readonly onDiscard: (draft: Draft) => void;
}

/** Texts that other tabs left behind in this chat: they can be put into the box, below what it holds, or forgotten. */
export default function UnsentTexts({ drafts, onUse, onDiscard }: UnsentTextsProps) {
  return (
    <ul aria-label="Unsent text from another tab" className="mb-2 grid gap-1.5">
      {drafts.map((draft) => (
        <li
          key={draft.id}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-l-3 border-line-strong bg-sunken px-3 py-1.5 text-sm"
        >
          <p className="min-w-0 flex-1 basis-56">
            <span className="block text-xs text-ink-muted">Unsent text from another tab</span>
            <span dir="auto" className="line-clamp-2 font-serif [overflow-wrap:anywhere]">
              {draft.text}
            </span>
          </p>
          <span className="flex gap-1">
            <Button
              size="small"
              onClick={() => {
                onUse(draft);
              }}
            >
              Put it in the box
            </Button>
            <Button
              size="small"
              look="quiet"
              onClick={() => {
                onDiscard(draft);
              }}
            >
              Discard
            </Button>
          </span>
        </li>
      ))}
    </ul>
  );
}
