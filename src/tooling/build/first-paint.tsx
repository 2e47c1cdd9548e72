import { NoticeText } from '../../notice/notice-text.tsx';
import { NOTICE_SESSION_TEXT } from '../../notice/text.ts';

/** The measures of the sheet in `ui/dialog.tsx`: nothing moves when the dialog opens. */
export function FirstPaint() {
  return (
    <div className="fixed inset-0 m-auto flex h-fit max-h-[min(46rem,calc(100dvh-2rem))] w-[min(40rem,calc(100vw-2rem))] flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-float">
      <div className="flex items-center border-b border-line py-2 pl-5">
        <h2 className="font-serif text-lg font-semibold">Advisory notice</h2>
      </div>
      {/* Justified, it is never smaller than the dialog's own: the browser's largest paint is this one, and not the same text again. */}
      <div className="min-h-0 flex-1 overflow-hidden px-5 py-4 [&_blockquote]:text-justify">
        <NoticeText server={null} />
      </div>
      <p className="min-h-27 border-t border-line bg-surface px-5 py-3 text-xs sm:min-h-16 text-ink-muted">
        {NOTICE_SESSION_TEXT}
      </p>
    </div>
  );
}
