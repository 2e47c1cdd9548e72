import { whenIdle } from './when-idle.ts';

/** The first frames, their letters and icons, and what the browser does for itself after a page has come. */
const SETTLING_MS = 1000;

/** Runs `work` once the page is loaded and at rest. */
export function whenLoaded(work: () => void): void {
  const onLoad = (): void => {
    setTimeout(() => whenIdle(work), SETTLING_MS);
  };
  if (document.readyState === 'complete') onLoad();
  else window.addEventListener('load', onLoad, { once: true });
}
