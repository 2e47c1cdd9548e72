import { AppError } from '../../errors/app-error.ts';

/** Waits for work that goes on by itself, or for `signal`. @throws AppError `aborted`, and what `work` throws. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(new AppError('aborted', 'the waiting was stopped', {}, { cause: signal.reason }));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort);
    });
  });
}
