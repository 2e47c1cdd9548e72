/** The page's side of the service worker: registers it when the page is idle, and says when a new version waits. */
import { Workbox } from 'workbox-window';
import { useOffline } from './offline-state.ts';

/** Where a reload for the sake of isolation is remembered: one is enough, and a browser that ignores the headers must not loop. */
const RELOADED_FOR_THREADS = 'reloaded-for-threads';

let workbox: Workbox | null = null;

/**
 * @param mayReload asked once a first visit's worker took over without cross-origin isolation: a reload then brings the
 * headers that give WebAssembly its threads. Answer false as soon as anything could be lost or disturbed.
 */
export async function registerServiceWorker(mayReload: () => boolean): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const worker = new Workbox('./service-worker.js', { scope: './' });
  workbox = worker;
  worker.addEventListener('installing', () => useOffline.setState({ status: 'installing' }));
  worker.addEventListener('waiting', () => useOffline.setState({ updateWaiting: true }));
  worker.addEventListener('controlling', () => {
    useOffline.setState({ status: 'ready' });
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

/** Activates the waiting version and reloads this tab into it. Other tabs keep running until they are reloaded. */
export async function applyUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  if (!workbox || !registration?.waiting) {
    // Another tab has taken it: only this page is still the older one.
    location.reload();
    return;
  }
  workbox.addEventListener('controlling', () => location.reload());
  workbox.messageSkipWaiting();
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
