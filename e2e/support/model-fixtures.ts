/** Models for the Models screen's tests: a synthetic one large enough for several shards, and what converting should give. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { convert } from '../../src/transcode/run/convert.ts';
import { openModel } from '../../src/transcode/source/open-model.ts';
import { planPackage } from '../../src/transcode/plan/plan-package.ts';
import { writeGguf } from '../../src/transcode/testing/gguf-writer.ts';
import { memoryJournal, memoryPackage, memorySource } from '../../src/transcode/testing/memory.ts';
import { tinyMetadata, type TinyShape } from '../../src/transcode/testing/tiny-llama.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const DEMO_Q4_0 = resolve(ROOT, 'public/models/demo/demo-q4_0.gguf');

/** 117 MB in Q4_0: five shards, so that an interruption has something to keep. */
const BIG: TinyShape = {
  hidden: 1024,
  ffn: 4096,
  layers: 12,
  heads: 16,
  kvHeads: 16,
  headDim: 64,
  vocab: 2048,
};

/** Writes the synthetic model once. @returns its path. */
export function bigModel(): string {
  const folder = resolve(ROOT, '.cache/e2e-models');
  const path = resolve(folder, 'big-q4_0.gguf');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const { hidden, ffn, layers, vocab } = BIG;
  const matrix = (name: string, rows: number, cols: number) => ({
    name,
    dimensions: [cols, rows],
    type: 'Q4_0' as const,
    bytes: patternedQ40((rows * cols) / 32, name),
  });
  const vector = (name: string) => ({
    name,
    dimensions: [hidden],
    type: 'F32' as const,
    bytes: new Uint8Array(new Float32Array(hidden).fill(1).buffer),
  });
  const tensors = [matrix('token_embd.weight', vocab, hidden)];
  const all = [
    ...tensors,
    ...Array.from({ length: layers }, (_, n) => `blk.${String(n)}`).flatMap((layer) => [
      vector(`${layer}.attn_norm.weight`),
      matrix(`${layer}.ffn_down.weight`, hidden, ffn),
      matrix(`${layer}.ffn_gate.weight`, ffn, hidden),
      matrix(`${layer}.ffn_up.weight`, ffn, hidden),
      vector(`${layer}.ffn_norm.weight`),
      matrix(`${layer}.attn_k.weight`, hidden, hidden),
      matrix(`${layer}.attn_output.weight`, hidden, hidden),
      matrix(`${layer}.attn_q.weight`, hidden, hidden),
      matrix(`${layer}.attn_v.weight`, hidden, hidden),
    ]),
    vector('output_norm.weight'),
    matrix('output.weight', vocab, hidden),
  ];
  // Two workers may come here at once: only a whole file gets the name.
  const unfinished = `${path}.${String(process.pid)}`;
  writeFileSync(unfinished, writeGguf({ metadata: tinyMetadata(BIG), tensors: all }));
  renameSync(unfinished, path);
  return path;
}

/** Blocks of 18 bytes with a small scale and codes that differ from place to place. */
function patternedQ40(blocks: number, seed: string): Uint8Array {
  const bytes = new Uint8Array(blocks * 18);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
  let state = Array.from(seed).reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), 7) >>> 0;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  // 0x1c00 is 2^-8 as f16.
  for (let at = 0; at < bytes.length; at += 18) {
    bytes[at] = 0;
    bytes[at + 1] = 0x1c;
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of every file of the package that an undisturbed conversion in node gives; `provenance.json` names its source and differs. */
export async function expectedPackage(
  path: string,
  quantization: 'q4f16_1' | 'q4f32_1',
): Promise<Map<string, string>> {
  const sink = memoryPackage();
  const model = await openModel([memorySource(path, readFileSync(path))]);
  await convert(planPackage(model, { quantization }), { sink, journal: memoryJournal() });
  return new Map(
    [...sink.files]
      .filter(([name]) => name !== 'provenance.json')
      .map(([name, bytes]) => [name, sha256(bytes)]),
  );
}

/** All files of the package, for a server to host. */
export async function convertedPackage(
  path: string,
  quantization: 'q4f16_1' | 'q4f32_1',
): Promise<Map<string, Uint8Array>> {
  const sink = memoryPackage();
  const model = await openModel([memorySource(path, readFileSync(path))]);
  await convert(planPackage(model, { quantization }), { sink, journal: memoryJournal() });
  return sink.files;
}
