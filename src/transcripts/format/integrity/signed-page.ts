/** The end of a page of HTML that can be read again: the SHA-256 of all above it, and who vouches for that. */
import {
  checkSignature,
  fingerprintOf,
  type Signature,
  type Signed,
  type SignedKind,
} from '../../../formats/signature/signature.ts';
import { HTML_HASH, unixLineEnds } from './hash-marks.ts';
import { fromBase64Url, toBase64Url } from '../packing.ts';

const END = '</footer></body></html>\n';
const SIGNED = '<p class="hash">Signed by ';
const TAIL = new RegExp(
  `^([0-9a-f]{64})</code></p>(?:${SIGNED}[^<]{0,800}<code>([\\w-]{1,2000})</code></p>)?${END.trimEnd()}\\s*$`,
);

/** @param reader what in the app reads the page, for whoever looks at it. @returns what follows the text that was hashed. */
export async function pageEnd(sha256: string, signature: Signature | null, reader: string): Promise<string> {
  return `${HTML_HASH.mark}${sha256}</code></p>${signature ? await signedLine(signature, reader) : ''}${END}`;
}

async function signedLine(signature: Signature, reader: string): Promise<string> {
  const { name, publicKey } = signature;
  const fingerprint = await fingerprintOf(fromBase64Url(publicKey));
  const record = toBase64Url(new TextEncoder().encode(JSON.stringify(signature)));
  const shown = name.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const who = `“${shown}”, key ${fingerprint}; ${reader} in Meditron Web says whether it fits`;
  return `${SIGNED}${who}: <code>${record}</code></p>`;
}

export interface PageEnd {
  /** All that was hashed, with line ends as they were then. */
  readonly head: string;
  readonly sha256: string;
  /** The signature, packed; null where nobody signed. */
  readonly record: string | null;
}

/** @returns null where the page has no such end. Nothing may stand after it but white space, which is an editor's. */
export function readPageEnd(text: string): PageEnd | null {
  const page = unixLineEnds(text);
  const at = page.lastIndexOf(HTML_HASH.mark);
  if (at < 0) return null;
  const [, sha256, record] = TAIL.exec(page.slice(at + HTML_HASH.mark.length)) ?? [];
  return sha256 === undefined ? null : { head: page.slice(0, at), sha256, record: record ?? null };
}

/** @param sha256 of the page as it is now. */
export async function pageSigner(record: string, kind: SignedKind, sha256: string): Promise<Signed> {
  let value: unknown = null;
  try {
    value = JSON.parse(new TextDecoder().decode(fromBase64Url(record)));
  } catch {
    // Said below, as of any other text.
  }
  return (await checkSignature(value, kind, sha256)) ?? { name: '', fingerprint: '', fits: false };
}
