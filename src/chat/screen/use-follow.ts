import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

/** Nearer to the end than this counts as at the end: fractions of pixels and a line's bounce. */
const NEAR_END_PX = 32;

export interface Follow {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** Whether nothing later is out of sight. */
  readonly atEnd: boolean;
  readonly toEnd: () => void;
  /** Leaves the end on purpose: the view goes to a message instead. */
  readonly letGo: () => void;
}

/** Pixels below what is in sight. */
function restOf(element: HTMLElement): number {
  return element.scrollHeight - element.clientHeight - element.scrollTop;
}

/**
 * The one owner of the conversation's scrolling: the view follows the end while the reader is there and never moves by
 * itself once they have gone up.
 */
export function useFollow(): Follow {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const lastTop = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    following.current = true;
    setAtEnd(true);
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  const letGo = useCallback(() => {
    following.current = false;
    setAtEnd(scroller.current === null || restOf(scroller.current) <= NEAR_END_PX);
  }, []);

  useEffect(() => {
    const element = scroller.current;
    const inside = content.current;
    if (!element || !inside) return;
    const onScroll = (): void => {
      const distance = restOf(element);
      const up = element.scrollTop < lastTop.current - 1;
      lastTop.current = element.scrollTop;
      if (distance <= NEAR_END_PX) following.current = true;
      // Content that arrives makes the distance grow as well: only a way up is the reader's.
      else if (up) following.current = false;
      setAtEnd(following.current || distance <= NEAR_END_PX);
    };
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
      // Text that came or went below the reader: there is later text to jump to only if some is out of sight.
      else setAtEnd(restOf(element) <= NEAR_END_PX);
    });
    observer.observe(inside);
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, []);

  return { scroller, content, atEnd, toEnd, letGo };
}
