import { AppError } from '../../../errors/app-error.ts';
import { blobSha256 } from '../../format/integrity/canonical.ts';
import { MAX_BACKUP_BYTES, MAX_FILE_BYTES, STREAM_FROM_BYTES } from '../../format/limits.ts';
import { readBackup } from '../read-backup.ts';
import { readTranscriptText } from './read-file.ts';
import type { Integrity, ReadPiece, ReadReport } from '../read-result.ts';

/**
 * Any file in parts: a large backup of the app's own in many, every other in one.
 * @param options.streamFrom bytes from which on a backup is read chat by chat.
 * @param options.sha256 what a check file says the file hashes to, for files that hold no check value of their own.
 * @throws AppError `transcript/*`
 */
export async function* readInPieces(
  file: Blob,
  {
    streamFrom = STREAM_FROM_BYTES,
    sha256 = null,
  }: { readonly streamFrom?: number; readonly sha256?: string | null } = {},
): AsyncGenerator<ReadPiece, ReadReport, undefined> {
  if (file.size > MAX_BACKUP_BYTES) throw tooLarge(file, MAX_BACKUP_BYTES);
  if (file.size > streamFrom) {
    const report = yield* readBackup(file);
    if (report) return report;
  }
  if (file.size > MAX_FILE_BYTES) throw tooLarge(file, MAX_FILE_BYTES);
  const { chats, folders, exams, ...report } = await readTranscriptText(await file.text());
  yield { chats, folders, ...(exams && { exams }) };
  if (sha256 === null || report.integrity.state !== 'unknown') return report;
  const integrity: Integrity =
    (await blobSha256(file)) === sha256.toLowerCase()
      ? { state: 'consistent' }
      : { state: 'changed', differences: ['its SHA-256 is not the one its check file names'] };
  return { ...report, integrity };
}

function tooLarge(file: Blob, limit: number): AppError {
  return new AppError('transcript/too-large', `The file has ${file.size} bytes.`, { limit });
}
