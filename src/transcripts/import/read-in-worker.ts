import { AppError, fromWire } from '../../errors/app-error.ts';
import type { ReadAnswer, ReadRequest } from './read-protocol.ts';
import type { ReadPart, ReadReport } from './read-result.ts';

/**
 * Reads and checks a file in a worker of its own.
 * @param sha256 what a check file says the file hashes to.
 * @param take gets the parts in order; the next is read when it is done.
 * @throws AppError `transcript/*`, `aborted`, and what `take` throws
 */
export function readInWorker(
  file: File,
  sha256: string | null,
  take: (part: ReadPart) => Promise<void>,
  signal: AbortSignal,
): Promise<ReadReport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./read.worker.ts', import.meta.url), { type: 'module' });
    const ask = (request: ReadRequest): void => {
      worker.postMessage(request);
    };
    const end = (): void => {
      worker.terminate();
      signal.removeEventListener('abort', aborted);
    };
    const fail = (thrown: unknown): void => {
      end();
      reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    };
    const aborted = (): void => {
      fail(new AppError('aborted', 'Reading was cancelled.'));
    };
    signal.addEventListener('abort', aborted);
    worker.addEventListener('message', ({ data }: MessageEvent<ReadAnswer>) => {
      switch (data.type) {
        case 'part':
          take(data.part).then(() => {
            if (!signal.aborted) ask({ type: 'next' });
          }, fail);
          break;
        case 'done':
          end();
          resolve(data.report);
          break;
        case 'failed':
          fail(fromWire(data.error));
      }
    });
    worker.addEventListener('error', (event) => {
      fail(new AppError('transcript/too-large', `The reader stopped: ${event.message}`));
    });
    ask({ type: 'read', file, sha256 });
  });
}
