/** Files of a folder behind HTTP, which can be asked for only by their names. */
import { AppError } from '../errors/app-error.ts';
import type { ByteSource } from '../lib/byte-source.ts';

export interface HttpFolder {
  /** @returns null where there is no such file. @throws AppError `bytes/*`, `network/*`, `aborted`. */
  readonly open: (name: string) => Promise<ByteSource | null>;
  /** What a missing file really was, where none of the folder's files could be read: a refusal, a login page. */
  readonly explain: (thrown: unknown) => unknown;
}

/**
 * How hosts say that a file is not there: 404; 403 from stores that list nothing (S3); 200 with the start page from hosts of
 * single-page apps; an empty answer, to a range as 416.
 */
const NOT_THERE: ReadonlySet<string> = new Set([
  'bytes/not-found',
  'bytes/forbidden',
  'bytes/html-instead',
  'bytes/range-not-satisfiable',
]);

/** Whether a failure says that the file is not there, once another file of the same folder could be read. */
export function isNotThere(thrown: unknown): thrown is AppError {
  return thrown instanceof AppError && NOT_THERE.has(thrown.code);
}

/** @param openFile as `openHttpSource`; throws where a file can't be opened. */
export function httpFolder(openFile: (name: string) => Promise<ByteSource>): HttpFolder {
  let refusal: AppError | null = null;
  let readable = false;
  return {
    async open(name) {
      try {
        const file = await openFile(name);
        if (file.size === 0) return null;
        readable = true;
        return file;
      } catch (thrown) {
        if (!isNotThere(thrown)) throw thrown;
        if (thrown.code !== 'bytes/not-found') refusal ??= thrown;
        return null;
      }
    },
    explain: (thrown) =>
      thrown instanceof AppError && thrown.code === 'transcode/missing-file' && !readable
        ? (refusal ?? thrown)
        : thrown,
  };
}
