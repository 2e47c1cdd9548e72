/** A browser worker of the pool: `new Worker(new URL('./block.worker.ts', import.meta.url), { type: 'module' })`. */
import '../../../network/egress-gate.ts';
import { answerBlockRequest } from '../../../transcode/run/workers/block-service.ts';
import type { BlockRequest } from '../../../transcode/run/workers/worker-pool.ts';

self.onmessage = ({ data }: MessageEvent<BlockRequest>) => {
  const { reply, transfer } = answerBlockRequest(data);
  self.postMessage(reply, { transfer });
};
