/** A transcript in the fragment of the app's own address: the fragment never leaves the browser that opens it. */
import type { TranscriptDocument } from '../format/document.ts';
import { pack } from '../format/embedding.ts';
import { MAX_LINK_BYTES, MAX_LINK_CHARACTERS, MAX_LINK_ENTRIES } from '../format/limits.ts';
import { fromBase64Url, inflateText } from '../format/packing.ts';

export type ShareLink =
  | { readonly kind: 'link'; readonly url: string }
  /** Longer than links safely travel: offer the file. */
  | { readonly kind: 'too-long'; readonly characters: number; readonly limit: number }
  /** More than a link is opened with: offer the file. */
  | { readonly kind: 'too-many'; readonly entries: number; readonly limit: number };

/** @param appUrl the page's address; its fragment is replaced. */
export async function shareLink(document: TranscriptDocument, appUrl: string): Promise<ShareLink> {
  const entries = entriesIn(document);
  if (entries > MAX_LINK_ENTRIES) return { kind: 'too-many', entries, limit: MAX_LINK_ENTRIES };
  const url = new URL(appUrl);
  url.search = '';
  url.hash = `/shared/${await pack(document)}`;
  const { href } = url;
  if (href.length > MAX_LINK_CHARACTERS)
    return { kind: 'too-long', characters: href.length, limit: MAX_LINK_CHARACTERS };
  return { kind: 'link', url: href };
}

/**
 * @param data what follows `#/shared/`.
 * @returns JSON text, still to be parsed as hostile. @throws AppError `transcript/damaged`, `transcript/too-large`
 */
export async function openShareLink(data: string): Promise<string> {
  return inflateText(fromBase64Url(data), MAX_LINK_BYTES);
}

/** How much there is to check and to draw in what should be a transcript; a quick look, before anything is checked. */
export function entriesIn(value: unknown): number {
  const chats = listIn(value, 'conversations');
  return [
    chats,
    listIn(value, 'folders'),
    listIn(value, 'models'),
    ...chats.map((chat) => listIn(chat, 'messages')),
  ].reduce((sum, { length }) => sum + length, 0);
}

function listIn(value: unknown, name: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const list = (value as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}
