/**
 * How fast the transcoder is, held against what the machine can do at all: copying the same bytes, `cp` and `sha256sum` of
 * the same file, one core against two. And how much memory it takes for matrices of Meditron-7B's sizes.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repackQ40 } from '../../transcode/weights/repack-q4-0.ts';
import { rowBytes, type TensorType } from '../../formats/gguf/tensor-types.ts';
import { writeGguf, type TensorToWrite } from '../../transcode/testing/gguf-writer.ts';
import { randomNumbers, randomWeights } from '../../transcode/testing/random.ts';
import {
  inLibraryOrder,
  writeSafetensors,
  type SafetensorsToWrite,
} from '../../transcode/testing/safetensors-writer.ts';
import { listTensors, sideFiles } from '../../transcode/testing/tiny-folder.ts';
import { tinyMetadata, type TinyShape } from '../../transcode/testing/tiny-llama.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../../..');
const MB = 1e6;
const ROUNDS = 3;
/** The promise for peak memory is about these shapes: memory grows with the largest tensors, not with their number. */
const MEDITRON: Omit<TinyShape, 'layers'> = {
  hidden: 4096,
  ffn: 11_008,
  heads: 32,
  kvHeads: 32,
  headDim: 128,
  vocab: 32_017,
};

export interface Measured {
  readonly ratio: number;
  readonly detail: string;
}

/** MB/s of repacking Q4_0 blocks in memory ÷ MB/s of copying them, taking turns. */
export function benchRepack(): Measured {
  const input = randomWeights('Q4_0', 32 * 1024 * 1024, randomNumbers(1));
  const blocks = input.length / rowBytes('Q4_0', 32);
  const codes = new Uint8Array(blocks * 16);
  const scales = new Uint16Array(blocks);
  const copy = new Uint8Array(input.length);
  const ratios: number[] = [];
  let repackSpeed = 0;
  // Many turns, for each takes milliseconds; the first compiles and touches the memory.
  for (let round = 0; round <= 40; round += 1) {
    const copyMs = timed(() => {
      copy.set(input);
    });
    const repackMs = timed(() => {
      repackQ40(input, codes, scales);
    });
    if (round === 0) continue;
    ratios.push(copyMs / repackMs);
    repackSpeed = Math.max(repackSpeed, input.length / MB / (repackMs / 1000));
  }
  return { ratio: median(ratios), detail: `${repackSpeed.toFixed(0)} MB/s at best, ${loadNow()}` };
}

/** Seconds of the command line's conversion ÷ seconds of `cp` and `sha256sum` of the same Q4_0 file. */
export async function benchEndToEnd(): Promise<Measured & { readonly peakBytes: number }> {
  return withFolder(async (folder) => {
    const file = join(folder, 'q4_0.gguf');
    const bytes = await writeModel(file, 'Q4_0', 8);
    return againstCopying(folder, file, file, bytes);
  });
}

/** The same for a folder of 4-bit AWQ with scales for every `groupSize` weights. */
export async function benchAwq(groupSize: number): Promise<Measured & { readonly peakBytes: number }> {
  return withFolder(async (folder) => {
    const model = join(folder, 'awq');
    const file = join(model, 'model.safetensors');
    const bytes = await writeAwqModel(model, file, groupSize, 6);
    return againstCopying(folder, model, file, bytes);
  });
}

/** @param from what is converted. @param file what is copied and hashed: all of its weights */
async function againstCopying(
  folder: string,
  from: string,
  file: string,
  bytes: number,
): Promise<Measured & { readonly peakBytes: number }> {
  const ratios: number[] = [];
  /** The same against `cp` and Node's SHA-256: `sha256sum` has the processor's own instructions on some systems only. */
  const againstNode: number[] = [];
  const times: string[] = [];
  let peakBytes = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const copied = await timedAsync(() => run('cp', [file, join(folder, 'copy')]));
    const plain = copied + (await timedAsync(() => run('sha256sum', [file])));
    const byNode = copied + (await timedAsync(() => pipeline(createReadStream(file), createHash('sha256'))));
    await rm(join(folder, 'copy'));
    const started = performance.now();
    const { peakMemoryBytes } = await transcode(from, join(folder, 'package'), []);
    const converted = performance.now() - started;
    await rm(join(folder, 'package'), { recursive: true });
    peakBytes = Math.max(peakBytes, peakMemoryBytes);
    ratios.push(converted / plain);
    againstNode.push(converted / byNode);
    times.push(`${(converted / 1000).toFixed(1)} s against ${(plain / 1000).toFixed(1)} s`);
  }
  const detail = `${(bytes / MB).toFixed(0)} MB, ${times.join(', ')}, with Node's SHA-256 for sha256sum ${median(againstNode).toFixed(1)}, peak ${(peakBytes / MB).toFixed(0)} MB, ${loadNow()}`;
  return { ratio: median(ratios), detail, peakBytes };
}

/** Seconds of an F16 conversion on one core ÷ on two. Null where a process cannot be kept to some cores. */
export async function benchCores(): Promise<(Measured & { readonly peakBytes: number }) | null> {
  if (platform() !== 'linux' || availableParallelism() < 2) return null;
  return withFolder(async (folder) => {
    const file = join(folder, 'f16.gguf');
    const bytes = await writeModel(file, 'F16', 2);
    const ratios: number[] = [];
    const times: string[] = [];
    let peakBytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const target = join(folder, 'package');
      const one = await transcode(file, target, ['--threads', '0'], '0');
      await rm(target, { recursive: true });
      const two = await transcode(file, target, ['--threads', '2'], '0,1');
      await rm(target, { recursive: true });
      peakBytes = Math.max(peakBytes, one.peakMemoryBytes, two.peakMemoryBytes);
      ratios.push(one.seconds / two.seconds);
      times.push(`${one.seconds.toFixed(1)} s against ${two.seconds.toFixed(1)} s`);
    }
    const detail = `${(bytes / MB).toFixed(0)} MB, ${times.join(', ')}, peak ${(peakBytes / MB).toFixed(0)} MB, ${loadNow()}`;
    return { ratio: median(ratios), detail, peakBytes };
  });
}

const replySchema = z.object({ ok: z.literal(true), seconds: z.number(), peakMemoryBytes: z.number() });

/** @param cores as `taskset` wants them; the default leaves the process where it is */
export async function transcode(from: string, to: string, options: readonly string[], cores?: string) {
  const args = [join(ROOT, 'src/cli/transcode/launch.js'), '--from', from, '--to', to, '--json', ...options];
  const { stdout } =
    cores === undefined
      ? await run(process.execPath, args, { cwd: ROOT })
      : await run('taskset', ['-c', cores, process.execPath, ...args], { cwd: ROOT });
  return replySchema.parse(JSON.parse(stdout));
}

/** Writes a GGUF file with Meditron-7B's matrices and `layers` layers. @returns its size in bytes */
export async function writeModel(path: string, type: TensorType, layers: number): Promise<number> {
  const { hidden, ffn, vocab } = MEDITRON;
  const none = new Uint8Array(0);
  const tensors: TensorToWrite[] = [];
  let end = 0;
  const add = (name: string, dimensions: readonly number[], kind: TensorType): void => {
    tensors.push({ name, dimensions, type: kind, bytes: none, offset: end });
    const [cols = 0, rows = 1] = dimensions;
    end += rows * rowBytes(kind, cols);
  };
  add('token_embd.weight', [hidden, vocab], type);
  for (let n = 0; n < layers; n += 1) {
    const layer = `blk.${n}`;
    add(`${layer}.attn_norm.weight`, [hidden], 'F32');
    add(`${layer}.ffn_down.weight`, [ffn, hidden], type);
    add(`${layer}.ffn_gate.weight`, [hidden, ffn], type);
    add(`${layer}.ffn_up.weight`, [hidden, ffn], type);
    add(`${layer}.ffn_norm.weight`, [hidden], 'F32');
    for (const name of ['k', 'output', 'q', 'v']) add(`${layer}.attn_${name}.weight`, [hidden, hidden], type);
  }
  add('output_norm.weight', [hidden], 'F32');
  // Q4_0 files keep their head in Q6_K.
  add('output.weight', [hidden, vocab], type === 'Q4_0' ? 'Q6_K' : type);
  const header = writeGguf({ metadata: tinyMetadata({ ...MEDITRON, layers }), tensors });
  const random = randomNumbers(7);
  const chunks = new Map<TensorType, Uint8Array>();
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(header);
    for (const { dimensions, type: kind } of tensors) {
      if (typeof kind === 'number') continue;
      // The same few megabytes over and over: neither copying nor converting looks at more than a block.
      const chunk = chunks.get(kind) ?? randomWeights(kind, 4 * 1024 * 1024, random);
      chunks.set(kind, chunk);
      const [cols = 0, rows = 1] = dimensions;
      for (let left = rows * rowBytes(kind, cols); left > 0; left -= chunk.length)
        await handle.writeFile(chunk.subarray(0, left));
    }
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** Writes a folder as AutoAWQ saves it, with Meditron-7B's matrices and `layers` layers. @returns its weights' bytes */
async function writeAwqModel(
  folder: string,
  path: string,
  groupSize: number,
  layers: number,
): Promise<number> {
  const shape = { ...MEDITRON, layers };
  const none = new Uint8Array(0);
  const listed: SafetensorsToWrite[] = [];
  const add = (name: string, dtype: 'F16' | 'I32', ...sizes: number[]): void => {
    listed.push({ name, dtype, shape: sizes, bytes: none });
  };
  listTensors(shape, {
    dense: (name, rows, cols) => {
      add(`${name}.weight`, 'F16', rows, cols);
    },
    linear: (name, rows, cols) => {
      add(`${name}.qweight`, 'I32', cols, rows / 8);
      add(`${name}.qzeros`, 'I32', cols / groupSize, rows / 8);
      add(`${name}.scales`, 'F16', cols / groupSize, rows);
    },
    norm: (name) => {
      add(`${name}.weight`, 'F16', shape.hidden);
    },
  });
  let end = 0;
  const placed = inLibraryOrder(listed).map((tensor) => {
    const length = tensor.shape.reduce((n, size) => n * size, tensor.dtype === 'F16' ? 2 : 4);
    return { ...tensor, offsets: [end, (end += length)] as const };
  });
  await mkdir(folder);
  for (const file of sideFiles(shape, groupSize))
    await writeFile(join(folder, file.name), await file.read(0, file.size));
  // Codes as large models have them: near their zero of 7 or 8, so that nearly all groups of 32 are carried over.
  const random = randomNumbers(9);
  const codes = randomNibbles(random, (r) => 7.5 + 3 * (r() + r() + r() + r() - 2));
  const zeros = randomNibbles(random, (r) => 7 + r());
  const halves = randomWeights('F16', 1 << 20, random);
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(writeSafetensors(placed));
    for (const { name, offsets } of placed) {
      const chunk = name.endsWith('.qweight') ? codes : name.endsWith('.qzeros') ? zeros : halves;
      for (let left = offsets[1] - offsets[0]; left > 0; left -= chunk.length)
        await handle.writeFile(chunk.subarray(0, left));
    }
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** A few megabytes of packed 4-bit numbers. */
function randomNibbles(
  random: () => number,
  next: (random: () => number) => number,
): Uint8Array<ArrayBuffer> {
  const nibble = (): number => Math.min(15, Math.max(0, Math.floor(next(random))));
  return Uint8Array.from({ length: 4 << 20 }, () => nibble() | (nibble() << 4));
}

/** Gigabytes are written: the folder goes away whatever happens. */
async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-transcode-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

async function timedAsync(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** A busy machine says little about two cores, so every figure comes with how busy it was. */
export function loadNow(): string {
  return `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${availableParallelism()} cores`;
}
