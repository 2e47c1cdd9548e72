/**
 * Runs `work` once the page has nothing else to do. Safari tells of no such moment before 26: there a timer leaves room for input.
 * @param latestMs waits no longer than this. @param elseMs where nothing tells. @returns ends the waiting.
 */
export function whenIdle(work: () => void, { latestMs = 3000, elseMs = 200 } = {}): () => void {
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(work, { timeout: latestMs });
    return () => {
      cancelIdleCallback(handle);
    };
  }
  const timer = setTimeout(work, elseMs);
  return () => {
    clearTimeout(timer);
  };
}
