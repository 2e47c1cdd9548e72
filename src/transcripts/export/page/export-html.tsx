/** A transcript as one page without a script: light and dark, readable on a phone, prints well. */
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import type { Message } from '../../../database/records.ts';
import { buildTree, pathTo, versionPlace } from '../../../conversations/messages/tree.ts';
import { loadMaths } from '../../../ui/markdown/maths.tsx';
import { isolatedHtml } from '../../../ui/bidi.tsx';
import {
  createLastingBudget,
  RenderBudgetContext,
  type RenderBudget,
} from '../../../ui/markdown/blocks/render-budget.ts';
import RichText from '../../../ui/markdown/rich-text.tsx';
import { unixTextHash } from '../../format/integrity/canonical.ts';
import type { ModelSummary, TranscriptChat } from '../../format/document.ts';
import { embed } from '../../format/embedding.ts';
import type { TranscriptSource } from '../export-json.ts';
import { pageEnd } from '../../format/integrity/signed-page.ts';
import { describeModel } from '../../format/header.ts';
import { HTML_STYLE } from './html-style.ts';
import { describeReply, formatTime } from '../../format/reply-line.ts';
import { documentTitle } from '../titles.ts';

/** No script, no request: even markup that slipped through could do nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/**
 * Yields the file's text; at no time is more than one chat held. Needs a DOM: replies are drawn by the same component as in
 * the chat.
 */
export async function* writeHtml(source: TranscriptSource): AsyncGenerator<string, void, undefined> {
  // Drawn once: a formula that waits for its typesetter would stay TeX for ever.
  await loadMaths();
  const hash = await unixTextHash();
  for await (const piece of writeBody(source)) {
    hash.update(piece);
    yield piece;
  }
  const sha256 = hash.digest();
  // What lies inside is signed as well; this is of what a reader sees.
  yield await pageEnd(sha256, source.sign ? await source.sign(sha256) : null, 'Import');
}

async function* writeBody(source: TranscriptSource): AsyncGenerator<string, void, undefined> {
  const { notice, exportedAt, appVersion, chats, models } = source.header;
  const title = await documentTitle(source);
  yield [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title><style>${HTML_STYLE}</style></head><body><main>`,
    `<section class="notice" aria-label="Advisory notice"><h2>Advisory notice</h2><blockquote>${escapeHtml(notice.text)}</blockquote>`,
    `<p>— ${escapeHtml(notice.author)}, ${escapeHtml(notice.source)}</p><p>${escapeHtml(notice.remark)}</p></section>`,
    `<header><h1 dir="auto">${isolatedHtml(title, escapeHtml)}</h1><p class="facts">Exported ${formatTime(exportedAt)} from Meditron Web ${escapeHtml(appVersion)}.</p>`,
    source.signer
      ? `<p class="facts">Signed by ${escapeHtml(source.signer.name)}, key ${source.signer.fingerprint}; Import in Meditron Web says whether it fits.</p>`
      : '',
    `<dl>${models.map(writeModel).join('')}</dl></header>\n`,
  ].join('\n');
  const budget = createLastingBudget();
  for await (const chat of source.chats()) yield* writeChat(chat, chats > 1, budget);
  yield '<!-- ';
  yield* embed(source);
  yield ' -->\n</main><footer><p class="facts">Every version of every message and how each reply came about are inside this file: Import in Meditron Web reads them, and says whether anything was changed since.</p>\n';
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

function* writeChat(
  chat: TranscriptChat,
  titled: boolean,
  budget: RenderBudget,
): Generator<string, void, undefined> {
  const tree = buildTree(chat.messages);
  yield `<section class="chat">${titled ? `<h1 dir="auto">${isolatedHtml(chat.conversation.title, escapeHtml)}</h1>` : ''}\n`;
  // Message by message: drawing takes milliseconds each, between which the page lives on.
  for (const message of pathTo(tree, chat.conversation.leafId)) {
    const { index, count } = versionPlace(tree, message.id);
    yield `${writeMessage(message, count > 1 ? `version ${index + 1} of ${count}` : '', budget)}\n`;
  }
  yield '</section>\n';
}

function writeMessage(message: Message, version: string, budget: RenderBudget): string {
  const who = message.role === 'user' ? 'You' : 'Model';
  const facts = [formatTime(message.createdAt), ...describeReply(message), version]
    .filter(Boolean)
    .join(' · ');
  const text =
    message.role === 'user'
      ? `<p class="said" dir="auto">${isolatedHtml(message.text, escapeHtml)}</p>`
      : drawMarkdown(message.text, budget);
  const head = `<div class="side"><h2>${who}</h2>${message.edited ? '<p class="edited">edited</p>' : ''}</div>`;
  return `<article class="${message.role}">${head}<div>${text}<p class="facts">${escapeHtml(facts)}</p></div></article>`;
}

/** Draws into an element that is in no page, and takes what only works in the app out of it. */
function drawMarkdown(text: string, budget: RenderBudget): string {
  const holder = document.createElement('div');
  const root = createRoot(holder);
  flushSync(() =>
    root.render(
      <RenderBudgetContext value={budget}>
        <RichText text={text} streaming={false} whole />
      </RenderBudgetContext>,
    ),
  );
  for (const element of holder.querySelectorAll('button')) element.remove();
  for (const element of holder.querySelectorAll('[tabindex]')) element.removeAttribute('tabindex');
  // What the app opens or not is no business of a file's reader, who follows links in a program of their own.
  for (const element of holder.querySelectorAll<HTMLAnchorElement>('a[data-address]')) {
    element.href = element.dataset.address ?? '';
    element.rel = 'noopener noreferrer nofollow';
    element.target = '_blank';
    element.removeAttribute('role');
    delete element.dataset.address;
  }
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
