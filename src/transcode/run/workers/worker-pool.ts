import { AppError, fromWire, type WireError } from '../../../errors/app-error.ts';
import { buffersOf, type BlockJob, type BlockResult } from './block-job.ts';

/** Runs block jobs somewhere: on other threads, or here. */
export interface BlockPool {
  /** Jobs worth having under way at once; whoever has one more is quicker to do it itself. */
  readonly concurrency: number;
  /** How many run at the same time: more large ones under way would only take memory. */
  readonly workers: number;
  /**
   * Takes over the job's buffers and gives them back in the result.
   * @throws AppError `transcode/bad-values`, `transcode/worker-failed`
   */
  run(job: BlockJob): Promise<BlockResult>;
  /** Lets the workers' replies in, after this thread has worked a while without looking. */
  breathe(): Promise<void>;
  close(): void;
}

/** What a worker gets and answers; `id` pairs them. */
export interface BlockRequest {
  readonly id: number;
  readonly job: BlockJob;
}
export type BlockReply =
  | { readonly id: number; readonly ok: true; readonly result: BlockResult }
  | { readonly id: number; readonly ok: false; readonly error: WireError };

/** The few things browser and node workers have in common, under one name each. */
export interface PoolWorker {
  post(request: BlockRequest, transfer: ArrayBuffer[]): void;
  onReply(listener: (reply: BlockReply) => void): void;
  /** The worker died or could not start. */
  onFailure(listener: (reason: string) => void): void;
  terminate(): void;
}

interface Pending {
  readonly worker: number;
  readonly resolve: (result: BlockResult) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * A pool over `size` workers, started at once; as many as there are cores beside the one that runs this thread, for it
 * takes part. A browser's module worker becomes a `PoolWorker` with `browserPoolWorker`.
 * @param breathe comes back when messages that have arrived were delivered
 */
export function createWorkerPool(
  spawn: () => PoolWorker,
  size: number,
  breathe: () => Promise<void>,
): BlockPool {
  const pending = new Map<number, Pending>();
  const load = new Array<number>(size).fill(0);
  let nextId = 0;
  let broken: AppError | null = null;

  const settle = (id: number): Pending | undefined => {
    const entry = pending.get(id);
    pending.delete(id);
    if (entry !== undefined) load[entry.worker] = (load[entry.worker] ?? 1) - 1;
    return entry;
  };
  const fail = (reason: string): void => {
    broken ??= new AppError('transcode/worker-failed', `A converting worker stopped: ${reason}`);
    for (const id of [...pending.keys()]) settle(id)?.reject(broken);
  };
  const workers = Array.from({ length: size }, () => {
    const worker = spawn();
    worker.onReply((reply) => {
      const entry = settle(reply.id);
      if (reply.ok) entry?.resolve(reply.result);
      else entry?.reject(fromWire(reply.error));
    });
    worker.onFailure(fail);
    return worker;
  });

  return {
    concurrency: size * QUEUE,
    workers: size,
    breathe,
    run: (job) =>
      new Promise((resolve, reject) => {
        const worker = load.indexOf(Math.min(...load));
        const target = workers[worker];
        if (broken !== null || target === undefined) {
          reject(broken ?? new AppError('transcode/worker-failed', 'The pool has no workers'));
          return;
        }
        const id = nextId++;
        pending.set(id, { worker, resolve, reject });
        load[worker] = (load[worker] ?? 0) + 1;
        target.post({ id, job }, buffersOf(job));
      }),
    close: () => {
      for (const worker of workers) worker.terminate();
      fail('the pool was closed');
    },
  };
}

/** Jobs a worker has at hand: it goes on with them while this thread is busy with a job or a hash of its own. */
const QUEUE = 4;

/** A turn of a browser's event loop. `setTimeout` would take 4 ms and more. */
export function browserTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** A browser's module worker running `block.worker.ts`, as the pool wants it. */
export function browserPoolWorker(worker: Worker): PoolWorker {
  return {
    post: (request, transfer) => {
      worker.postMessage(request, transfer);
    },
    onReply: (listener) => {
      worker.addEventListener('message', ({ data }: MessageEvent<BlockReply>) => {
        listener(data);
      });
    },
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => {
        listener(event.message || 'it could not be started');
      });
      worker.addEventListener('messageerror', () => {
        listener('a message could not be read');
      });
    },
    terminate: () => {
      worker.terminate();
    },
  };
}
