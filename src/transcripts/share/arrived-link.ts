/**
 * A share link holds a whole transcript. It leaves the address before anything is drawn, so that it stays in no history and in
 * nothing that synchronises it; a reload asks for the link again.
 */
import { create } from 'zustand';

/** What followed `#/shared/` in the address; null when none did since the page was opened. */
export const useArrivedLink = create<{ readonly data: string | null }>(() => ({ data: null }));

function take(): void {
  const [, data] = /^#\/?shared\/(.+)$/.exec(location.hash) ?? [];
  if (data === undefined) return;
  history.replaceState(history.state, '', '#/shared');
  useArrivedLink.setState({ data });
}

/** From the page's start, and before the router hears of an address. */
export function takeLinksOut(): void {
  take();
  window.addEventListener('hashchange', take);
}
