import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  createWorkerPool,
  type BlockPool,
  type BlockReply,
  type PoolWorker,
} from '../../transcode/run/workers/worker-pool.ts';

/**
 * Worker threads that make `threads` with this one, which takes part. Close the pool, or the process stays alive.
 */
export function openNodePool(threads: number): BlockPool {
  return createWorkerPool(spawn, threads - 1, () => setImmediate());
}

/**
 * Node 20's threads don't inherit the loader that lets node run TypeScript here, so each registers it first. Its form for
 * `require` would start sooner, but makes a call of every imported name, a third of the time of such loops as these.
 */
const BOOTSTRAP = `
  import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
    register();
    return import(${JSON.stringify(new URL('./transcode-block-worker.ts', import.meta.url).href)});
  });
`;

function spawn(): PoolWorker {
  const worker = new Worker(BOOTSTRAP, { eval: true });
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
