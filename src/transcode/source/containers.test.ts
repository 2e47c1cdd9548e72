/** One model in every container: what comes out is the same. */
import { expect, it } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { writeTorch, type TensorToWrite } from '../../formats/torch/testing/torch-writer.ts';
import { publishedRow } from '../weights/tensor-converter.ts';
import { convertInMemory } from '../testing/convert-in-memory.ts';
import { writeGguf } from '../testing/gguf-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { readPackageBytes } from '../testing/reference-llama.ts';
import { inLibraryOrder, writeSafetensors } from '../testing/safetensors-writer.ts';
import { jsonSource, sideFiles } from '../testing/tiny-folder.ts';
import { tinyTensors, type TinyTensor } from '../testing/tiny-tensors.ts';
import { tinyMetadata } from '../testing/tiny-llama.ts';
import { openModel } from './open-model.ts';
import { planPackage } from '../plan/plan-package.ts';

const SHAPE = { hidden: 64, ffn: 128, layers: 2, heads: 4, kvHeads: 2, headDim: 16, vocab: 67 };

const MODEL = tinyTensors(SHAPE);
const SIDE = sideFiles(SHAPE, null);

/** By GGUF's names, its dimensions turned round and its Q and K rows interleaved. */
function asGguf(): ByteSource[] {
  const parts: Readonly<Record<string, string>> = {
    input_layernorm: 'attn_norm',
    post_attention_layernorm: 'ffn_norm',
    'self_attn.q_proj': 'attn_q',
    'self_attn.k_proj': 'attn_k',
    'self_attn.v_proj': 'attn_v',
    'self_attn.o_proj': 'attn_output',
    'mlp.gate_proj': 'ffn_gate',
    'mlp.up_proj': 'ffn_up',
    'mlp.down_proj': 'ffn_down',
  };
  const outside: Readonly<Record<string, string>> = {
    'lm_head.weight': 'output.weight',
    'model.embed_tokens.weight': 'token_embd.weight',
    'model.norm.weight': 'output_norm.weight',
  };
  const tensors = MODEL.map(({ name, dtype, shape, bytes }) => {
    const [, layer = '', part = ''] = /^model\.layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
    const ours = outside[name] ?? `blk.${layer}.${parts[part] ?? ''}.weight`;
    const rotates = part === 'self_attn.q_proj' || part === 'self_attn.k_proj';
    return {
      name: ours,
      type: dtype,
      dimensions: shape.toReversed(),
      bytes: rotates ? interleaved(bytes, shape[0] ?? 0) : bytes,
    };
  });
  return [memorySource('m.gguf', writeGguf({ metadata: tinyMetadata(SHAPE), tensors }))];
}

function interleaved(bytes: Uint8Array, rows: number): Uint8Array {
  const rowBytes = bytes.length / rows;
  const out = new Uint8Array(bytes.length);
  for (let r = 0; r < rows; r++) {
    const from = publishedRow(r, SHAPE.headDim) * rowBytes;
    out.set(bytes.subarray(from, from + rowBytes), r * rowBytes);
  }
  return out;
}

function inParts(
  single: string,
  write: (tensors: readonly TinyTensor[]) => Uint8Array<ArrayBuffer>,
  parts: number,
): ByteSource[] {
  if (parts === 1) return [...SIDE, memorySource(single, write(MODEL))];
  const [, stem = '', ending = ''] = /^(\w+)\.(\w+)$/.exec(single) ?? [];
  const perPart = Math.ceil(MODEL.length / parts);
  const weight_map: Record<string, string> = {};
  const files = Array.from({ length: parts }, (_, n) => {
    const name = `${stem}-0000${String(n + 1)}-of-0000${String(parts)}.${ending}`;
    const own = MODEL.slice(n * perPart, (n + 1) * perPart);
    for (const tensor of own) weight_map[tensor.name] = name;
    return memorySource(name, write(own));
  });
  return [...SIDE, jsonSource(`${single}.index.json`, { metadata: {}, weight_map }), ...files];
}

const safetensors = (tensors: readonly TinyTensor[]): Uint8Array<ArrayBuffer> =>
  writeSafetensors(inLibraryOrder(tensors));

/** Every matrix stored as its transpose, and all tensors of the file in one storage. */
function transposed(tensors: readonly TinyTensor[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(tensors.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  const views = tensors.map(({ name, dtype, shape, bytes }): TensorToWrite => {
    const [rows = 1, cols = 1] = shape.length === 2 ? shape : [1, shape[0]];
    const from = new Uint16Array(bytes.buffer);
    const to = new Uint16Array(all.buffer, at, from.length);
    for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) to[c * rows + r] = from[r * cols + c] ?? 0;
    const offset = at / 2;
    at += bytes.length;
    return { name, dtype, shape, strides: shape.length === 2 ? [1, rows] : [1], offset, bytes: all };
  });
  return writeTorch(views);
}

const CONTAINERS: Readonly<Record<string, () => ByteSource[]>> = {
  GGUF: asGguf,
  safetensors: () => inParts('model.safetensors', safetensors, 1),
  'safetensors in parts': () => inParts('model.safetensors', safetensors, 2),
  PyTorch: () => inParts('pytorch_model.bin', (tensors) => writeTorch(tensors), 1),
  'PyTorch in parts': () => inParts('pytorch_model.bin', (tensors) => writeTorch(tensors), 3),
  'PyTorch, deflated': () =>
    inParts('pytorch_model.bin', (tensors) => writeTorch(tensors, { deflate: true }), 1),
  'PyTorch, 64 bits': () =>
    inParts('pytorch_model.bin', (tensors) => writeTorch(tensors, { zip64: true }), 1),
  'PyTorch, transposed in one storage': () => inParts('pytorch_model.bin', transposed, 1),
};

const reference = await convertInMemory(inParts('model.safetensors', safetensors, 1));

it.each(Object.entries(CONTAINERS))('%s', async (name, files) => {
  const { result, files: made } = await convertInMemory(files(), { readBytes: 5000 });
  const read = (from: typeof made) => (file: string) => from.get(file) ?? new Uint8Array(0);
  expect(readPackageBytes(read(made))).toEqual(readPackageBytes(read(reference.files)));
  // Each weight file was hashed whole, whatever was made from it.
  const hashes = result.sources.map(({ sha256 }) => sha256);
  expect(hashes).toHaveLength(name.endsWith('parts') ? (name.startsWith('PyTorch') ? 3 : 2) : 1);
  expect(hashes.every((sha256) => sha256 !== null)).toBe(true);
});

it('reads PyTorch files once from front to back, in the order PyTorch stores them', async () => {
  for (const parts of [1, 3]) {
    const files = inParts('pytorch_model.bin', (tensors) => writeTorch(tensors), parts);
    const model = await openModel(files);
    expect(model).toMatchObject({ format: 'torch', made: [] });
    expect(planPackage(model, { quantization: 'q4f16_1' })).toMatchObject({ sequential: true });
  }
});
