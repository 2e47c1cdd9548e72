/** Check files as `sha256sum` writes them, beside the files they speak of. */

import { CHECK_LINE } from '../format/check-file.ts';

/** Lists of more are of something else. */
const MOST_BYTES = 1_000_000;

export interface CheckedFile {
  readonly file: File;
  /** From the check file that came with it; null without one. */
  readonly sha256: string | null;
}

/**
 * Puts what was chosen together: check files are no transcripts, they say what the others must hash to.
 * A browser that saves a file twice adds to its name, so one file and one check file belong together whatever they are called.
 */
export async function withCheckFiles(files: readonly File[]): Promise<readonly CheckedFile[]> {
  const checks = files.filter(({ name, size }) => /\.sha256$/i.test(name) && size < MOST_BYTES);
  const others = files.filter((file) => !checks.includes(file));
  const hashes = new Map<string, string>();
  for (const check of checks) {
    for (const line of (await check.text()).split(/\r?\n/)) {
      const [, sha256, name] = CHECK_LINE.exec(line) ?? [];
      if (sha256 !== undefined && name !== undefined) hashes.set(name, sha256.toLowerCase());
    }
  }
  const [only] = others.length === 1 && hashes.size === 1 ? hashes.values() : [];
  return others.map((file) => ({ file, sha256: hashes.get(file.name) ?? only ?? null }));
}
