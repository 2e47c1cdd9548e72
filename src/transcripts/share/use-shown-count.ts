import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { isTranscriptPrinting } from '../../ui/printing.ts';

/** What a first screen can show, with some to scroll. */
const FIRST = 24;
const STEP = 40;

/** How many of a transcript's messages are in the page: the first ones at once, the rest step by step. */
export function useShownCount(total: number, resting: boolean): number {
  const [count, setCount] = useState(FIRST);
  const done = resting || count >= total;
  useEffect(() => {
    if (done) return;
    const timer = setTimeout(() => {
      setCount((before) => before + STEP);
    });
    return () => {
      clearTimeout(timer);
    };
  }, [done, count]);
  useEffect(() => {
    if (done) return;
    const showAll = (): void => {
      if (!isTranscriptPrinting()) flushSync(() => setCount(Infinity));
    };
    // Captured: before `ui/use-near.ts` has what is there drawn.
    window.addEventListener('beforeprint', showAll, { capture: true });
    return () => {
      window.removeEventListener('beforeprint', showAll, { capture: true });
    };
  }, [done]);
  return Math.min(count, total);
}
