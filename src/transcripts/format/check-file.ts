/** A line of a check file as `sha256sum` writes it: a hash, two spaces (the second may be a star) and a name. */
export const CHECK_LINE = /^([0-9a-f]{64}) [ *](.+)$/i;

/** @param sha256 lower-case hex. @param name of the file it speaks of, which lies beside it. */
export function checkFileText(sha256: string, name: string): string {
  return `${sha256}  ${name}\n`;
}
