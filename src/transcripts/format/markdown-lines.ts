/** The lines of a Markdown transcript that say where something begins, for its writer and its reader. */

export function speakerLine(role: 'user' | 'assistant'): string {
  return role === 'user' ? '## You' : '## Model';
}

/** Below the title of each chat, in a file of several. */
export function chatLine(number: number, of: number): string {
  return `*Chat ${String(number)} of ${String(of)}*`;
}

export const CHAT_LINE = /^\*Chat \d+ of \d+\*$/;

/** What follows the last message; the check value comes below it. */
export const MARKDOWN_FOOT =
  '---\n\nThis file is for reading. Every version of every message and how each reply came about are in the app’s JSON export.\n\n';

/** A line that says where something begins, behind any number of backslashes. */
const IMITATION = /^\\*(?:## (?:You|Model)|\*Chat \d+ of \d+\*)$/gm;

/** A text none of whose lines is taken for one of the file's own. */
export function guarded(text: string): string {
  return text.replace(IMITATION, String.raw`\$&`);
}

/** The text again. */
export function unguarded(text: string): string {
  return text.replace(IMITATION, (line) => (line.startsWith('\\') ? line.slice(1) : line));
}
