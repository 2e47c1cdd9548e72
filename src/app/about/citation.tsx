import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { CITATION } from './figures.ts';

export function Citation() {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  return (
    <div className="grid gap-3">
      <p className="max-w-measure font-serif text-base">
        Work that uses Meditron cites its authors. For the app, name its version, {__APP_VERSION__}, and the
        model and settings: “Details” under each reply has them.
      </p>
      {/* A scrolled text must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above */}
      <section tabIndex={0} aria-label="BibTeX" className="overflow-x-auto bg-sunken p-4">
        <pre className="font-mono text-xs">{CITATION}</pre>
      </section>
      <div className="flex items-center gap-3">
        <Button
          size="small"
          onClick={() => {
            void copyText(CITATION).then((copied) => {
              // Where it is refused: it is there to be selected.
              setState(copied ? 'copied' : 'refused');
            });
          }}
        >
          Copy citation
        </Button>
        <span role="status" className="text-sm text-ink-muted">
          {state === 'copied' && 'Copied.'}
          {state === 'refused' && 'The browser refused: select the text above instead.'}
        </span>
      </div>
    </div>
  );
}
