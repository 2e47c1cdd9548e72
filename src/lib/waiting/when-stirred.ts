const SIGNS = ['pointermove', 'pointerdown', 'touchstart', 'wheel', 'keydown'] as const;
/** Someone who only reads meets no wait either. */
const LATEST_MS = 5000;

/** Runs `work` once, when a person first moves anything on the page, or a while later. */
export function whenStirred(work: () => void): void {
  const once = (): void => {
    clearTimeout(timer);
    for (const sign of SIGNS) removeEventListener(sign, once, { capture: true });
    work();
  };
  const timer = setTimeout(once, LATEST_MS);
  for (const sign of SIGNS) addEventListener(sign, once, { capture: true, passive: true });
}
