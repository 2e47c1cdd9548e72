/** Someone who reads a notice leaves a processor idle far sooner. */
const LATEST_MS = 3000;

/** Runs `work` once the page has nothing else to do; Safari tells of no such moment before 26. */
export function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: LATEST_MS });
  else setTimeout(work, 200);
}
