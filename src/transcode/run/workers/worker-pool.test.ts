/** The pool's side of sharing work: who does what, that it makes no difference to a byte, and that failures arrive. */
import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { answerBlockRequest } from './block-service.ts';
import * as blockJob from './block-job.ts';
import { convertInMemory } from '../../testing/convert-in-memory.ts';
import { writeGguf } from '../../testing/gguf-writer.ts';
import { memorySource } from '../../testing/memory.ts';
import { tinyFolder } from '../../testing/tiny-folder.ts';
import { TINY, tinyLlama } from '../../testing/tiny-llama.ts';
import { browserTurn, createWorkerPool, type BlockReply, type PoolWorker } from './worker-pool.ts';

/** A worker that answers in the next turn of the event loop. */
function promptWorker(count: () => void = () => undefined): PoolWorker {
  let listener: (reply: BlockReply) => void = () => undefined;
  return {
    post: (request) => {
      setTimeout(() => {
        count();
        listener(answerBlockRequest(request).reply);
      });
    },
    onReply: (given) => {
      listener = given;
    },
    onFailure: () => undefined,
    terminate: () => undefined,
  };
}

/** Many jobs a matrix: rows of a million weights are jobs of their own. */
const source = () =>
  memorySource(
    'f16.gguf',
    writeGguf(
      tinyLlama({ type: 'F16', shape: { ...TINY, hidden: 8192, ffn: 64, heads: 4, headDim: 32, layers: 1 } }),
    ),
  );

function hashes(files: ReadonlyMap<string, Uint8Array>): [string, string][] {
  return [...files].map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]);
}

describe('createWorkerPool', () => {
  it('shares the work with the thread that hands it out, which makes no difference to a byte', async () => {
    const alone = await convertInMemory([source()]);
    const here = vi.spyOn(blockJob, 'runBlockJob');
    let elsewhere = 0;
    const pool = createWorkerPool(() => promptWorker(() => (elsewhere += 1)), 1, browserTurn);
    const shared = await convertInMemory([source()], { pool });
    expect(elsewhere).toBeGreaterThan(0);
    expect(here.mock.calls.length).toBeGreaterThan(elsewhere);
    expect(hashes(shared.files)).toEqual(hashes(alone.files));
  });

  it('shares AWQ’s matrices too', async () => {
    const { files } = tinyFolder({ awq: 32, awqSpread: 15 });
    const alone = await convertInMemory(files);
    let elsewhere = 0;
    const pool = createWorkerPool(() => promptWorker(() => (elsewhere += 1)), 1, browserTurn);
    const shared = await convertInMemory(files, { pool });
    expect(elsewhere).toBeGreaterThan(0);
    expect(hashes(shared.files)).toEqual(hashes(alone.files));
  });

  it('fails what is under way, and what comes later, when a worker dies', async () => {
    let fail: (reason: string) => void = () => undefined;
    const pool = createWorkerPool(
      () => ({
        ...promptWorker(),
        post: () => fail('out of memory'),
        onFailure: (listener) => {
          fail = listener;
        },
      }),
      1,
      browserTurn,
    );
    await expect(convertInMemory([source()], { pool })).rejects.toMatchObject({
      code: 'transcode/worker-failed',
    });
    await expect(convertInMemory([source()], { pool })).rejects.toMatchObject({
      code: 'transcode/worker-failed',
    });
  });
});
