/** Fences of code around texts of any size. */

/** @returns a fence of this mark that is longer than any run of it in the text, and no shorter than Markdown's three. */
export function fenceAround(text: string, mark: '`' | '~'): string {
  // One by one: as arguments of one call, the runs of a long text are more than the stack takes.
  let longest = 2;
  for (const [run] of text.matchAll(mark === '`' ? /`+/g : /~+/g)) longest = Math.max(longest, run.length);
  return mark.repeat(longest + 1);
}
