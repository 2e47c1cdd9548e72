/** The page's side of the acquisition worker: started on first use, one promise per request. */
import { AppError, fromWire } from '../../errors/app-error.ts';
import { deferred, type Deferred } from '../../lib/deferred.ts';
import type { AcquireCall, AcquireReply, AcquireRequest } from './acquire-protocol.ts';

let worker: Worker | null = null;
let calls = 0;
const pending = new Map<number, Deferred<number>>();

/** @returns bytes freed, for `delete`; else 0. @throws AppError whatever the job throws, `models/worker-failed`. */
export async function askAcquirer(request: AcquireRequest): Promise<number> {
  worker ??= startWorker();
  calls += 1;
  const answer = deferred<number>();
  pending.set(calls, answer);
  const message: AcquireCall = { call: calls, siteUrl: new URL('.', document.baseURI).href, request };
  worker.postMessage(message);
  return answer.promise;
}

/** Something was asked of this tab's worker and is not answered yet. */
export function isAsking(): boolean {
  return pending.size > 0;
}

function startWorker(): Worker {
  const started = new Worker(new URL('./acquire.worker.ts', import.meta.url), {
    type: 'module',
    name: 'acquire',
  });
  started.addEventListener('message', (event: MessageEvent<AcquireReply>) => {
    const reply = event.data;
    const answer = pending.get(reply.call);
    pending.delete(reply.call);
    if (reply.ok) answer?.resolve(reply.freedBytes);
    else answer?.reject(fromWire(reply.error));
  });
  started.addEventListener('error', (event) => {
    // A script that can't load or a crash: what it was doing is journalled, and the next request gets a new worker.
    started.terminate();
    if (worker === started) worker = null;
    const error = new AppError('models/worker-failed', event.message || 'the acquisition worker failed');
    for (const answer of pending.values()) answer.reject(error);
    pending.clear();
  });
  return started;
}
