import { useEffect, useState } from 'react';

/**
 * What a block costs, in characters of plain prose: each mark may become an element, which is thirty of them. A quotation of
 * twenty levels is forty characters.
 */
const MARK = /[>*_`$|[\]\\~+\-\n]/g;
const MARK_COST = 30;
/** Drawn at once: a page, so that what is on screen never flickers. */
const FIRST_COST = 10_000;
/** A turn's drawing is to take about this long on a slow machine; longer is felt while typing. */
const TURN_MS = 40;
const LEAST_COST = 2000;
const MOST_COST = 40_000;

/** How many of a text's blocks are drawn by now; each turn some more, as many as the machine does in time. */
export function useDrawnBlocks(blocks: readonly string[], whole: boolean): number {
  // Once all was drawn at once (while it was being written) it stays so.
  const [all, setAll] = useState(whole);
  if (whole && !all) setAll(true);
  const [turn, setTurn] = useState(() => ({ blocks: 0, allowance: FIRST_COST, begun: 0 }));
  const drawn = all || whole ? blocks.length : reach(blocks, turn.blocks, turn.allowance);
  const begun = turn.begun;
  const over = drawn >= blocks.length;
  useEffect(() => {
    if (over) return;
    const took = begun === 0 ? TURN_MS : Math.max(1, performance.now() - begun);
    const timer = setTimeout(() => {
      setTurn(({ allowance }) => ({
        blocks: drawn,
        allowance: Math.min(MOST_COST, Math.max(LEAST_COST, (allowance * TURN_MS) / took)),
        begun: performance.now(),
      }));
    });
    return () => {
      clearTimeout(timer);
    };
  }, [over, drawn, begun]);
  return drawn;
}

/** The blocks from `from` on that an allowance is enough for, at least one. */
function reach(blocks: readonly string[], from: number, allowance: number): number {
  let left = allowance;
  let to = from;
  while (to < blocks.length && left > 0) {
    left -= costOf(blocks[to] ?? '');
    if (left < 0 && to > from) break;
    to += 1;
  }
  return Math.min(to, blocks.length);
}

function costOf(block: string): number {
  return block.length + MARK_COST * (block.match(MARK)?.length ?? 0);
}
