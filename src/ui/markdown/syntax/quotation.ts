/**
 * Quotations: a `>` that begins a line and is not a comparison. `> 5.5 mmol/L`, `>= 65` and `>140/90` are text, in a list item,
 * too. Lines that belong together are judged together, since half a quotation would make comparisons of the other half.
 */
import { blockQuote } from 'micromark-core-commonmark';
import { factorySpace } from 'micromark-factory-space';
import type { Construct, Effects, State, TokenizeContext } from 'micromark-util-types';
import { beginsQuantity } from './characters.ts';

/** A list item's mark stands before it on its line: `- > 3 times the upper limit`. */
const AFTER_LIST_MARK = /(?:[-*+]|\d{1,9}[.)])[ \t]*$/;
/** The beginning of a line of the same quotation. */
const QUOTED = /[ \t]*>[> \t]*/y;
const LIST_NUMBER = /(\d{1,2})[.)][ \t]+[^\s\d]/y;
/** `>` and then a word: nobody quotes like that in a reply, but `>ULN` is written. */
const ATTACHED = /[^\s>]/;

/** The core's own, without the name by which the dialect turns it off. */
const marker: Construct = { tokenize: blockQuote.tokenize };
/** A mark stands at most three spaces in: one more, and the line is indented code. */
const MOST_INDENT = 4;

interface Verdict {
  readonly from: number;
  readonly to: number;
  readonly quotation: boolean;
}

export function quotation(source: string): Construct {
  let last: Verdict = { from: 0, to: 0, quotation: false };

  const isQuotation = (at: number): boolean => {
    if (at < last.from || at >= last.to) last = judge(source, at);
    return last.quotation && !ATTACHED.test(source.charAt(at + 1));
  };

  return {
    name: 'quotation',
    tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
      const opened = blockQuote.tokenize.call(this, effects, ok, nok);
      const open = this.containerState?.open === true;
      const at = this.now().offset;
      return (code) => (open || isQuotation(at) ? opened(code) : nok(code));
    },
    continuation: {
      tokenize: (effects, ok, nok) =>
        factorySpace(effects, effects.attempt(marker, ok, nok), 'linePrefix', MOST_INDENT),
    },
    exit: blockQuote.exit,
  };
}

/** @param at of the first `>` */
function judge(source: string, at: number): Verdict {
  const lineStart = source.lastIndexOf('\n', at - 1) + 1;
  const interrupts =
    lineStart > 0 && source.slice(source.lastIndexOf('\n', lineStart - 2) + 1, lineStart).trim() !== '';
  let quoted = !AFTER_LIST_MARK.test(source.slice(lineStart, at));
  let listNumber = 1;
  let to = at;
  for (let line = at; ;) {
    QUOTED.lastIndex = line;
    if (!QUOTED.test(source)) break;
    const content = QUOTED.lastIndex;
    LIST_NUMBER.lastIndex = content;
    const number = interrupts ? null : LIST_NUMBER.exec(source)?.[1];
    if (number !== undefined && number !== null && Number(number) === listNumber) listNumber += 1;
    else if (beginsQuantity(source, content)) quoted = false;
    const end = source.indexOf('\n', content);
    to = end < 0 ? source.length : end + 1;
    if (end < 0) break;
    line = to;
  }
  return { from: at, to, quotation: quoted };
}
