/** A transcript to read, print or put into a repository: plain Markdown with nothing live in it. */
import type { Message } from '../../database/records.ts';
import { buildTree, pathTo, versionPlace } from '../../conversations/messages/tree.ts';
import { unixTextHash } from '../format/canonical.ts';
import type { TranscriptChat } from '../format/document.ts';
import { embed } from '../format/embedding.ts';
import type { TranscriptSource } from './export-json.ts';
import { MARKDOWN_HASH } from '../format/hash-marks.ts';
import { describeModel } from '../format/header.ts';
import { inert, inertLine } from './inert-markdown.ts';
import { describeReply, formatTime } from '../format/reply-line.ts';
import { documentTitle } from './titles.ts';

/**
 * Yields the file's text; at no time is more than one chat held. Shows the path on screen; the versions beside it are in the
 * embedded data.
 */
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
  for await (const chat of source.chats()) yield* writeChat(chat, chats > 1);
  yield '---\n\n<!-- ';
  yield* embed(source);
  yield ' -->\n\n';
}

function* writeChat(chat: TranscriptChat, titled: boolean): Generator<string, void, undefined> {
  const tree = buildTree(chat.messages);
  if (titled) yield `# ${inertLine(chat.conversation.title)}\n\n`;
  // Message by message: parsing takes milliseconds each, between which the page lives on.
  for (const message of pathTo(tree, chat.conversation.leafId)) {
    const { index, count } = versionPlace(tree, message.id);
    yield `${writeMessage(message, count > 1 ? `version ${index + 1} of ${count}` : '')}\n\n`;
  }
}

function writeMessage(message: Message, version: string): string {
  const who = message.role === 'user' ? 'You' : 'Model';
  const facts = [formatTime(message.createdAt), ...describeReply(message), version]
    .filter(Boolean)
    .join(' · ');
  return `## ${who}\n\n*${inertLine(facts)}*\n\n${inert(message.text)}`;
}

function sourceOf({ source, sourceSha256 }: { source: string; sourceSha256: string }): string {
  return [source && `; from ${source}`, sourceSha256 && `; SHA-256 ${sourceSha256}`].filter(Boolean).join('');
}
