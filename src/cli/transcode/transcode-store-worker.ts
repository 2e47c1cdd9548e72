/** The thread behind `openStoreThread`. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';
import { PackageFolder } from './transcode-folder.ts';
import type { StoreCalls } from './transcode-store.ts';

const folder = new PackageFolder(String(workerData));

answerCalls<StoreCalls>(parentPort as unknown as WorkerScope, {
  store: ({ name, buffer, length }, { transfer }) => {
    transfer.push(buffer);
    return folder.writeHashed(name, new Uint8Array(buffer, 0, length));
  },
});
