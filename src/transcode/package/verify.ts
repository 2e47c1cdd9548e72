import { AppError } from '../../errors/app-error.ts';
import type { Hashing } from '../run/hashing.ts';
import { parseProvenance, PROVENANCE_FILE, type Provenance } from './provenance.ts';

/** Where a package's files can be read from. */
export interface PackageReader {
  /** A whole file, or null where there is none. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
}

export interface BadFile {
  readonly name: string;
  readonly problem: 'missing' | 'wrong-size' | 'wrong-hash';
}

export interface Verification {
  readonly provenance: Provenance;
  readonly bad: readonly BadFile[];
  readonly files: number;
  readonly bytes: number;
}

/**
 * Re-hashes every file of a package against its provenance, one file in memory at a time.
 * @throws AppError `transcode/package-damaged` where the provenance is missing or unreadable; `aborted`; what reading throws
 */
export async function verifyPackage(
  reader: PackageReader,
  options: {
    readonly hashing: Hashing;
    readonly signal?: AbortSignal;
    readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
  },
): Promise<Verification> {
  const stored = await reader.read(PROVENANCE_FILE);
  if (stored === null) throw new AppError('transcode/package-damaged', 'provenance.json is missing');
  const provenance = parseProvenance(stored);
  const files = [...provenance.shards, ...provenance.files];
  const total = files.reduce((sum, { nbytes }) => sum + nbytes, 0);
  const bad: BadFile[] = [];
  let done = 0;
  for (const { name, nbytes, sha256 } of files) {
    if (options.signal?.aborted === true) throw new AppError('aborted', 'Verification was stopped');
    const bytes = await reader.read(name);
    if (bytes === null) bad.push({ name, problem: 'missing' });
    else if (bytes.length !== nbytes) bad.push({ name, problem: 'wrong-size' });
    else if ((await options.hashing.digest(bytes)).sha256 !== sha256)
      bad.push({ name, problem: 'wrong-hash' });
    done += nbytes;
    options.onProgress?.(done, total);
  }
  return { provenance, bad, files: files.length, bytes: total };
}
