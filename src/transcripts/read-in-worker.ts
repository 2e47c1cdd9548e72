import { AppError, fromWire } from '../lib/errors.ts';
import type { ReadAnswer, ReadRequest } from './read-protocol.ts';
import type { ReadFile } from './read-result.ts';

/** Reads and checks a file in a worker of its own. @throws AppError `transcript/*`, `aborted` */
export function readInWorker(file: File, signal?: AbortSignal): Promise<ReadFile> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./read.worker.ts', import.meta.url), { type: 'module' });
    const end = (): void => {
      worker.terminate();
      signal?.removeEventListener('abort', aborted);
    };
    const aborted = (): void => {
      end();
      reject(new AppError('aborted', 'Reading was cancelled.'));
    };
    signal?.addEventListener('abort', aborted);
    worker.addEventListener('message', (event: MessageEvent<ReadAnswer>) => {
      end();
      if (event.data.ok) resolve(event.data.read);
      else reject(fromWire(event.data.error));
    });
    worker.addEventListener('error', (event) => {
      end();
      reject(new AppError('transcript/too-large', `The reader stopped: ${event.message}`));
    });
    const request: ReadRequest = { file };
    worker.postMessage(request);
  });
}
