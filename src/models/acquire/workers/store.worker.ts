/** A thread that hashes and stores a package's shards while others make the next. */
import '../../../network/egress-gate.ts';
import { answerCalls, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import { PackageStore } from '../../storage/package-store.ts';
import { Scratch } from '../../storage/scratch.ts';
import type { StoreCalls } from './store-protocol.ts';

const scratch = new Scratch();

answerCalls<StoreCalls>(self as unknown as WorkerScope, {
  store: async ({ baseUrl, name, buffer, length }, { transfer }) => {
    const bytes = new Uint8Array(buffer, 0, length);
    const body = (await scratch.hold(bytes)) ?? bytes;
    // The browser writes while this thread hashes.
    const [stored, digest] = await Promise.allSettled([
      new PackageStore(baseUrl).put(name, body),
      wasmHashing.digest(bytes),
    ]);
    if (stored.status === 'rejected') throw stored.reason;
    if (digest.status === 'rejected') throw digest.reason;
    transfer.push(buffer);
    return { digest: digest.value, buffer };
  },
});
