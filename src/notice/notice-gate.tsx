import { useEffect, useRef, type ReactNode } from 'react';
import { serverTitle } from '../engine/tab/server-title.ts';
import { useWordsGoTo } from '../engine/tab/where-words-go.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NoticeText } from './notice-text.tsx';
import { noticeSession, useNotice } from './store.ts';
import { NOTICE_SESSION_TEXT } from './text.ts';

export interface NoticeGateProps {
  /** Not rendered, so nothing in it starts or loads, before this session's acknowledgement. */
  readonly children: ReactNode;
}

/**
 * The only way into the app. When an open session is asked again after hours without use, what is behind stays mounted
 * (a reply or a conversion may be running) but can be neither seen nor reached.
 */
export function NoticeGate({ children }: NoticeGateProps) {
  const notice = useNotice();
  const server = useWordsGoTo();
  const asking = notice.phase === 'asking';
  const behind = notice.phase === 'acknowledged' || (asking && notice.because === 'idle');
  const text = useRef<HTMLDivElement>(null);

  useEffect(() => {
    noticeSession();
  }, []);

  // The text gets the focus, not the button: it is read out first, arrow keys scroll it, and Enter accepts nothing unread.
  useEffect(() => {
    if (asking) text.current?.focus({ preventScroll: true });
  }, [asking]);

  return (
    <>
      {behind && (
        <div className="contents" inert={asking} style={asking ? { visibility: 'hidden' } : undefined}>
          {children}
        </div>
      )}
      {asking && (
        <Dialog open title="Advisory notice" dismiss="none" onClose={() => undefined}>
          <div ref={text} tabIndex={-1}>
            {notice.because === 'idle' && (
              <p className="mb-4 text-sm text-ink-muted">
                This tab was not used for eight hours, so the notice is shown again. Everything is as you left
                it.
              </p>
            )}
            <NoticeText server={server && serverTitle(server)} />
          </div>
          <div className="sticky -bottom-4 -mx-5 mt-6 -mb-4 flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line bg-surface px-5 py-3">
            <p className="min-w-48 flex-1 text-xs text-ink-muted">{NOTICE_SESSION_TEXT}</p>
            <Button
              look="primary"
              onClick={() => {
                noticeSession().acknowledge();
              }}
            >
              I understand
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
