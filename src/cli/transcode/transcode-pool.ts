import { setImmediate } from 'node:timers/promises';
import {
  createWorkerPool,
  type BlockPool,
  type BlockReply,
  type PoolWorker,
} from '../../transcode/run/workers/worker-pool.ts';
import { startThread } from './node-thread.ts';

/**
 * Worker threads that make `threads` with this one, which takes part. Close the pool, or the process stays alive.
 */
export function openNodePool(threads: number): BlockPool {
  return createWorkerPool(spawn, threads - 1, () => setImmediate());
}

function spawn(): PoolWorker {
  const worker = startThread('transcode-block-worker');
  return {
    post: (request, transfer) => {
      worker.postMessage(request, transfer);
    },
    onReply: (listener) => {
      worker.on('message', (reply: BlockReply) => {
        listener(reply);
      });
    },
    onFailure: (listener) => {
      worker.on('error', (error) => {
        listener(error instanceof Error ? error.message : String(error));
      });
      worker.on('exit', (code) => {
        listener(`it ended with code ${code}`);
      });
    },
    terminate: () => {
      void worker.terminate();
    },
  };
}
