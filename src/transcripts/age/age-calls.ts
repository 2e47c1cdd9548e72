/** Encrypted files as the page sees them; the work is done in a worker that lives for one file. */
import { AppError } from '../../errors/app-error.ts';
import { WorkerRpc } from '../../lib/worker/worker-rpc.ts';

interface Work {
  readonly argument: { readonly file: Blob; readonly passphrase: string };
  readonly report: never;
  readonly result: Blob;
}

export interface AgeCalls {
  readonly encrypt: Work;
  readonly decrypt: Work;
}

const FIRST_LINE = 'age-encryption.org/v1\n';

export async function isAgeFile(file: Blob): Promise<boolean> {
  return (await file.slice(0, FIRST_LINE.length).text()) === FIRST_LINE;
}

/** @throws AppError `storage/*` of the worker */
export function encrypted(file: File, passphrase: string): Promise<File> {
  return inWorker('encrypt', file, passphrase, `${file.name}.age`);
}

/** @throws AppError `lock/wrong-passphrase`, `transcript/*` */
export function decrypted(file: File, passphrase: string): Promise<File> {
  return inWorker('decrypt', file, passphrase, file.name.replace(/\.age$/i, ''));
}

async function inWorker(
  name: keyof AgeCalls,
  file: File,
  passphrase: string,
  newName: string,
): Promise<File> {
  const rpc = new WorkerRpc<AgeCalls>(
    () => new Worker(new URL('./age.worker.ts', import.meta.url), { type: 'module' }),
    { blocked: 'transcript/too-large', crashed: 'transcript/too-large' },
  );
  try {
    return new File([await rpc.call(name, { file, passphrase })], newName);
  } finally {
    rpc.end(new AppError('aborted', 'The work is done'));
  }
}
