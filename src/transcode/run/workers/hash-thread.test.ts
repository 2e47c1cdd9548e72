import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WorkerHere } from '../../../lib/worker/worker-here.ts';
import { wasmHashing } from '../hashing.ts';
import { convert } from '../convert.ts';
import { openModel } from '../../source/open-model.ts';
import { planPackage } from '../../plan/plan-package.ts';
import { writeGguf } from '../../testing/gguf-writer.ts';
import { memoryJournal, memoryPackage, memorySource } from '../../testing/memory.ts';
import { tinyLlama } from '../../testing/tiny-llama.ts';
import { answerHashCalls } from './hash-service.ts';
import { HashThread } from './hash-thread.ts';

/** As `hash.worker.ts`, in this thread; buffers are handed over all the same. */
function hashWorker(): WorkerHere {
  return new WorkerHere((scope) => answerHashCalls(scope, wasmHashing));
}

/** Its small files are hashed as the thread would. */
function hashThread(create: () => WorkerHere): HashThread {
  return new HashThread(create, wasmHashing);
}

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('hashes whatever pieces a file comes in, gives each back, and goes on from any of its states', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }),
      fc.nat(7),
      fc.nat(40),
      async (pieces, cut, before) => {
        let thread = hashThread(hashWorker);
        let hash = await thread.sha256();
        for (const [at, piece] of pieces.entries()) {
          if (at === cut) {
            const state = hash.save() ?? undefined;
            thread.close();
            thread = hashThread(hashWorker);
            hash = await thread.sha256(state);
          }
          // Somewhere in memory that holds more than these bytes.
          const memory = new Uint8Array(before + piece.length + 3);
          memory.set(piece, before);
          const given = memory.subarray(before, before + piece.length);
          const back = await hash.update(given);
          expect(memory.byteLength).toBe(0); // it was handed over, not copied
          expect([...back]).toEqual([...piece]);
          expect(back.buffer.byteLength).toBe(before + piece.length + 3);
        }
        expect(await hash.digest()).toBe(expected(Buffer.concat(pieces)));
        thread.close();
      },
    ),
    { numRuns: 50 },
  );
});

it('keeps the hashes of several files apart', async () => {
  const thread = hashThread(hashWorker);
  const [one, other] = [await thread.sha256(), await thread.sha256()];
  await one.update(Uint8Array.of(1, 2));
  await other.update(Uint8Array.of(9));
  await one.update(Uint8Array.of(3));
  expect(await one.digest()).toBe(expected(Uint8Array.of(1, 2, 3)));
  expect(await other.digest()).toBe(expected(Uint8Array.of(9)));
});

const SOURCE = writeGguf(tinyLlama({ type: 'Q8_0' }));

async function converting() {
  const plan = planPackage(await openModel([memorySource('tiny.gguf', SOURCE)]), {
    quantization: 'q4f16_1',
    shardBytes: 65_536,
  });
  const sink = memoryPackage();
  const journal = memoryJournal();
  return {
    sink,
    run: (hashing?: HashThread) =>
      convert(plan, { sink, journal, readBytes: 20_000, ...(hashing && { hashing }) }),
  };
}

it('a conversion hashed there is the same, and knows its source’s hash', async () => {
  const here = await converting();
  await here.run();
  const there = await converting();
  const { sources } = await there.run(hashThread(hashWorker));
  expect(sources[0]?.sha256).toBe(expected(SOURCE));
  expect(there.sink.files).toEqual(here.sink.files);
});

it('a thread that is lost ends the conversion by its name; the next goes on', async () => {
  const whole = await converting();
  await whole.run();
  const { run, sink } = await converting();
  let worker = new WorkerHere();
  const thread = hashThread(() => {
    worker = hashWorker();
    return worker;
  });
  const write = sink.write.bind(sink);
  sink.write = async (name, bytes) => {
    await write(name, bytes);
    worker.fail('out of memory');
  };
  await expect(run(thread)).rejects.toMatchObject({ code: 'transcode/worker-failed' });
  sink.write = write;
  const { resumedShards, sources } = await run(hashThread(hashWorker));
  expect(resumedShards).toBeGreaterThan(0);
  expect(sources[0]?.sha256).toBe(expected(SOURCE));
  expect(sink.files).toEqual(whole.sink.files);
});

it('a thread that is lost before it begins is no reason to hash anew', async () => {
  const worker = hashWorker();
  const thread = hashThread(() => worker);
  worker.fail('blocked');
  const state = await hashThread(hashWorker)
    .sha256()
    .then(async (hash) => {
      await hash.update(Uint8Array.of(1));
      return hash.save() ?? undefined;
    });
  expect(state).toBeInstanceOf(Uint8Array);
  await expect(thread.sha256(state)).rejects.toMatchObject({ code: 'transcode/worker-failed' });
});
