import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { FromWorker, WorkerLike } from '../../lib/worker/worker-rpc.ts';

/**
 * A thread of the command line: beside this file in its bundle (`launch.js`), or by tsx where this runs as TypeScript, for
 * Node 20's threads don't inherit the loader.
 * @param name of a script in this folder, without its ending
 */
export function startThread(name: string, options: WorkerOptions = {}): Worker {
  const here = import.meta.url;
  if (!here.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, here), options);
  // The loader's form for `import` would start another thread for this one.
  const bootstrap = `
    require(${JSON.stringify(fileURLToPath(import.meta.resolve('tsx/cjs/api')))}).register();
    require(${JSON.stringify(fileURLToPath(new URL(`./${name}.ts`, here)))});
  `;
  return new Worker(bootstrap, { ...options, eval: true });
}

/** The same with a browser worker's handlers. */
export function startLikeBrowsers(name: string, options: WorkerOptions = {}): WorkerLike {
  const worker = startThread(name, options);
  const like: WorkerLike = {
    postMessage: (message, transfer) => {
      worker.postMessage(message, transfer as ArrayBuffer[]);
    },
    terminate: () => {
      void worker.terminate();
    },
    onmessage: null,
    onmessageerror: null,
    onerror: null,
  };
  worker.on('message', (data: FromWorker) => {
    like.onmessage?.({ data } as MessageEvent<FromWorker>);
  });
  const failed = (message: string): void => {
    like.onerror?.({ message } as ErrorEvent);
  };
  worker.on('error', (error) => {
    failed(error instanceof Error ? error.message : String(error));
  });
  worker.on('exit', (code) => {
    failed(`it ended with code ${code}`);
  });
  return like;
}
