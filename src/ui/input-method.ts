import type { KeyboardEvent } from 'react';

/** Milliseconds: a person who ends a composition and then presses Enter takes longer. */
const SAME_KEY_MS = 50;
let endedAt = -Infinity;
if (typeof window !== 'undefined') {
  window.addEventListener(
    'compositionend',
    ({ timeStamp }) => {
      endedAt = timeStamp;
    },
    true,
  );
}

/**
 * Whether a key belongs to an input method, such as the Enter that takes a candidate. Safari ends the composition before it
 * sends that key, with the key code of composition: https://bugs.webkit.org/show_bug.cgi?id=165004
 */
export function isOfInputMethod({ nativeEvent, timeStamp }: KeyboardEvent): boolean {
  // oxlint-disable-next-line typescript/no-deprecated -- nothing else tells it in Safari
  return nativeEvent.isComposing || nativeEvent.keyCode === 229 || timeStamp - endedAt < SAME_KEY_MS;
}
