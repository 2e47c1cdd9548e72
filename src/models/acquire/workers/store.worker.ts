/** A thread that hashes and stores a package's shards while others make the next. */
import '../../../network/egress-gate.ts';
import { answerCalls, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { Scratch } from '../../storage/scratch.ts';
import type { StoreCalls } from './store-protocol.ts';
import { storeShard } from './store-shard.ts';

const scratch = new Scratch();

answerCalls<StoreCalls>(self as unknown as WorkerScope, {
  store: async ({ baseUrl, name, buffer, length }, { transfer }) => {
    const bytes = new Uint8Array(buffer, 0, length);
    const digest = await storeShard(new PackageStore(baseUrl), scratch, name, bytes);
    transfer.push(buffer);
    return { digest, buffer };
  },
});
