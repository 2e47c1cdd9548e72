import type { Construct, TokenizeContext } from 'micromark-util-types';

/**
 * What reading a block may cost, in units of about a microsecond on the machine of 2021: four times the longest table or list of a
 * reply. Counted, not timed, so that a text is drawn alike everywhere.
 */
const MAX_WORK = 60_000;
/** A mark that could begin something: a token, its events, its place in the tree. */
const MARK_WORK = 30;
/** A line, and each event there is, since the end of an item moves them. */
const LINE_WORK = 30;
const EVENT_WORK = 0.02;
/** For what the count does not see: a hang ends. */
const MAX_MS = 1000;

/** The text would keep the parser busy for longer than a reader waits. */
export class TooMuchWork extends Error {}

/** Constructs that are never found and count what is done. */
export function workGuards(): { readonly line: Construct; readonly mark: Construct } {
  const begun = performance.now();
  let work = 0;
  const add = (amount: number): void => {
    work += amount;
    if (work > MAX_WORK || performance.now() - begun > MAX_MS) throw new TooMuchWork();
  };
  return {
    line: {
      tokenize(this: TokenizeContext, _effects, _ok, nok) {
        add(LINE_WORK + this.events.length * EVENT_WORK);
        return nok;
      },
    },
    mark: {
      partial: true,
      tokenize(_effects, _ok, nok) {
        add(MARK_WORK);
        return nok;
      },
    },
  };
}
