import { useEffect, useState } from 'react';
import { flushSync } from 'react-dom';
import { isTranscriptPrinting } from '../../ui/printing.ts';
import { whenIdle } from '../../lib/waiting/when-idle.ts';

/** What is scrolled to next should be there. */
const SOON = { latestMs: 500, elseMs: 32 };

/** What a first screen can show, with some to scroll. */
const FIRST = 24;
const STEP = 40;

/**
 * From which message on the conversation is mounted: the end at once, the rest in idle slices, so that a chat of thousands
 * opens like one of ten. `everything`: a jump to an old message needs them all now.
 */
export function useMountedFrom(count: number, everything: boolean): number {
  // Counted from the start: messages that arrive later do not move it.
  const [from, setFrom] = useState(() => Math.max(0, count - FIRST));
  const target = everything ? 0 : Math.min(from, count);
  useEffect(() => {
    if (target === 0) return;
    return whenIdle(() => {
      setFrom(Math.max(0, target - STEP));
    }, SOON);
  }, [target]);
  useEffect(() => {
    const mountAll = (): void => {
      if (!isTranscriptPrinting()) flushSync(() => setFrom(0));
    };
    // Captured: before `ui/use-near.ts` has what is mounted drawn.
    window.addEventListener('beforeprint', mountAll, { capture: true });
    return () => {
      window.removeEventListener('beforeprint', mountAll, { capture: true });
    };
  }, []);
  return target;
}
