/** Runs the latest of many updates once per frame. */
export interface FrameBatch {
  /** Replaces what waits for the next frame. */
  schedule(update: () => void): void;
  /** Runs what waits now. */
  flush(): void;
}

/** Asks for one call soon. @returns a function that cancels it. */
export type RequestFrame = (run: () => void) => () => void;

/** A hidden tab gets no animation frames, but its title and other windows may still show it. */
const HIDDEN_INTERVAL_MS = 250;

export const requestFrame: RequestFrame = (run) => {
  if (document.visibilityState === 'hidden') {
    const timer = setTimeout(run, HIDDEN_INTERVAL_MS);
    return () => {
      clearTimeout(timer);
    };
  }
  const frame = requestAnimationFrame(run);
  return () => {
    cancelAnimationFrame(frame);
  };
};

export function createFrameBatch(request: RequestFrame): FrameBatch {
  let waiting: (() => void) | null = null;
  let cancel: (() => void) | null = null;
  const run = (): void => {
    const update = waiting;
    waiting = null;
    cancel = null;
    update?.();
  };
  return {
    schedule(update) {
      waiting = update;
      cancel ??= request(run);
    },
    flush() {
      cancel?.();
      run();
    },
  };
}
