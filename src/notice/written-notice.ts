/**
 * Asks the notice that the build has written into the page (`notice-dialog.tsx`, drawn by `tooling/build/first-paint.tsx`): it can be
 * answered before React, or anything else of the app, has come.
 */
import { noticeSession, useNotice } from './store.ts';
import type { NoticeState } from './session.ts';

/** @param dialog is taken out of the page once it is answered. @returns a promise of this session's acknowledgement. */
export function askWrittenNotice(dialog: HTMLDialogElement): Promise<void> {
  return new Promise((understood) => {
    const over = new AbortController();
    const { signal } = over;
    dialog.addEventListener('cancel', (event) => event.preventDefault(), { signal });
    // Where `closedby` is not known, a second Escape closes it all the same: what must stay is opened again.
    dialog.addEventListener('close', () => dialog.showModal(), { signal });
    dialog
      .querySelector('button')
      ?.addEventListener('click', () => noticeSession().acknowledge(), { signal });

    const follow = ({ phase }: NoticeState): void => {
      if (phase === 'acknowledged') {
        over.abort();
        stop();
        dialog.close();
        dialog.remove();
        understood();
      } else if (phase === 'checking') {
        // A reload in a session that may have been acknowledged: nothing is asked until that is known.
        dialog.open = false;
      } else if (!dialog.matches(':modal')) {
        dialog.open = false;
        dialog.showModal();
        dialog.querySelector<HTMLElement>('[tabindex="-1"]')?.focus({ preventScroll: true });
      }
    };
    const stop = useNotice.subscribe(follow);
    noticeSession();
    follow(useNotice.getState());
  });
}
