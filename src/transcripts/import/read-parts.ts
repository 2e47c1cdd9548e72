import { AppError } from '../../errors/app-error.ts';
import { MAX_BACKUP_BYTES, MAX_FILE_BYTES, STREAM_FROM_BYTES } from '../format/limits.ts';
import { readBackup } from './read-backup.ts';
import { readTranscriptText } from './read-file.ts';
import type { ReadPart, ReadReport } from './read-result.ts';

/**
 * Any file in parts: a large backup of the app's own in many, every other in one.
 * @param streamFrom bytes from which on a backup is read chat by chat.
 * @throws AppError `transcript/*`
 */
export async function* readParts(
  file: Blob,
  streamFrom: number = STREAM_FROM_BYTES,
): AsyncGenerator<ReadPart, ReadReport, undefined> {
  if (file.size > MAX_BACKUP_BYTES) throw tooLarge(file, MAX_BACKUP_BYTES);
  if (file.size > streamFrom) {
    const report = yield* readBackup(file);
    if (report) return report;
  }
  if (file.size > MAX_FILE_BYTES) throw tooLarge(file, MAX_FILE_BYTES);
  const { chats, folders, ...report } = await readTranscriptText(await file.text());
  yield { chats, folders };
  return report;
}

function tooLarge(file: Blob, limit: number): AppError {
  return new AppError('transcript/too-large', `The file has ${file.size} bytes.`, { limit });
}
