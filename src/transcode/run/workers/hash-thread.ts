/** SHA-256 over streams on a thread of its own: in WebAssembly it takes longer than everything else done with a byte. */
import { AppError } from '../../../errors/app-error.ts';
import { WorkerRpc, type Caller, type WorkerLike } from '../../../lib/worker/worker-rpc.ts';
import type { FileDigest, Hashing, StreamHash } from '../hashing.ts';
import type { HashCalls } from './hash-protocol.ts';

export interface HashSetup {
  /** A thread that hashes what comes in; absent: this one does. */
  readonly createHashThread?: () => HashThread;
}

export class HashThread implements Hashing {
  readonly #worker: Caller<HashCalls>;
  readonly #here: Pick<Hashing, 'digest'>;

  /**
   * @param create a worker whose script is `answerHashCalls`
   * @param here hashes small files, on this thread
   * @throws AppError `transcode/worker-failed` where no worker can be made; so do the hashes, once it is lost.
   */
  constructor(create: () => WorkerLike, here: Pick<Hashing, 'digest'>) {
    this.#here = here;
    this.#worker = new WorkerRpc<HashCalls>(create, {
      blocked: 'transcode/worker-failed',
      crashed: 'transcode/worker-failed',
    });
  }

  async sha256(state?: Uint8Array): Promise<StreamHash> {
    const hash = await this.#worker.call('begin', { state });
    let saved: Uint8Array | null = state ?? null;
    return {
      update: async (bytes) => {
        const { buffer, byteOffset: start, byteLength: length } = bytes;
        const given = await this.#worker.call(
          'update',
          { hash, buffer, start, length },
          { transfer: [buffer] },
        );
        saved = given.state;
        return new Uint8Array(given.buffer, start, length);
      },
      digest: () => this.#worker.call('digest', { hash }),
      save: () => saved,
    };
  }

  digest(bytes: Uint8Array<ArrayBuffer>): Promise<FileDigest> {
    return this.#here.digest(bytes);
  }

  close(): void {
    this.#worker.end(new AppError('aborted', 'the work is over'));
  }
}
