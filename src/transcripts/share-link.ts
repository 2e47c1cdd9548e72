/** A transcript in the fragment of the app's own address: the fragment never leaves the browser that opens it. */
import type { TranscriptDocument } from './document.ts';
import { pack } from './embedding.ts';
import { MAX_LINK_BYTES, MAX_LINK_CHARACTERS } from './limits.ts';
import { fromBase64Url, inflateText } from './packing.ts';

export type ShareLink =
  | { readonly kind: 'link'; readonly url: string }
  /** Longer than links safely travel: offer the file. */
  | { readonly kind: 'too-long'; readonly characters: number; readonly limit: number };

/** @param appUrl the page's address; its fragment is replaced. */
export async function shareLink(document: TranscriptDocument, appUrl: string): Promise<ShareLink> {
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
