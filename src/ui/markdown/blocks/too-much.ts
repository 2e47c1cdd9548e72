/** Parsing is super-linear in places: a block that no page of prose would have is shown as it is. */
const MAX_BLOCK_CHARACTERS = 24_000;
/** Deeper nesting than any reader follows costs the parser quadratic time and, in the thousands, the stack. */
const TOO_DEEP = /^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*){25}/m;

/** Openers of links and emphasis that find no end are tried against each other: quadratic time, too. */
const MOST_OPENERS = 500;

/** Whether a text would keep the Markdown parser busy for long. */
export function isTooMuch(text: string): boolean {
  if (text.length > MAX_BLOCK_CHARACTERS || TOO_DEEP.test(text)) return true;
  // Other parsers search the text again for mail addresses.
  if ((text.match(/@/g)?.length ?? 0) > MOST_OPENERS) return true;
  return (
    (text.match(/\[/g)?.length ?? 0) > MOST_OPENERS || (text.match(/[*_~]+/g)?.length ?? 0) > 4 * MOST_OPENERS
  );
}
