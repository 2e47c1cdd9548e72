import { useEffect, useState, type RefObject } from 'react';

/** About two screens ahead: rendered before it is scrolled to. */
const MARGIN = '1600px 0px';

type Callback = () => void;
const waiting = new Map<Element, Callback>();
let observer: IntersectionObserver | null = null;

/** Whether the element has been near the view; once true it stays so. Far messages wait with their costly parts. */
export function useNear(ref: RefObject<Element | null>, initially: boolean): boolean {
  const [near, setNear] = useState(initially || typeof IntersectionObserver === 'undefined');
  useEffect(() => {
    const element = ref.current;
    if (near || !element) return;
    observer ??= new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          waiting.get(entry.target)?.();
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
