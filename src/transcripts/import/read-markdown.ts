/**
 * Takes the texts out of a Markdown transcript of the app (export-markdown.ts): what was on screen, with titles, times and
 * marks of edits. It holds no versions and nothing about how replies came about, and what a reader's program could have run is
 * in it as text.
 */
import { shortDigests } from '../format/integrity/canonical.ts';
import { unixLineEnds } from '../format/integrity/hash-marks.ts';
import { CHAT_LINE, MARKDOWN_FOOT, speakerLine, unguarded } from '../format/markdown-lines.ts';
import { chatOf } from './foreign/chat-of.ts';
import type { PlainChat, PlainMessage } from './foreign/plain-chat.ts';
import { refusal } from './files/read-chat.ts';
import type { ReadFile, Skipped } from './read-result.ts';

/** How every one of these files begins, unless something was put before it. */
export const MARKDOWN_HEAD = /^> \*\*Advisory notice\.\*\* /m;

/** @param text the whole file. @returns null when it holds no message of ours. `integrity` is left to the caller. */
export async function readMarkdown(text: string): Promise<Omit<ReadFile, 'integrity'> | null> {
  const unix = unixLineEnds(text);
  const foot = unix.lastIndexOf(MARKDOWN_FOOT);
  // Of the two line ends before the foot one ends the last text.
  const lines = (foot < 0 ? unix : unix.slice(0, Math.max(0, foot - 1))).split('\n');
  const digest = await shortDigests();
  const skipped: Skipped[] = [];
  const chats = plainChats(lines).flatMap((plain, index) => {
    const chat = chatOf(plain, { kind: 'meditron-markdown', folderId: null, digest });
    const why = plain.messages.length === 0 ? 'it holds no message' : refusal(chat);
    if (why === null) return [chat];
    skipped.push({ what: `conversation ${String(index + 1)}`, why });
    return [];
  });
  return chats.length === 0 ? null : { kind: 'meditron-markdown', chats, folders: [], skipped };
}

function plainChats(lines: readonly string[]): PlainChat[] {
  const chats: PlainChat[] = [];
  const ofSeveral = lines.some((line) => CHAT_LINE.test(line));
  let title = ofSeveral ? '' : titleIn(lines.find((line) => line.startsWith('# ')));
  let messages: PlainMessage[] = [];
  const end = (): void => {
    if (!ofSeveral || chats.length > 0 || messages.length > 0 || title !== '')
      chats.push(plain(title, messages));
    messages = [];
  };
  let begun = false;
  for (const [at, line] of lines.entries()) {
    if (CHAT_LINE.test(line)) {
      if (begun) end();
      begun = true;
      // Its title and a blank line stand above.
      title = titleIn(lines[at - 2]);
    }
    const role =
      line === speakerLine('user') ? 'user' : line === speakerLine('assistant') ? 'assistant' : null;
    if (role === null) continue;
    const facts = factsIn(lines[at + 2] ?? '');
    messages.push({
      role,
      ...facts,
      text: unguarded(textFrom(lines, at + 4).join('\n')),
      parent: messages.length === 0 ? null : messages.length - 1,
    });
  }
  if (begun || !ofSeveral) end();
  return chats;
}

/** The lines of a message up to the blank one before what begins next. */
function textFrom(lines: readonly string[], from: number): readonly string[] {
  let to = from;
  while (to < lines.length && !isSpeaker(lines[to]) && !CHAT_LINE.test(lines[to] ?? '')) to += 1;
  // A title and two blank lines belong to the next chat.
  if (CHAT_LINE.test(lines[to] ?? '')) to -= 2;
  return lines.slice(from, Math.max(from, to - 1));
}

function isSpeaker(line: string | undefined): boolean {
  return line === speakerLine('user') || line === speakerLine('assistant');
}

function titleIn(line: string | undefined): string {
  return line?.startsWith('# ') === true ? plainLine(line.slice(2)) : '';
}

/** e.g. `*2026-11-21 09:30 UTC · edited · Demo model Q4\_0*`. */
function factsIn(line: string): { readonly createdAt: number; readonly edited: boolean } {
  const [time = '', ...others] = plainLine(line.replace(/^\*|\*$/g, '')).split(' · ');
  const [, day, clock] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC$/.exec(time) ?? [];
  const at = day !== undefined && clock !== undefined ? Date.parse(`${day}T${clock}Z`) : Number.NaN;
  return { createdAt: Number.isFinite(at) && at > 0 ? at : 0, edited: others.includes('edited') };
}

/** Takes back what `inertLine` did. */
function plainLine(line: string): string {
  return line
    .replace(/\\([\\`*_[\]~$|])/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');
}

function plain(title: string, messages: readonly PlainMessage[]): PlainChat {
  return { title, createdAt: 0, systemText: null, messages, leaf: null, identity: null, omitted: {} };
}
