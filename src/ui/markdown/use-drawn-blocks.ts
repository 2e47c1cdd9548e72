import { useEffect, useState } from 'react';

/** Drawn at once: a page, so that what is on screen never flickers. */
const FIRST_CHARACTERS = 4000;
/** A turn's drawing is to take about this long on a slow machine; longer is felt while typing. */
const TURN_MS = 40;
const LEAST_CHARACTERS = 1000;
const MOST_CHARACTERS = 16_000;

/** How many of a text's blocks are drawn by now; each turn some more, as many as the machine does in time. */
export function useDrawnBlocks(blocks: readonly string[], whole: boolean): number {
  // Once all was drawn at once (while it was being written) it stays so.
  const [all, setAll] = useState(whole);
  if (whole && !all) setAll(true);
  const [turn, setTurn] = useState(() => ({ blocks: 0, allowance: FIRST_CHARACTERS, begun: 0 }));
  const drawn = all || whole ? blocks.length : reach(blocks, turn.blocks, turn.allowance);
  const begun = turn.begun;
  const over = drawn >= blocks.length;
  useEffect(() => {
    if (over) return;
    const took = begun === 0 ? TURN_MS : Math.max(1, performance.now() - begun);
    const timer = setTimeout(() => {
      setTurn(({ allowance }) => ({
        blocks: drawn,
        allowance: Math.min(MOST_CHARACTERS, Math.max(LEAST_CHARACTERS, (allowance * TURN_MS) / took)),
        begun: performance.now(),
      }));
    });
    return () => {
      clearTimeout(timer);
    };
  }, [over, drawn, begun]);
  return drawn;
}

/** The blocks from `from` on that fit an allowance of characters, at least one. */
function reach(blocks: readonly string[], from: number, allowance: number): number {
  let left = allowance;
  let to = from;
  while (to < blocks.length && left > 0) {
    left -= blocks[to]?.length ?? 0;
    if (left < 0 && to > from) break;
    to += 1;
  }
  return Math.min(to, blocks.length);
}
