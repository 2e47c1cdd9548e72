import { useState } from 'react';
import { serverTitle } from '../engine/tab/server-title.ts';
import { useWordsGoTo } from '../engine/tab/where-words-go.ts';
import { classNames } from '../ui/class-names.ts';
import { Dialog } from '../ui/dialog.tsx';
import { NoticeText } from './notice-text.tsx';
import { NOTICE_SHORT } from './text.ts';

/** The notice's short form, to stay in sight beside every conversation; the whole text is one press away. */
export function NoticeLine({ className }: { readonly className?: string }) {
  const [open, setOpen] = useState(false);
  const server = useWordsGoTo();
  return (
    <>
      <p role="note" className={classNames('text-xs text-ink-muted', className)}>
        {NOTICE_SHORT}{' '}
        <button
          type="button"
          className="-my-1 py-1 text-accent underline underline-offset-2 pointer-coarse:-my-2.5 pointer-coarse:py-2.5"
          onClick={() => {
            setOpen(true);
          }}
        >
          Read the notice
        </button>
      </p>
      <Dialog
        open={open}
        title="Advisory notice"
        onClose={() => {
          setOpen(false);
        }}
      >
        <NoticeText server={server && serverTitle(server)} />
      </Dialog>
    </>
  );
}
