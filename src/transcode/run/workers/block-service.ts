import { toWire } from '../../../errors/app-error.ts';
import { runBlockJob } from './block-job.ts';
import type { BlockReply, BlockRequest } from './worker-pool.ts';

/** What a pool's worker does with a request; the buffers travel back with the reply. */
export function answerBlockRequest({ id, job }: BlockRequest): {
  reply: BlockReply;
  transfer: ArrayBuffer[];
} {
  try {
    const result = runBlockJob(job);
    const { inputs, weights, scales } = result;
    return { reply: { id, ok: true, result }, transfer: [...inputs, weights, scales] };
  } catch (thrown) {
    return { reply: { id, ok: false, error: toWire(thrown, 'transcode/worker-failed') }, transfer: [] };
  }
}
