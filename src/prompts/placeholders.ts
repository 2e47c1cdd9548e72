/** `{placeholders}` in saved texts: a word or a few between braces, filled in before the text is used. */

/** Letters first, so that code and set notation (`{}`, `{1, 2}`) stay text. */
const PLACEHOLDER = /\{(\p{L}[\p{L}\p{N} _-]{0,39})\}/gu;

/** Each name once, in the order of the text. */
export function placeholdersOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name))];
}

/** @param values by name; a placeholder without one stays as it is. What is filled in is never read as a placeholder. */
export function fillPlaceholders(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => values.get(name) ?? whole);
}
