/** Whether a share opened this page; its text is fetched at once and the address made plain, so that a reload does not bring it again. */
import { SHARED_PLACE } from './offline/share-target.ts';

export const openedByShare = location.hash === `#${SHARED_PLACE}`;

if (openedByShare) {
  history.replaceState(history.state, '', '#/');
  // Offered when the page is at rest (launch.ts), where a failure to load is told.
  import('./arrived-share.ts').catch(() => undefined);
}
