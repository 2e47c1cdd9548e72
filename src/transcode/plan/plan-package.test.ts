/** Plans of models of real size, made from headers alone. */
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { openModel } from '../source/open-model.ts';
import { planPackage, type PackagePlan } from './plan-package.ts';
import { readSpans, type ReadSpan } from '../run/read-spans.ts';
import { memorySource } from '../testing/memory.ts';
import {
  inLibraryOrder,
  inNameOrder,
  writeSafetensors,
  type SafetensorsToWrite,
} from '../testing/safetensors-writer.ts';
import { jsonSource, listTensors, sideFiles } from '../testing/tiny-folder.ts';
import { sparseTorch, type TensorToWrite } from '../../formats/torch/testing/torch-writer.ts';
import type { TinyShape } from '../testing/tiny-llama.ts';

const SHAPE_7B = { hidden: 4096, ffn: 11_008, layers: 32, heads: 32, kvHeads: 32, headDim: 128 };
const MEDITRON_7B: TinyShape = { ...SHAPE_7B, vocab: 32_017 };
const LLAMA_7B: TinyShape = { ...SHAPE_7B, vocab: 32_000 };
const MEDITRON_70B: TinyShape = {
  hidden: 8192,
  ffn: 28_672,
  layers: 80,
  heads: 64,
  kvHeads: 8,
  headDim: 128,
  vocab: 32_017,
};
const AWQ_GROUP = 128;

type Header = Omit<SafetensorsToWrite, 'bytes'> & { readonly length: number };

function awqTensors(shape: TinyShape): Header[] {
  const tensors: Header[] = [];
  const add = (name: string, dtype: 'F16' | 'I32', sizes: readonly number[]): void => {
    const length = sizes.reduce((product, n) => product * n, dtype === 'F16' ? 2 : 4);
    tensors.push({ name, dtype, shape: sizes, length });
  };
  listTensors(shape, {
    dense: (name, rows, cols) => {
      add(`${name}.weight`, 'F16', [rows, cols]);
    },
    linear: (name, rows, cols) => {
      add(`${name}.qweight`, 'I32', [cols, rows / 8]);
      add(`${name}.qzeros`, 'I32', [cols / AWQ_GROUP, rows / 8]);
      add(`${name}.scales`, 'F16', [cols / AWQ_GROUP, rows]);
    },
    norm: (name) => {
      add(`${name}.weight`, 'F16', [shape.hidden]);
    },
  });
  return tensors;
}

/** A file as long as its header says, of which only the header can be read. */
function headerOnly(name: string, tensors: readonly Header[]): ByteSource {
  let end = 0;
  const header = writeSafetensors(
    tensors.map(({ length, ...tensor }) => {
      const offsets = [end, (end += length)] as const;
      return { ...tensor, bytes: new Uint8Array(), offsets };
    }),
  );
  return { ...memorySource(name, header), size: header.length + end };
}

async function planOf(shape: TinyShape, weights: readonly ByteSource[]): Promise<PackagePlan> {
  const model = await openModel([...sideFiles(shape, AWQ_GROUP), ...weights]);
  return planPackage(model, { quantization: 'q4f16_1' });
}

/** What an uninterrupted conversion reads. */
function spansOf(plan: PackagePlan): ReadSpan[] {
  const everythingFrom = plan.model.sources.map(() => 0);
  return [...readSpans(plan, { readBytes: 8 * 1024 * 1024, isNeeded: () => true, everythingFrom })];
}

function bytesOf(spans: readonly ReadSpan[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0);
}

/** Every byte of every file comes by once, in order, for its hash; every byte of every tensor once to be converted. */
function expectWholePass(plan: PackagePlan, spans: readonly ReadSpan[]): void {
  const ends = plan.model.sources.map(() => 0);
  const converted = new Map<string, number>();
  for (const { file, offset, length, pieces, aside } of spans) {
    for (const { input, at, length: bytes } of pieces) {
      expect(at).toBe(converted.get(input.location.name) ?? 0);
      converted.set(input.location.name, at + bytes);
    }
    if (aside) continue;
    expect(offset).toBe(ends[file]);
    ends[file] = offset + length;
  }
  expect(ends).toEqual(plan.model.sources.map(({ size }) => size));
  expect(converted).toEqual(new Map(plan.inputs.map(({ location }) => [location.name, location.byteLength])));
}

describe('AWQ of 7B', () => {
  it.each([
    ['Meditron', MEDITRON_7B],
    ['Llama', LLAMA_7B],
  ])('(%s) as the safetensors library orders it is read once, but for its scales', async (_, shape) => {
    const file = headerOnly('model.safetensors', inLibraryOrder(awqTensors(shape)));
    const plan = await planOf(shape, [file]);
    expect(plan.sequential).toBe(true);
    expect(plan.peakBytes).toBeLessThanOrEqual(256 * 1024 * 1024);
    const spans = spansOf(plan);
    expectWholePass(plan, spans);
    const aside = spans.filter((span) => span.aside);
    const roles = aside.flatMap(({ pieces }) => pieces.flatMap(({ uses }) => uses.map(({ role }) => role)));
    expect(new Set(roles)).toEqual(new Set(['scales']));
    expect(bytesOf(spans) / file.size).toBeGreaterThan(1);
    expect(bytesOf(spans) / file.size).toBeLessThanOrEqual(1.05);
    // A request costs a round trip.
    expect(aside.length).toBeLessThan(50);
  });

  it('ordered by name is read once', async () => {
    const file = headerOnly('model.safetensors', inNameOrder(awqTensors(MEDITRON_7B)));
    const plan = await planOf(MEDITRON_7B, [file]);
    expect(plan.sequential).toBe(true);
    const spans = spansOf(plan);
    expectWholePass(plan, spans);
    expect(bytesOf(spans)).toBe(file.size);
  });

  it('with its scales before its weights is read once, or nearly', async () => {
    const file = headerOnly('model.safetensors', inLibraryOrder(awqTensors(MEDITRON_7B)).reverse());
    const plan = await planOf(MEDITRON_7B, [file]);
    expect(plan.sequential).toBe(true);
    expect(plan.peakBytes).toBeLessThanOrEqual(256 * 1024 * 1024);
    const spans = spansOf(plan);
    expectWholePass(plan, spans);
    expect(bytesOf(spans) / file.size).toBeLessThanOrEqual(1.05);
  });
});

it('AWQ of 70B in several files is read once, but for its scales', async () => {
  const tensors = awqTensors(MEDITRON_70B);
  const perFile = Math.ceil(tensors.length / 4);
  const parts = [0, 1, 2, 3].map((n) => tensors.slice(n * perFile, (n + 1) * perFile));
  const files = parts.map((part, n) => headerOnly(`${String(n)}.safetensors`, inLibraryOrder(part)));
  const weight_map = Object.fromEntries(
    parts.flatMap((part, n) => part.map(({ name }) => [name, `${String(n)}.safetensors`])),
  );
  const index = jsonSource('model.safetensors.index.json', { weight_map });
  const plan = await planOf(MEDITRON_70B, [index, ...files]);
  expect(plan.sequential).toBe(true);
  const spans = spansOf(plan);
  expectWholePass(plan, spans);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  expect(bytesOf(spans) / size).toBeLessThanOrEqual(1.05);
  // One layer's gate and up rows alone make a shard of 235 MB.
  expect(plan.peakBytes).toBeLessThanOrEqual(512 * 1024 * 1024);
});

/** As `save_pretrained` of its day wrote: float16, at most 10 GB a file, and storages in the order of their numbers' spelling. */
function torchParts(shape: TinyShape): ByteSource[] {
  const { hidden, ffn, layers, heads, kvHeads, headDim, vocab } = shape;
  const list: { name: string; shape: readonly number[] }[] = [
    { name: 'model.embed_tokens.weight', shape: [vocab, hidden] },
  ];
  for (let n = 0; n < layers; n++) {
    const add = (part: string, ...sizes: number[]): void => {
      list.push({ name: `model.layers.${String(n)}.${part}.weight`, shape: sizes });
    };
    add('self_attn.q_proj', heads * headDim, hidden);
    add('self_attn.k_proj', kvHeads * headDim, hidden);
    add('self_attn.v_proj', kvHeads * headDim, hidden);
    add('self_attn.o_proj', hidden, heads * headDim);
    add('mlp.gate_proj', ffn, hidden);
    add('mlp.up_proj', ffn, hidden);
    add('mlp.down_proj', hidden, ffn);
    add('input_layernorm', hidden);
    add('post_attention_layernorm', hidden);
  }
  list.push(
    { name: 'model.norm.weight', shape: [hidden] },
    { name: 'lm_head.weight', shape: [vocab, hidden] },
  );
  const parts: TensorToWrite[][] = [[]];
  let bytes = 0;
  for (const { name, shape: sizes } of list) {
    const length = 2 * sizes.reduce((product, size) => product * size, 1);
    if (bytes + length > 10e9) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push({ name, dtype: 'F16', shape: sizes, bytes: { length } });
    bytes += length;
  }
  const nameOf = (n: number): string =>
    `pytorch_model-${String(n + 1).padStart(5, '0')}-of-${String(parts.length).padStart(5, '0')}.bin`;
  const weight_map = Object.fromEntries(
    parts.flatMap((part, n) => part.map(({ name }) => [name, nameOf(n)])),
  );
  return [
    jsonSource('pytorch_model.bin.index.json', { weight_map }),
    ...parts.map((part, n) => sparseTorch(nameOf(n), part)),
  ];
}

it('PyTorch files of 7B are read once, whatever order their storages come in', async () => {
  const files = torchParts(MEDITRON_7B);
  const model = await openModel([...sideFiles(MEDITRON_7B, null), ...files]);
  const plan = planPackage(model, { quantization: 'q4f16_1' });
  expect(model.sources).toHaveLength(2);
  expect(model.made).toEqual([]);
  expect(plan.sequential).toBe(true);
  expect(plan.peakBytes).toBeLessThanOrEqual(256 * 1024 * 1024);
  const spans = spansOf(plan);
  expectWholePass(plan, spans);
  expect(bytesOf(spans)).toBe(model.sources.reduce((sum, { size }) => sum + size, 0));
});
