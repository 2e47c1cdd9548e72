import { describe, expect, it } from 'vitest';
import { convert } from '../run/convert.ts';
import type { ConvertResult } from '../run/workers/conversion-port.ts';
import { wasmHashing } from '../run/hashing.ts';
import { openModel } from '../source/open-model.ts';
import { planPackage } from '../plan/plan-package.ts';
import { PROVENANCE_FILE } from './provenance.ts';
import { writeGguf } from '../testing/gguf-writer.ts';
import { memoryJournal, memoryPackage, memorySource, type MemoryPackage } from '../testing/memory.ts';
import { tinyLlama } from '../testing/tiny-llama.ts';
import { verifyPackage, type Verification } from './verify.ts';

const SHAPE = { hidden: 64, ffn: 128, layers: 2, heads: 2, kvHeads: 1, headDim: 32, vocab: 67 };

/** A package with the journal kept, as a home that repairs packages keeps it. */
async function makePackage(): Promise<{
  readonly files: MemoryPackage['files'];
  readonly run: () => Promise<ConvertResult>;
}> {
  const source = memorySource('tiny.gguf', writeGguf(tinyLlama({ shape: SHAPE })));
  const plan = planPackage(await openModel([source]), { quantization: 'q4f16_1', shardBytes: 16_384 });
  const sink = memoryPackage();
  const journal = { ...memoryJournal(), clear: () => Promise.resolve() };
  const run = (): Promise<ConvertResult> => convert(plan, { sink, journal });
  await run();
  return { files: sink.files, run };
}

function verify(files: MemoryPackage['files'], signal?: AbortSignal): Promise<Verification> {
  return verifyPackage(
    { read: (name) => Promise.resolve(files.get(name) ?? null) },
    { hashing: wasmHashing, ...(signal === undefined ? {} : { signal }) },
  );
}

function flipBit(files: MemoryPackage['files'], name: string): void {
  const bytes = files.get(name)?.slice();
  if (bytes === undefined) throw new Error(`no ${name}`);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  files.set(name, bytes);
}

describe('verifying a package', () => {
  it('finds nothing wrong with a new one, and hashes all of it', async () => {
    const { files } = await makePackage();
    const { bad, bytes, files: count } = await verify(files);
    expect(bad).toEqual([]);
    expect(count).toBe(files.size - 1); // all but the provenance itself
    expect(bytes).toBe(
      [...files].reduce((sum, [name, { length }]) => sum + (name === PROVENANCE_FILE ? 0 : length), 0),
    );
  });

  it('names every file that is missing, of another size, or changed in one bit', async () => {
    const { files } = await makePackage();
    flipBit(files, 'params_shard_0.bin');
    files.set('params_shard_1.bin', new Uint8Array(5));
    files.delete('tokenizer.json');
    expect(new Set((await verify(files)).bad)).toEqual(
      new Set([
        { name: 'params_shard_0.bin', problem: 'wrong-hash' },
        { name: 'params_shard_1.bin', problem: 'wrong-size' },
        { name: 'tokenizer.json', problem: 'missing' },
      ]),
    );
  });

  it('cannot be done without a provenance, or with a strange one', async () => {
    const { files } = await makePackage();
    for (const text of ['{', '{}', '[]', '{"format":"meditron-web-provenance","version":2}']) {
      files.set(PROVENANCE_FILE, new TextEncoder().encode(text));
      await expect(verify(files)).rejects.toMatchObject({ code: 'transcode/package-damaged' });
    }
    files.delete(PROVENANCE_FILE);
    await expect(verify(files)).rejects.toMatchObject({ code: 'transcode/package-damaged' });
  });

  it('stops when asked', async () => {
    const { files } = await makePackage();
    await expect(verify(files, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });

  it('and repairing: with the bad shards dropped and the journal kept, only they are made again', async () => {
    const { files, run } = await makePackage();
    const before = new Map(files);
    flipBit(files, 'params_shard_1.bin');
    for (const { name } of (await verify(files)).bad) files.delete(name);
    const { resumedShards, plan } = await run();
    expect(resumedShards).toBe(plan.shards.length - 1);
    expect((await verify(files)).bad).toEqual([]);
    expect([...files.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [name, bytes] of before)
      expect(Buffer.compare(bytes, files.get(name) ?? new Uint8Array()), name).toBe(0);
  });
});
