import type { Signature } from '../../../formats/signature/signature.ts';

/** A line of a check file as `sha256sum` writes it: a hash, two spaces (the second may be a star) and a name. */
export const CHECK_LINE = /^([0-9a-f]{64}) [ *](.+)$/i;

/** A line that `sha256sum` passes over: who vouches for the hash above it. */
const SIGNATURE_LINE = /^# Signed in Meditron Web: (\{.{1,1000}\})$/;

/** @param sha256 lower-case hex. @param name of the file it speaks of, which lies beside it. */
export function checkFileText(sha256: string, name: string, signature?: Signature): string {
  const line = signature ? `# Signed in Meditron Web: ${JSON.stringify(signature)}\n` : '';
  return `${sha256}  ${name}\n${line}`;
}

/** @returns what a line holds in place of a signature, still to be checked; null where it is another line. */
export function signatureInLine(line: string): unknown {
  const [, json] = SIGNATURE_LINE.exec(line) ?? [];
  if (json === undefined) return null;
  try {
    return JSON.parse(json);
  } catch {
    // A comment of somebody else's.
    return null;
  }
}
