/** Where a readable file's hash begins. The text before the mark is what the hash covers. */
export const HTML_HASH_MARK = '<p class="hash">SHA-256 of the file up to this paragraph: <code>';
export const MARKDOWN_HASH_MARK = 'SHA-256 of everything above this line: ';

/** What is hashed: programs that save a text file again may change its line ends; its words are the same. */
export function unixLineEnds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
