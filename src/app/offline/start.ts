import { useNotice } from '../../notice/store.ts';
import { whenIdle } from '../../lib/waiting/when-idle.ts';
import { useArrivedLink } from '../../transcripts/share/arrived-link.ts';

/** Registers the service worker once the page is at rest. It fetches 20 MB, beside which nothing that a person waits for may run. */
export function startOffline(): void {
  whenIdle(() => {
    void import('./registration.ts').then(({ registerServiceWorker }) =>
      // Until the notice is accepted nothing has been typed and no model is loading; a link is in this page's memory only.
      registerServiceWorker(
        () => useNotice.getState().acknowledgedAt === null && useArrivedLink.getState().data === null,
      ),
    );
  });
}
