import { AppError } from '../../errors/app-error.ts';
import { WorkerRpc } from '../../lib/worker/worker-rpc.ts';
import type { ReadCalls } from './read-calls.ts';
import type { ReadPiece, ReadReport } from './read-result.ts';

/**
 * Reads and checks a file in a worker of its own.
 * @param sha256 what a check file says the file hashes to.
 * @param take gets the parts in order; the next is read when it is done.
 * @throws AppError `transcript/*`, `aborted`, and what `take` throws
 */
export async function readInWorker(
  file: File,
  sha256: string | null,
  take: (part: ReadPiece) => Promise<void>,
  signal: AbortSignal,
): Promise<ReadReport> {
  // A reader dies of a file that its memory can't hold.
  const rpc = new WorkerRpc<ReadCalls>(
    () => new Worker(new URL('./read.worker.ts', import.meta.url), { type: 'module' }),
    { blocked: 'transcript/too-large', crashed: 'transcript/too-large' },
  );
  const cancelled = new AppError('aborted', 'Reading was cancelled.');
  const onAbort = (): void => {
    rpc.end(cancelled);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) throw cancelled;
    await rpc.call('open', { file, sha256 });
    for (;;) {
      const next = await rpc.call('next', null);
      if ('report' in next) return next.report;
      await take(next.part);
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    rpc.end(cancelled);
  }
}
