/** The thread that hashes a source while others convert it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerScope } from '../../lib/worker/worker-rpc.ts';
import { answerHashCalls } from '../../transcode/run/workers/hash-service.ts';
import { nativeHashing, resumableHashing } from './transcode-hashing.ts';

answerHashCalls(parentPort as unknown as WorkerScope, workerData === true ? resumableHashing : nativeHashing);
