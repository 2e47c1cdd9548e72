/** A browser worker of the pool: `new Worker(new URL('../transcode/block.worker.ts', import.meta.url), { type: 'module' })`. */
import '../lib/egress-gate.ts';
import { answerBlockRequest } from './block-service.ts';
import type { BlockRequest } from './worker-pool.ts';

self.onmessage = ({ data }: MessageEvent<BlockRequest>) => {
  const { reply, transfer } = answerBlockRequest(data);
  self.postMessage(reply, { transfer });
};
