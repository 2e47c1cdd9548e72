import { useEffect, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { isTranscriptPrinting } from './printing.ts';

/** About two screens ahead: rendered before it is scrolled to. */
const MARGIN = '1600px 0px';

type Callback = () => void;
const waiting = new Map<Element, Callback>();
let observer: IntersectionObserver | null = null;

/** Many can come near at once; rendering them in one go would hold up input, so they take turns. */
const turns: Callback[] = [];
let turn: ReturnType<typeof setTimeout> | null = null;

function takeTurn(): void {
  turn = null;
  turns.shift()?.();
  if (turns.length > 0) turn = setTimeout(takeTurn, 0);
}

function queueTurn(run: Callback): void {
  turns.push(run);
  turn ??= setTimeout(takeTurn, 0);
}

/** Paper shows everything: what waits is drawn now. */
if (typeof window !== 'undefined')
  window.addEventListener('beforeprint', () => {
    if (isTranscriptPrinting()) return;
    flushSync(() => {
      for (const draw of [...waiting.values()]) draw();
    });
  });

/** Whether the element has been near the view; once true it stays so. Far messages wait with their costly parts. */
export function useNear(ref: RefObject<Element | null>, initially: boolean): boolean {
  const [near, setNear] = useState(initially || typeof IntersectionObserver === 'undefined');
  useEffect(() => {
    const element = ref.current;
    if (near || !element) return;
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          const element = entry.target;
          // Looked up again when its turn comes: it may be gone by then.
          if (entry.isIntersecting) queueTurn(() => waiting.get(element)?.());
        }
      },
      { rootMargin: MARGIN },
    );
    waiting.set(element, () => {
      setNear(true);
    });
    observer.observe(element);
    return () => {
      waiting.delete(element);
      observer?.unobserve(element);
    };
  }, [ref, near]);
  return near;
}
