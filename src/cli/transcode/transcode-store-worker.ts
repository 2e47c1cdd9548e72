/** The thread behind `openStoreThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';
import { PackageFolder } from './transcode-folder.ts';
import { nativeHashing } from './transcode-hashing.ts';
import type { StoreCalls } from './transcode-store.ts';

const folder = new PackageFolder(String(workerData));

answerCalls<StoreCalls>(parentPort as unknown as WorkerScope, {
  store: async ({ name, buffer, length }, { transfer }) => {
    const bytes = new Uint8Array(buffer, 0, length);
    // The disk writes while this thread hashes.
    const [stored, digest] = await Promise.allSettled([
      folder.write(name, bytes),
      nativeHashing.digest(bytes),
    ]);
    if (stored.status === 'rejected') throw stored.reason;
    if (digest.status === 'rejected') throw digest.reason;
    transfer.push(buffer);
    return { digest: digest.value, buffer };
  },
});
