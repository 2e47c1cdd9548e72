/** Several workers that hash and store, taking turns. */
import { AppError } from '../../../errors/app-error.ts';
import { WorkerRpc, type Caller, type WorkerLike } from '../../../lib/worker/worker-rpc.ts';
import type { HashedWrite } from '../../../transcode/run/workers/conversion-port.ts';
import { clearScratch } from '../../storage/scratch.ts';
import type { StoreCalls } from './store-protocol.ts';

export class Storers {
  readonly #workers: readonly Caller<StoreCalls>[];
  #next = 0;

  /** @throws AppError `transcode/worker-failed` where no worker can be made. */
  constructor(create: () => WorkerLike, count: number) {
    this.#workers = Array.from(
      { length: count },
      () =>
        new WorkerRpc<StoreCalls>(create, {
          blocked: 'transcode/worker-failed',
          crashed: 'transcode/worker-failed',
        }),
    );
  }

  /** Takes the memory of `bytes` over until it answers. @throws AppError `storage/*`, `transcode/worker-failed`. */
  async store(baseUrl: string, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<HashedWrite> {
    const worker = this.#workers[this.#next++ % this.#workers.length];
    if (!worker || bytes.byteOffset !== 0)
      throw new AppError('transcode/worker-failed', 'nothing can store these bytes', { name });
    const { buffer, byteLength: length } = bytes;
    return worker.call('store', { baseUrl, name, buffer, length }, { transfer: [buffer] });
  }

  /** Ends the workers, then frees what they leave. */
  async close(): Promise<void> {
    for (const worker of this.#workers) worker.end(new AppError('aborted', 'the conversion is over'));
    await clearScratch();
  }
}
