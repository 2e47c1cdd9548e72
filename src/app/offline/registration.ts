/** The page's side of the service worker: registers it when the page is idle, and says when a new version waits. */
import { Workbox } from 'workbox-window';
import { useOffline } from './offline-state.ts';

/** Where a reload for the sake of isolation is remembered: one is enough, and a browser that ignores the headers must not loop. */
const RELOADED_FOR_THREADS = 'reloaded-for-threads';

/**
 * How long a person is kept waiting after "Update"; usually it takes a second. Chromium waits until the older worker has no work, for
 * five minutes at most, and what any tab asks the app's host for is work.
 */
export const PATIENCE_MS = 15_000;

let workbox: Workbox | null = null;
let patience: ReturnType<typeof setTimeout> | undefined;

/**
 * @param mayReload asked once a first visit's worker took over without cross-origin isolation: a reload then brings the
 * headers that give WebAssembly its threads. Answer false as soon as anything could be lost or disturbed.
 */
export async function registerServiceWorker(mayReload: () => boolean): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const worker = new Workbox('./service-worker.js', { scope: './' });
  workbox = worker;
  worker.addEventListener('installing', () => useOffline.setState({ status: 'installing' }));
  worker.addEventListener('waiting', () => useOffline.setState({ update: 'offered' }));
  worker.addEventListener('controlling', () => {
    useOffline.setState({ status: 'ready' });
    const { update } = useOffline.getState();
    if (update === 'taking') location.reload();
    // By now the person has gone on, and a reload would come out of the blue: it is theirs to press once more.
    if (update === 'late') useOffline.setState({ update: 'offered' });
    if (!window.crossOriginIsolated && mayReload() && !reloadedBefore()) location.reload();
  });
  try {
    await worker.register();
    await navigator.serviceWorker.ready;
    useOffline.setState({ status: 'ready' });
  } catch {
    // The app works without it; the state says that it is not available offline.
    useOffline.setState({ status: 'failed' });
  }
}

/**
 * Activates the waiting version and reloads this tab into it. Other tabs keep running until they are reloaded. Where the older version
 * does not go, this page stays as it is, and its person is told.
 */
export async function applyUpdate(): Promise<void> {
  useOffline.setState({ update: 'taking' });
  clearTimeout(patience);
  patience = setTimeout(() => {
    useOffline.setState({ update: 'late' });
  }, PATIENCE_MS);
  // A browser that can't say has none: the reload tells.
  const registration = await navigator.serviceWorker.getRegistration().catch(() => undefined);
  if (workbox && registration?.waiting) workbox.messageSkipWaiting();
  // Another tab has taken it: only this page is still the older one.
  else location.reload();
}

function reloadedBefore(): boolean {
  try {
    if (sessionStorage.getItem(RELOADED_FOR_THREADS)) return true;
    sessionStorage.setItem(RELOADED_FOR_THREADS, 'yes');
    return false;
  } catch {
    // Without storage there is no telling whether a reload has been tried: threads are not worth a loop.
    return true;
  }
}
