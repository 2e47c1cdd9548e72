/** What the bytes of one token read as. A character may be cut between tokens: then the bytes are told, too. */
import type { TokenChoice } from './port.ts';

export function tokenText(bytes: Uint8Array): Pick<TokenChoice, 'text' | 'bytes'> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return text.includes('\ufffd') ? { text, bytes: [...bytes] } : { text };
}
