/** Where a readable file's hash begins and what follows it to the end. The text before the mark is what the hash covers. */
export const HTML_HASH = {
  mark: '<p class="hash">SHA-256 of the file up to this paragraph: <code>',
  tail: '</code></p></footer></body></html>\n',
} as const;
export const MARKDOWN_HASH = { mark: 'SHA-256 of everything above this line: ', tail: '\n' } as const;

/** What is hashed: programs that save a text file again may change its line ends; its words are the same. */
export function unixLineEnds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
