/** A whole transcript as one word of letters: what share links carry, and what Markdown and HTML files hold for Import. */
import { canonicalJson } from './integrity/canonical.ts';
import type { TranscriptDocument } from './document.ts';
import { writeJson, type TranscriptSource } from '../export/export-json.ts';
import { deflatePieces, deflateText, fromBase64Url, inflateText, toBase64Url } from './packing.ts';

export const EMBED_MARK = 'meditron-web-transcript:1:';

/** Pieces of a word that may stand in an HTML comment, which two dashes could end: dashes are written as dots. */
export async function* embed(source: TranscriptSource): AsyncGenerator<string, void, undefined> {
  yield EMBED_MARK;
  let rest = new Uint8Array(0);
  for await (const deflated of deflatePieces(writeJson(source))) {
    const bytes = new Uint8Array(rest.length + deflated.length);
    bytes.set(rest);
    bytes.set(deflated, rest.length);
    // Three bytes are four letters; what is left over begins the next piece.
    const whole = bytes.length - (bytes.length % 3);
    rest = bytes.slice(whole);
    if (whole > 0) yield letters(bytes.subarray(0, whole));
  }
  yield letters(rest);
}

function letters(bytes: Uint8Array): string {
  return toBase64Url(bytes).replaceAll('-', '.');
}

/** @returns the embedded JSON text, or null where `text` holds none. @throws AppError `transcript/*` */
export async function findEmbedded(text: string): Promise<string | null> {
  // The last one: text of the conversation comes before it and may imitate it.
  const start = text.lastIndexOf(EMBED_MARK);
  if (start < 0) return null;
  const word = /^[A-Za-z0-9_.]*/.exec(text.slice(start + EMBED_MARK.length))?.[0] ?? '';
  return unpack(word.replaceAll('.', '-'));
}

/** Deflated canonical JSON in base64url. */
export async function pack(document: TranscriptDocument): Promise<string> {
  return toBase64Url(await deflateText(canonicalJson(document)));
}

/** @throws AppError `transcript/damaged`, `transcript/too-large` */
export async function unpack(word: string): Promise<string> {
  return inflateText(fromBase64Url(word));
}
