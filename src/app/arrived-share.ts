/** The page's side of a share: loaded only when the page was opened by one. */
import type { SharedParts, TakeShare } from './offline/share-target.ts';

/** A worker that does not answer has no share. */
const PATIENCE_MS = 5000;

/** Asked once, at the page's start: a worker at rest may be stopped, and its memory with it. null: there is none. */
export const arrivedShare: Promise<SharedParts | null> = takeShare();

function takeShare(): Promise<SharedParts | null> {
  // Missing on insecure origins in spite of its type.
  const worker = (navigator as Partial<Navigator>).serviceWorker?.controller;
  if (!worker) return Promise.resolve(null);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(() => {
      resolve(null);
    }, PATIENCE_MS);
    port1.onmessage = ({ data }: MessageEvent<SharedParts | null>) => {
      clearTimeout(timer);
      port1.close();
      resolve(data);
    };
    worker.postMessage({ type: 'take-share' } satisfies TakeShare, [port2]);
  });
}
