/** The thread on which models are fetched, converted, verified and deleted. */
import '../../../network/egress-gate.ts';
import { AppError } from '../../../errors/app-error.ts';
import { answerCalls, type WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { ACQUIRE_LOCK, MODELS_CHANNEL, type AcquireCalls, type ModelsMessage } from './acquire-protocol.ts';
import { Acquirer } from '../acquirer.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import { HashThread } from '../../../transcode/run/workers/hash-thread.ts';
import { Storers } from './storers.ts';
import { openInstallStore } from '../../storage/database-install-store.ts';
import { deleteGguf, openGgufForWriting, readGguf } from '../../storage/gguf-store.ts';
import { openHttpSource } from '../../../network/http-byte-source.ts';
import {
  browserPoolWorker,
  browserTurn,
  createWorkerPool,
  type BlockPool,
  type PoolWorker,
} from '../../../transcode/run/workers/worker-pool.ts';

/** Tokenizers and configs may come whole: some hosts serve small files without ranges. */
const MAX_SIDE_FILE_BYTES = 64 * 1024 * 1024;

const channel = new BroadcastChannel(MODELS_CHANNEL);
let acquirer: Promise<Acquirer> | null = null;

async function createAcquirer(siteUrl: string): Promise<Acquirer> {
  const store = await openInstallStore();
  return new Acquirer({
    context: {
      store,
      caches,
      storage: navigator.storage,
      openUrl: (url, signal) =>
        openHttpSource(url, {
          signal,
          reason: 'weights',
          wholeUpTo: /\.(json|model)$/.test(url) ? MAX_SIDE_FILE_BYTES : 0,
        }),
      openGguf: openGgufForWriting,
      deleteGguf,
      readGguf,
      fetch: (input, init) => fetch(input, init),
      now: () => Date.now(),
      siteUrl,
      newRevision: () => Date.now().toString(36),
    },
    withLock,
    broadcast: (message) => {
      channel.postMessage(message);
    },
    createPool,
    createStorers,
    createHashThread,
  });
}

/** More threads than this gain nothing: reading the source becomes the limit. */
const MAX_THREADS = 8;

function createPool(): BlockPool {
  const spawn = (): PoolWorker =>
    browserPoolWorker(
      new Worker(new URL('./block.worker.ts', import.meta.url), {
        type: 'module',
        name: 'convert',
      }),
    );
  // This worker takes part; with one core, one more thread still hides what storing a shard takes.
  const others = Math.min(MAX_THREADS, navigator.hardwareConcurrency) - 1;
  return createWorkerPool(spawn, Math.max(1, others), browserTurn);
}

/** Hashing and storing shards on threads of their own: one hashes while the browser writes what the other has hashed. */
function createStorers(): Storers {
  const count = 2;
  return new Storers(
    () => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module', name: 'store' }),
    count,
  );
}

function createHashThread(): HashThread {
  return new HashThread(
    () => new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module', name: 'hash' }),
    wasmHashing,
  );
}

async function withLock<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(ACQUIRE_LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) throw new AppError('models/busy', 'another tab holds the lock');
    return work();
  });
}

channel.addEventListener('message', (event: MessageEvent<ModelsMessage>) => {
  if (event.data.type === 'hello')
    void acquirer?.then((each) => {
      each.hello();
    });
});

answerCalls<AcquireCalls>(self as unknown as WorkerScope, {
  ask: async ({ siteUrl, request }) => {
    // A database that could not be opened now may open later: a failure is not kept.
    acquirer ??= createAcquirer(siteUrl).catch((thrown: unknown) => {
      acquirer = null;
      throw thrown;
    });
    return (await acquirer).handle(request);
  },
});
