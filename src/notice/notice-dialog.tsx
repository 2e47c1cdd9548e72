import type { Ref } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NoticeText } from './notice-text.tsx';
import { NOTICE_SESSION_TEXT } from './text.ts';

export interface NoticeDialogProps {
  readonly because: 'new-session' | 'idle';
  /** What the server in use is called; null: words stay on this machine. */
  readonly server: string | null;
  /** What gets the focus: the text, not the button. It is read out first, arrow keys scroll it, and Enter accepts nothing unread. */
  readonly text?: Ref<HTMLDivElement>;
  readonly onUnderstood: () => void;
}

/** The notice as it is asked. The build writes it into the page as well, where `written-notice.ts` asks it without React. */
export function NoticeDialog({ because, server, text, onUnderstood }: NoticeDialogProps) {
  return (
    <Dialog open title="Advisory notice" dismiss="none" onClose={() => undefined}>
      <div ref={text} tabIndex={-1}>
        {because === 'idle' && (
          <p className="mb-4 text-sm text-ink-muted">
            This tab was not used for eight hours, so the notice is shown again. Everything is as you left it.
          </p>
        )}
        <NoticeText server={server} />
      </div>
      <div className="sticky -bottom-4 -mx-5 mt-6 -mb-4 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line bg-surface px-5 py-3">
        <p className="min-w-48 flex-1 text-xs text-ink-muted">{NOTICE_SESSION_TEXT}</p>
        <Button look="primary" onClick={onUnderstood}>
          I understand
        </Button>
      </div>
    </Dialog>
  );
}
