import { whenIdle } from './when-idle.ts';

/** Runs `work` once the page is loaded and at rest. */
export function whenLoaded(work: () => void): void {
  const onLoad = (): void => {
    whenIdle(work);
  };
  if (document.readyState === 'complete') onLoad();
  else window.addEventListener('load', onLoad, { once: true });
}
