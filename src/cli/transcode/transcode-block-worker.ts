/** A node worker of the converter's pool. */
import { parentPort } from 'node:worker_threads';
import { answerBlockRequest } from '../../transcode/run/workers/block-service.ts';
import type { BlockRequest } from '../../transcode/run/workers/worker-pool.ts';

parentPort?.on('message', (request: BlockRequest) => {
  const { reply, transfer } = answerBlockRequest(request);
  parentPort?.postMessage(reply, transfer);
});
