/** Answers a worker's calls for hashes over streams. */
import { AppError } from '../../../errors/app-error.ts';
import { answerCalls, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import type { Hashing, StreamHash } from '../hashing.ts';
import type { HashCalls } from './hash-protocol.ts';

export function answerHashCalls(scope: WorkerScope, hashing: Pick<Hashing, 'sha256'>): void {
  const open = new Map<number, StreamHash>();
  let begun = 0;
  const get = (hash: number): StreamHash => {
    const found = open.get(hash);
    if (found === undefined)
      throw new AppError('transcode/worker-failed', 'no hash of that number', { hash });
    return found;
  };
  answerCalls<HashCalls>(scope, {
    begin: async ({ state }) => {
      const hash = await hashing.sha256(state);
      begun += 1;
      open.set(begun, hash);
      return begun;
    },
    update: async ({ hash, buffer, start, length }, { transfer }) => {
      const stream = get(hash);
      await stream.update(new Uint8Array(buffer, start, length));
      transfer.push(buffer);
      return { buffer, state: stream.save() };
    },
    digest: async ({ hash }) => {
      const stream = get(hash);
      open.delete(hash);
      return stream.digest();
    },
  });
}
