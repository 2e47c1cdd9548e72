/** No frame is painted in a tab in the background, which must get on all the same. */
const HIDDEN_TAB_MS = 500;

/** Resolves when the browser has painted what the page holds now. */
export function firstPaint(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done));
    setTimeout(done, HIDDEN_TAB_MS);
  });
}
