/** A thread that hashes what is read while others convert and store it. */
import '../../../network/egress-gate.ts';
import { wasmHashing } from '../../../transcode/run/hashing.ts';
import type { WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { answerHashCalls } from '../../../transcode/run/workers/hash-service.ts';

answerHashCalls(self as unknown as WorkerScope, wasmHashing);
