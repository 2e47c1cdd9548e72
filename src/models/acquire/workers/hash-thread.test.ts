import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WorkerHere } from '../../../lib/worker/worker-here.ts';
import { convert } from '../../../transcode/run/convert.ts';
import { openModel } from '../../../transcode/source/open-model.ts';
import { planPackage } from '../../../transcode/plan/plan-package.ts';
import { writeGguf } from '../../../transcode/testing/gguf-writer.ts';
import { memoryJournal, memoryPackage, memorySource } from '../../../transcode/testing/memory.ts';
import { tinyLlama } from '../../../transcode/testing/tiny-llama.ts';
import { answerHashCalls } from './hash-service.ts';
import { HashThread } from './hash-thread.ts';

/** As `hash.worker.ts`, in this thread; buffers are handed over all the same. */
function hashWorker(): WorkerHere {
  return new WorkerHere(answerHashCalls);
}

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

it('hashes whatever pieces a file comes in, gives each back, and goes on from any of its states', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }),
      fc.nat(7),
      fc.nat(40),
      async (pieces, cut, before) => {
        let thread = new HashThread(hashWorker);
        let hash = await thread.sha256();
        for (const [at, piece] of pieces.entries()) {
          if (at === cut) {
            const state = hash.save() ?? undefined;
            thread.close();
            thread = new HashThread(hashWorker);
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
  const thread = new HashThread(hashWorker);
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
  const { sources } = await there.run(new HashThread(hashWorker));
  expect(sources[0]?.sha256).toBe(expected(SOURCE));
  expect(there.sink.files).toEqual(here.sink.files);
});

it('a thread that is lost ends the conversion by its name; the next goes on', async () => {
  const whole = await converting();
  await whole.run();
  const { run, sink } = await converting();
  let worker = new WorkerHere();
  const thread = new HashThread(() => {
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
  const { resumedShards, sources } = await run(new HashThread(hashWorker));
  expect(resumedShards).toBeGreaterThan(0);
  expect(sources[0]?.sha256).toBe(expected(SOURCE));
  expect(sink.files).toEqual(whole.sink.files);
});

it('a thread that is lost before it begins is no reason to hash anew', async () => {
  const worker = hashWorker();
  const thread = new HashThread(() => worker);
  worker.fail('blocked');
  const state = await new HashThread(hashWorker).sha256().then(async (hash) => {
    await hash.update(Uint8Array.of(1));
    return hash.save() ?? undefined;
  });
  expect(state).toBeInstanceOf(Uint8Array);
  await expect(thread.sha256(state)).rejects.toMatchObject({ code: 'transcode/worker-failed' });
});
