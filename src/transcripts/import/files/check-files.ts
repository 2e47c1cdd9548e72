/** Check files as `sha256sum` writes them, beside the files they speak of. */

import { checkSignature } from '../../../formats/signature/signature.ts';
import { CHECK_LINE, signatureInLine } from '../../format/integrity/check-file.ts';
import type { ReadReport } from '../read-result.ts';

/** Lists of more are of something else. */
const MOST_BYTES = 1_000_000;

export interface CheckedFile {
  readonly file: File;
  /** From the check file that came with it; null without one. */
  readonly sha256: string | null;
  /** Of that hash, from the same check file, still to be checked; null without one. */
  readonly signature: unknown;
}

/**
 * Puts what was chosen together: check files are no transcripts, they say what the others must hash to.
 * A browser that saves a file twice adds to its name, so one file and one check file belong together whatever they are called.
 */
export async function withCheckFiles(files: readonly File[]): Promise<readonly CheckedFile[]> {
  const checks = files.filter(({ name, size }) => /\.sha256$/i.test(name) && size < MOST_BYTES);
  const others = files.filter((file) => !checks.includes(file));
  const found = new Map<string, Omit<CheckedFile, 'file'>>();
  for (const check of checks) {
    let last: string | null = null;
    for (const line of (await check.text()).split(/\r?\n/)) {
      const [, sha256, name] = CHECK_LINE.exec(line) ?? [];
      const before = last === null ? undefined : found.get(last);
      if (sha256 !== undefined && name !== undefined) {
        found.set(name, { sha256: sha256.toLowerCase(), signature: null });
        last = name;
      } else if (last !== null && before)
        found.set(last, { ...before, signature: before.signature ?? signatureInLine(line) });
    }
  }
  const [only] = others.length === 1 && found.size === 1 ? found.values() : [];
  return others.map((file) => ({
    file,
    ...(found.get(file.name) ?? only ?? { sha256: null, signature: null }),
  }));
}

/** What is to be said of a file, with who signed its check value: that fits where the value fits the file. */
export async function withSigner(
  report: ReadReport,
  { sha256, signature }: Omit<CheckedFile, 'file'>,
): Promise<ReadReport> {
  if (sha256 === null || signature === null) return report;
  const signed = await checkSignature(signature, 'transcript', sha256);
  if (!signed) return report;
  const intact = report.integrity.state === 'consistent';
  return { ...report, signed: { ...signed, fits: signed.fits === null ? null : signed.fits && intact } };
}
