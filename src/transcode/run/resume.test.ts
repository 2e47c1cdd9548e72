/** A conversion stopped anywhere goes on to a package with the same bytes. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { convert } from './convert.ts';
import type { ConvertResult } from './workers/conversion-port.ts';
import { wasmHashing, type Hashing } from './hashing.ts';
import { openModel } from '../source/open-model.ts';
import { planPackage, type PlanOptions } from '../plan/plan-package.ts';
import { writeTorch, type ZipOptions } from '../../formats/torch/testing/torch-writer.ts';
import { writeGguf } from '../testing/gguf-writer.ts';
import { hashingElsewhere } from '../testing/hash-elsewhere.ts';
import { memoryJournal, memoryPackage, memorySource } from '../testing/memory.ts';
import { randomNumbers } from '../testing/random.ts';
import { sideFiles, tinyFolder } from '../testing/tiny-folder.ts';
import { tinyTensors } from '../testing/tiny-tensors.ts';
import { tinyLlama } from '../testing/tiny-llama.ts';

const SHAPE = { hidden: 64, ffn: 128, layers: 3, heads: 2, kvHeads: 1, headDim: 32, vocab: 67 };
const STOPS = 25;

type Stop = 'abort' | 'failure';

/** A model to convert, of one weight file. */
interface Input {
  readonly files: readonly ByteSource[];
  readonly options: Omit<PlanOptions, 'quantization'>;
  /** Default: this thread's. */
  readonly hashing?: Hashing;
}

function ggufInput(order: 'llama.cpp' | 'by-kind'): Input {
  const bytes = writeGguf(tinyLlama({ shape: SHAPE, type: 'Q8_0', order }));
  return { files: [memorySource('tiny.gguf', bytes)], options: { shardBytes: 16_384 } };
}

/** So little may be held that scales are read aside. */
function awqInput(): Input {
  const { files } = tinyFolder({ shape: { ...SHAPE, layers: 6 }, awq: 32 });
  return { files, options: { shardBytes: 8192, maxOpenBytes: 0 } };
}

function torchInput(zip: ZipOptions): Input {
  const bytes = writeTorch(tinyTensors(SHAPE), zip);
  return {
    files: [...sideFiles(SHAPE, null), memorySource('pytorch_model.bin', bytes)],
    options: { shardBytes: 16_384 },
  };
}

/** What outlives a run: the stored files and the journal. Counts every read and write, and stops at the one asked for. */
class Disk {
  readonly package = memoryPackage();
  readonly journal = memoryJournal();
  readonly #input: Input;
  /** Steps taken in this run. */
  steps = 0;

  constructor(input: Input) {
    this.#input = input;
  }

  /** SHA-256 by file name. */
  contents(): Record<string, string> {
    const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    return Object.fromEntries(
      [...this.package.files]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, bytes]) => [name, hash(bytes)]),
    );
  }

  async convert(stop: { readonly at: number; readonly how: Stop } | null = null): Promise<ConvertResult> {
    const controller = new AbortController();
    const { files, options, hashing = wasmHashing } = this.#input;
    const plan = planPackage(await openModel(files), { quantization: 'q4f16_1', ...options });
    this.steps = 0;
    const step = (): void => {
      this.steps++;
      if (stop === null || this.steps < stop.at) return;
      if (stop.how === 'abort') controller.abort();
      else throw new AppError('storage/failed', 'The power went');
    };
    const counted = plan.model.sources.map((source): ByteSource => ({
      ...source,
      read: async (offset, length, signal) => {
        step();
        return source.read(offset, length, signal);
      },
    }));
    return convert(
      { ...plan, model: { ...plan.model, sources: counted } },
      {
        sink: {
          size: (name) => this.package.size(name),
          write: async (name, bytes) => {
            step();
            await this.package.write(name, bytes);
          },
        },
        journal: {
          load: () => this.journal.load(),
          save: async (state) => {
            step();
            await this.journal.save(state);
          },
          clear: () => this.journal.clear(),
        },
        readBytes: 8192,
        hashing,
        signal: controller.signal,
      },
    );
  }
}

describe.each([
  ['a GGUF in llama.cpp’s order', ggufInput('llama.cpp'), false, 15],
  ['a GGUF hashed on another thread', { ...ggufInput('llama.cpp'), hashing: hashingElsewhere }, false, 15],
  ['a GGUF ordered by kind', ggufInput('by-kind'), false, 15],
  ['AWQ whose scales are read aside', awqInput(), true, 15],
  ['PyTorch', torchInput({}), false, 15],
  // Read once more as a whole for its hash, at the end.
  ['PyTorch that must be inflated', torchInput({ deflate: true }), false, 45],
])('stopping %s', (_, input, aside, steps) => {
  it(`goes on to the same bytes from ${String(STOPS)} random stopping points`, async () => {
    const whole = new Disk(input);
    const { plan } = await whole.convert();
    expect(plan.shards.length).toBeGreaterThan(4);
    expect(plan.inputs.some((one) => one.aside)).toBe(aside);
    const random = randomNumbers(25);
    let spared = 0;
    for (let n = 0; n < STOPS; n++) {
      const stop = {
        at: 1 + Math.floor(random() * whole.steps),
        how: random() < 0.5 ? 'abort' : 'failure',
      } as const;
      const label = `${stop.how} at step ${String(stop.at)} of ${String(whole.steps)}`;
      const disk = new Disk(input);
      // Nothing looks at the signal after the last file is written: an abort there comes too late, and that is right.
      const stopped = await disk.convert(stop).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (stop.at < whole.steps || stop.how === 'failure') {
        expect(stopped, label).toMatchObject({ code: stop.how === 'abort' ? 'aborted' : 'storage/failed' });
      }
      const done = disk.package.files.size;
      const { resumedShards } = await disk.convert();
      if (resumedShards > 0) spared++;
      expect(resumedShards, label).toBeLessThanOrEqual(done);
      expect(disk.contents(), label).toEqual(whole.contents());
      expect(disk.journal.stored, label).toBeNull();
    }
    // Otherwise the test above would hold for a conversion that always begins again.
    expect(spared).toBeGreaterThan(STOPS / 2);
  });

  it('reaches the end however often it is stopped', async () => {
    const whole = new Disk(input);
    await whole.convert();
    const disk = new Disk(input);
    let runs = 0;
    for (let finished = false; !finished; runs++) {
      // Enough for at least one more shard each time.
      finished = await disk.convert({ at: steps, how: runs % 2 === 0 ? 'abort' : 'failure' }).then(
        () => true,
        () => false,
      );
      expect(runs).toBeLessThan(100);
    }
    expect(runs).toBeGreaterThan(1);
    expect(disk.contents()).toEqual(whole.contents());
  });

  it('makes again what is missing though the journal has it, and only that', async () => {
    const whole = new Disk(input);
    await whole.convert();
    const disk = new Disk(input);
    const stop = { at: Math.floor(whole.steps * 0.8), how: 'failure' } as const;
    await expect(disk.convert(stop)).rejects.toMatchObject({ code: 'storage/failed' });
    const shards = [...disk.package.files.keys()].filter((name) => name.startsWith('params_shard'));
    disk.package.files.delete(shards[0] ?? '');
    const { resumedShards } = await disk.convert();
    expect(resumedShards).toBeGreaterThan(0);
    expect(resumedShards).toBeLessThan(shards.length);
    expect(disk.contents()).toEqual(whole.contents());
  });
});

it('begins again where the journal is of another source, and where it is damaged', async () => {
  const input = ggufInput('llama.cpp');
  const whole = new Disk(input);
  await whole.convert();
  for (const spoil of [
    (text: string) => text.replace(/"fingerprint":"./, '"fingerprint":"x'),
    () => '{"version":1}',
  ]) {
    const disk = new Disk(input);
    await expect(disk.convert({ at: Math.floor(whole.steps / 2), how: 'failure' })).rejects.toThrow();
    disk.journal.stored = spoil(disk.journal.stored ?? '');
    const { resumedShards } = await disk.convert();
    expect(resumedShards).toBe(0);
    expect(disk.contents()).toEqual(whole.contents());
  }
});
