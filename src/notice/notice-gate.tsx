import { useEffect, useRef, type ReactNode } from 'react';
import { serverTitle } from '../engine/tab/server-title.ts';
import { useWordsGoTo } from '../engine/tab/where-words-go.ts';
import { NoticeDialog } from './notice-dialog.tsx';
import { noticeSession, useNotice } from './store.ts';

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
        <NoticeDialog
          because={notice.because}
          server={server && serverTitle(server)}
          text={text}
          onUnderstood={() => {
            noticeSession().acknowledge();
          }}
        />
      )}
    </>
  );
}
