import { AppError, fromWire } from '../../errors/app-error.ts';
import type { ImportOutcome } from './import-set.ts';
import type { ImportAnswer } from './import.worker.ts';
import type { SourceFile } from './tables.ts';

/** @throws AppError `exams/*`, `aborted`. */
export function importInWorker(files: readonly SourceFile[], signal: AbortSignal): Promise<ImportOutcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./import.worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => {
      worker.terminate();
      signal.removeEventListener('abort', aborted);
    };
    const aborted = (): void => {
      end();
      reject(new AppError('aborted', 'Reading was cancelled.'));
    };
    signal.addEventListener('abort', aborted);
    worker.addEventListener('message', ({ data }: MessageEvent<ImportAnswer>) => {
      end();
      if (data.type === 'failed') reject(fromWire(data.error));
      else {
        const failed = data.failed.map(({ file, error }) => ({ file, error: fromWire(error) }));
        resolve({ sets: data.sets, unmapped: data.unmapped, failed });
      }
    });
    worker.addEventListener('error', (event) => {
      end();
      reject(new AppError('exams/too-large', `The reader stopped: ${event.message}`));
    });
    worker.postMessage(files);
  });
}
