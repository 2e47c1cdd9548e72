import { useEffect, useState } from 'react';
import { dropOpenText, openTexts, type OpenText } from '../../conversations/data/tab/open-texts.ts';
import { useStore } from '../../conversations/data/store.ts';
import { attempt } from '../../conversations/panel/panel-actions.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';

/** Above the screen, after it was locked or the page loaded anew: what was typed then, to be copied to where it belongs, or forgotten. */
export function OpenTextsNotice() {
  const store = useStore((state) => state.store);
  const [texts, setTexts] = useState<readonly OpenText[]>([]);
  useEffect(() => {
    if (!store) return;
    // A failure is in the storage's health already; the texts stay where they are.
    openTexts(store).then(setTexts, () => undefined);
  }, [store]);
  if (!store || texts.length === 0) return null;
  return (
    <section
      aria-label="Not finished when the page closed or locked"
      className="m-3 mb-0 max-h-[40dvh] shrink-0 overflow-y-auto border-l-3 border-accent bg-sunken px-4 py-3 text-sm"
    >
      <p className="font-semibold">Not finished when the page closed or locked</p>
      <ul className="mt-2 grid gap-3">
        {texts.map(({ id, label, text }) => (
          <OpenTextItem
            key={id}
            label={label}
            text={text}
            onDiscard={() => {
              setTexts(texts.filter((each) => each.id !== id));
              attempt(dropOpenText(store, id));
            }}
          />
        ))}
      </ul>
    </section>
  );
}

function OpenTextItem({
  label,
  text,
  onDiscard,
}: {
  readonly label: string;
  readonly text: string;
  readonly onDiscard: () => void;
}) {
  const [copied, setCopied] = useState(false);
  return (
    <li className="grid gap-1">
      <p className="text-xs text-ink-muted">{label}</p>
      <p dir="auto" className="max-h-32 overflow-y-auto font-serif wrap-anywhere whitespace-pre-wrap">
        {text}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          size="small"
          onClick={() => {
            // Where the clipboard is refused the text can still be selected.
            void copyText(text).then(setCopied);
          }}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
        <Button size="small" look="quiet" onClick={onDiscard}>
          Discard
        </Button>
      </div>
    </li>
  );
}
