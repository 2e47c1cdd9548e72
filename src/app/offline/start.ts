import { useNotice } from '../../notice/store.ts';
import { whenIdle } from '../../lib/waiting/when-idle.ts';
import { useArrivedLink } from '../../transcripts/share/arrived-link.ts';
import { listenForInstallPrompt } from '../install/install-state.ts';

/** Registers the service worker once the page is loaded and at rest: the first paint owes it nothing. */
export function startOffline(): void {
  listenForInstallPrompt();
  const register = (): void => {
    void import('./registration.ts').then(({ registerServiceWorker }) =>
      // Until the notice is accepted nothing has been typed and no model is loading; a link is in this page's memory only.
      registerServiceWorker(
        () => useNotice.getState().acknowledgedAt === null && useArrivedLink.getState().data === null,
      ),
    );
  };
  const onLoad = (): void => {
    whenIdle(register);
  };
  if (document.readyState === 'complete') onLoad();
  else window.addEventListener('load', onLoad, { once: true });
}
