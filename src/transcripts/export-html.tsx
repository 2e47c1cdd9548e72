/** A transcript as one page without a script: light and dark, readable on a phone, prints well. */
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import type { Message } from '../conversations/records.ts';
import { buildTree, pathTo, versionPlace } from '../conversations/tree.ts';
import { loadMaths } from '../ui/markdown/maths.tsx';
import RichText from '../ui/markdown/rich-text.tsx';
import { textSha256 } from './canonical.ts';
import type { ModelSummary, TranscriptChat, TranscriptDocument } from './document.ts';
import { embed } from './embedding.ts';
import { HTML_HASH_MARK, unixLineEnds } from './hash-marks.ts';
import { describeModel } from './header.ts';
import { HTML_STYLE } from './html-style.ts';
import { describeReply, formatTime } from './reply-line.ts';

/** No script, no request: even markup that slipped through could do nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** @returns the file's text. Needs a DOM: replies are drawn by the same component as in the chat. */
export async function writeHtml(document: TranscriptDocument): Promise<string> {
  const { notice, conversations } = document;
  // Drawn once: a formula that waits for its typesetter would stay TeX for ever.
  await loadMaths();
  const title = conversations.length === 1 ? (conversations[0]?.conversation.title ?? '') : 'Transcript';
  const body = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title><style>${HTML_STYLE}</style></head><body><main>`,
    `<section class="notice" aria-label="Advisory notice"><h2>Advisory notice</h2><blockquote>${escapeHtml(notice.text)}</blockquote>`,
    `<p>— ${escapeHtml(notice.author)}, ${escapeHtml(notice.source)}</p><p>${escapeHtml(notice.remark)}</p></section>`,
    `<header><h1>${escapeHtml(title)}</h1><p class="facts">Exported ${formatTime(document.exportedAt)} from Meditron Web ${escapeHtml(document.appVersion)}.</p>`,
    `<dl>${document.models.map(writeModel).join('')}</dl></header>`,
    ...conversations.map((chat) => writeChat(chat, conversations.length > 1)),
    `<!-- ${await embed(document)} -->`,
    '</main><footer><p class="facts">Every version of every message and how each reply came about are inside this file: Import in Meditron Web reads them, and says whether anything was changed since.</p>',
  ].join('\n');
  return `${body}\n${HTML_HASH_MARK}${await textSha256(unixLineEnds(`${body}\n`))}</code></p></footer></body></html>\n`;
}

function writeModel(model: ModelSummary): string {
  const { source, sourceSha256 } = model;
  const row = (name: string, value: string): string => `<dt>${name}</dt><dd>${value}</dd>`;
  return [
    row('Model', escapeHtml(describeModel(model))),
    source && row('Weights', escapeHtml(source)),
    sourceSha256 && row('SHA-256', `<code>${escapeHtml(sourceSha256)}</code>`),
  ].join('');
}

function writeChat(chat: TranscriptChat, titled: boolean): string {
  const tree = buildTree(chat.messages);
  const messages = pathTo(tree, chat.conversation.leafId).map((message) => {
    const { index, count } = versionPlace(tree, message.id);
    return writeMessage(message, count > 1 ? `version ${index + 1} of ${count}` : '');
  });
  const heading = titled ? `<h1>${escapeHtml(chat.conversation.title)}</h1>` : '';
  return `<section class="chat">${heading}\n${messages.join('\n')}\n</section>`;
}

function writeMessage(message: Message, version: string): string {
  const who = message.role === 'user' ? 'You' : 'Model';
  const facts = [formatTime(message.createdAt), ...describeReply(message), version]
    .filter(Boolean)
    .join(' · ');
  const text =
    message.role === 'user' ? `<p class="said">${escapeHtml(message.text)}</p>` : drawMarkdown(message.text);
  const head = `<div class="side"><h2>${who}</h2>${message.edited ? '<p class="edited">edited</p>' : ''}</div>`;
  return `<article class="${message.role}">${head}<div>${text}<p class="facts">${escapeHtml(facts)}</p></div></article>`;
}

/** Draws into an element that is in no page, and takes what only works in the app out of it. */
function drawMarkdown(text: string): string {
  const holder = document.createElement('div');
  const root = createRoot(holder);
  flushSync(() => root.render(<RichText text={text} streaming={false} />));
  for (const element of holder.querySelectorAll('button')) element.remove();
  for (const element of holder.querySelectorAll('[tabindex]')) element.removeAttribute('tabindex');
  const markup = holder.innerHTML;
  root.unmount();
  return markup;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
