/** A thread that hashes and stores shards while this one reads on: hashing took most of its time. */
import { AppError } from '../../errors/app-error.ts';
import { WorkerRpc } from '../../lib/worker/worker-rpc.ts';
import type { HashedWrite } from '../../transcode/run/workers/conversion-port.ts';
import { startLikeBrowsers } from './node-thread.ts';

export interface StoreCalls {
  readonly store: {
    readonly argument: {
      readonly name: string;
      /** Taken over, and given back with the answer. */
      readonly buffer: ArrayBuffer;
      /** How much of it is the file. */
      readonly length: number;
    };
    readonly report: never;
    readonly result: HashedWrite;
  };
}

export interface StoreThread {
  /** Takes the memory of `bytes`, which are its beginning, until it answers. @throws AppError `storage/*`, `transcode/worker-failed` */
  writeHashed(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<HashedWrite>;
  /** Without it the process stays alive. */
  close(): void;
}

/** @param folder the package's path */
export function openStoreThread(folder: string): StoreThread {
  const thread = new WorkerRpc<StoreCalls>(
    () => startLikeBrowsers('transcode-store-worker', { workerData: folder }),
    { blocked: 'transcode/worker-failed', crashed: 'transcode/worker-failed' },
  );
  return {
    writeHashed: (name, { buffer, length }) =>
      thread.call('store', { name, buffer, length }, { transfer: [buffer] }),
    close: () => {
      thread.end(new AppError('aborted', 'The conversion is over'));
    },
  };
}
