/**
 * A transcript to read, print or put into a repository: plain Markdown with nothing live in it, and nothing in it but what is
 * read. Import takes its texts back (read-markdown.ts); versions and how replies came about are in the JSON file.
 */
import type { Message } from '../../database/records.ts';
import { buildTree, pathTo, versionPlace } from '../../conversations/messages/tree.ts';
import { unixTextHash } from '../format/integrity/canonical.ts';
import type { TranscriptChat } from '../format/document.ts';
import type { TranscriptSource } from './export-json.ts';
import { MARKDOWN_HASH } from '../format/integrity/hash-marks.ts';
import { describeModel } from '../format/header.ts';
import { chatLine, guarded, MARKDOWN_FOOT, speakerLine } from '../format/markdown-lines.ts';
import { inertInSteps, inertLine } from './inert-markdown.ts';
import { nextTurn } from '../../lib/worker/next-turn.ts';
import { TURN_MS } from './save-file.ts';
import { describeReply, formatTime } from '../format/reply-line.ts';
import { documentTitle } from './titles.ts';

/** Yields the file's text; at no time is more than one chat held. Shows the path on screen. */
export async function* writeMarkdown(source: TranscriptSource): AsyncGenerator<string, void, undefined> {
  const hash = await unixTextHash();
  for await (const piece of writeBody(source)) {
    hash.update(piece);
    yield piece;
  }
  yield `${MARKDOWN_HASH.mark}${hash.digest()}${MARKDOWN_HASH.tail}`;
}

async function* writeBody(source: TranscriptSource): AsyncGenerator<string, void, undefined> {
  const { notice, exportedAt, appVersion, chats, models } = source.header;
  yield `> **Advisory notice.** ${notice.text}\n>\n> — ${notice.author}, <${notice.source}>\n>\n> ${notice.remark}\n\n`;
  yield `# ${inertLine(await documentTitle(source))}\n\n`;
  yield `Exported ${formatTime(exportedAt)} from Meditron Web ${inertLine(appVersion)}.\n`;
  for (const model of models) yield `- ${inertLine(describeModel(model) + sourceOf(model))}\n`;
  yield '\n';
  let number = 0;
  for await (const chat of source.chats()) {
    number += 1;
    if (chats > 1) yield `# ${inertLine(chat.conversation.title)}\n\n${chatLine(number, chats)}\n\n`;
    yield* writeMessages(chat);
  }
  yield MARKDOWN_FOOT;
}

async function* writeMessages(chat: TranscriptChat): AsyncGenerator<string, void, undefined> {
  const tree = buildTree(chat.messages);
  // Message by message: parsing takes milliseconds each, between which the page lives on.
  for (const message of pathTo(tree, chat.conversation.leafId)) {
    const { index, count } = versionPlace(tree, message.id);
    yield `${await writeMessage(message, count > 1 ? `version ${index + 1} of ${count}` : '')}\n\n`;
  }
}

async function writeMessage(message: Message, version: string): Promise<string> {
  const facts = [formatTime(message.createdAt), ...describeReply(message), version]
    .filter(Boolean)
    .join(' · ');
  return `${speakerLine(message.role)}\n\n*${inertLine(facts)}*\n\n${guarded(await calmed(message.text))}`;
}

/** Texts with much to look at give the page a turn now and then. */
async function calmed(text: string): Promise<string> {
  const steps = inertInSteps(text);
  let begun = performance.now();
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (performance.now() - begun < TURN_MS) continue;
    await nextTurn();
    begun = performance.now();
  }
}

function sourceOf({ source, sourceSha256 }: { source: string; sourceSha256: string }): string {
  return [source && `; from ${source}`, sourceSha256 && `; SHA-256 ${sourceSha256}`].filter(Boolean).join('');
}
