/** The page's side of the acquisition worker: started on first use, and again after a crash: what it did is journalled. */
import { WorkerRpc } from '../../../lib/worker/worker-rpc.ts';
import type { AcquireCalls, AcquireRequest } from './acquire-protocol.ts';

let rpc: WorkerRpc<AcquireCalls> | null = null;

/** @returns bytes freed, for `delete` and `tidy`; else 0. @throws AppError whatever the job throws, `models/worker-failed`. */
export function askAcquirer(request: AcquireRequest): Promise<number> {
  rpc ??= new WorkerRpc<AcquireCalls>(
    () => new Worker(new URL('./acquire.worker.ts', import.meta.url), { type: 'module', name: 'acquire' }),
    {
      blocked: 'models/worker-failed',
      crashed: 'models/worker-failed',
      onEnd: () => {
        rpc = null;
      },
    },
  );
  return rpc.call('ask', { siteUrl: new URL('.', document.baseURI).href, request });
}

/** Something was asked of this tab's worker and is not answered yet. */
export function isAsking(): boolean {
  return rpc !== null && rpc.openCalls > 0;
}
