/** Files that are wrong in one particular way, each refused by its own name before anything large is read or made. */
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { convertInMemory } from '../testing/convert-in-memory.ts';
import { strictSource } from '../testing/fuzzing.ts';
import {
  writeGguf,
  type GgufToWrite,
  type MetadataValue,
  type TensorToWrite,
} from '../testing/gguf-writer.ts';
import { PickleWriter, writeZip } from '../../formats/torch/testing/torch-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { joinSafetensors, writeSafetensors } from '../testing/safetensors-writer.ts';
import { jsonSource, tinyFolder } from '../testing/tiny-folder.ts';
import { tinyLlama } from '../testing/tiny-llama.ts';
import { openModel } from '../source/open-model.ts';

const SHAPE = { hidden: 64, ffn: 128, layers: 1, heads: 2, kvHeads: 1, headDim: 32, vocab: 16 };
const PLAIN = tinyLlama({ shape: SHAPE });
const PLAIN_BYTES = writeGguf(PLAIN);

function u32(value: number): MetadataValue {
  return { type: 'u32', value };
}

function withMetadata(changes: Readonly<Record<string, MetadataValue | null>>): Uint8Array<ArrayBuffer> {
  const metadata = Object.fromEntries(
    Object.entries({ ...PLAIN.metadata, ...changes }).filter(
      (entry): entry is [string, MetadataValue] => entry[1] !== null,
    ),
  );
  return writeGguf({ ...PLAIN, metadata });
}

function withTensor(
  name: string,
  change: (tensor: TensorToWrite) => Partial<TensorToWrite>,
): Uint8Array<ArrayBuffer> {
  expect(PLAIN.tensors.map((tensor) => tensor.name)).toContain(name);
  return writeGguf({
    ...PLAIN,
    tensors: PLAIN.tensors.map((tensor) =>
      tensor.name === name ? { ...tensor, ...change(tensor) } : tensor,
    ),
  });
}

function withoutTensor(name: string): GgufToWrite {
  return { ...PLAIN, tensors: PLAIN.tensors.filter((tensor) => tensor.name !== name) };
}

/** The valid file with eight bytes of its beginning replaced: 8 is the tensor count, 16 the key count. */
function withCount(at: number, value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = PLAIN_BYTES.slice();
  new DataView(bytes.buffer).setBigUint64(at, value, true);
  return bytes;
}

function opening(bytes: Uint8Array): Promise<unknown> {
  return openModel([strictSource('x.gguf', bytes)]);
}

it('opens the file that is spoilt below', async () => {
  await expect(opening(PLAIN_BYTES)).resolves.toMatchObject({ format: 'gguf' });
});

describe('a GGUF file', () => {
  it.each([
    ['cut in its header', PLAIN_BYTES.slice(0, 300), 'transcode/truncated'],
    ['cut in its last tensor', PLAIN_BYTES.slice(0, -1), 'transcode/truncated'],
    ['of eight bytes', PLAIN_BYTES.slice(0, 8), 'transcode/truncated'],
    ['of no bytes', new Uint8Array(0), 'transcode/truncated'],
    [
      'with a tensor far outside',
      withTensor('blk.0.attn_q.weight', () => ({ offset: 2 ** 40 })),
      'transcode/truncated',
    ],
    [
      'with two tensors on the same bytes',
      withTensor('blk.0.attn_q.weight', () => ({ offset: 0 })),
      'transcode/malformed',
    ],
    [
      'with a tensor between alignments',
      withTensor('blk.0.attn_q.weight', () => ({ offset: 17 })),
      'transcode/malformed',
    ],
    ['with 2⁶⁴ − 1 tensors', withCount(8, 2n ** 64n - 1n), 'transcode/over-limit'],
    ['with 2⁶³ keys', withCount(16, 2n ** 63n), 'transcode/over-limit'],
    [
      'with an empty dimension',
      withTensor('blk.0.attn_q.weight', () => ({ dimensions: [0, 64] })),
      'transcode/malformed',
    ],
    [
      'with a dimension of 2⁵²',
      withTensor('blk.0.attn_q.weight', () => ({ dimensions: [2 ** 52, 2 ** 52] })),
      'transcode/over-limit',
    ],
    [
      'with five dimensions',
      withTensor('blk.0.attn_q.weight', () => ({ dimensions: [32, 2, 1, 1, 64] })),
      'transcode/malformed',
    ],
    [
      'with rows that are not whole blocks',
      withTensor('blk.0.attn_q.weight', () => ({ dimensions: [65, 64] })),
      'transcode/malformed',
    ],
    [
      'with a name twice',
      writeGguf({ ...PLAIN, tensors: [...PLAIN.tensors, ...PLAIN.tensors.slice(0, 1)] }),
      'transcode/malformed',
    ],
    [
      'with a matrix on its side',
      withTensor('blk.0.ffn_up.weight', () => ({ dimensions: [128, 64] })),
      'transcode/wrong-shape',
    ],
    [
      'with a norm too short',
      withTensor('output_norm.weight', () => ({ dimensions: [32] })),
      'transcode/wrong-shape',
    ],
    [
      'with a weight of an unknown type',
      withTensor('blk.0.attn_q.weight', () => ({ type: 16 })),
      'transcode/unsupported',
    ],
    [
      'without one of its tensors',
      writeGguf(withoutTensor('blk.0.ffn_up.weight')),
      'transcode/missing-tensor',
    ],
    [
      'with a tensor Llama has no place for',
      writeGguf({
        ...PLAIN,
        tensors: [
          ...PLAIN.tensors,
          { name: 'blk.0.attn_q.bias', dimensions: [64], type: 'F32', bytes: new Uint8Array(256) },
        ],
      }),
      'transcode/unsupported-model',
    ],
    [
      'that asks for 100,000 layers',
      withMetadata({ 'llama.block_count': u32(100_000) }),
      'transcode/over-limit',
    ],
    ['that asks for no layers', withMetadata({ 'llama.block_count': u32(0) }), 'transcode/malformed'],
    [
      'with heads that don’t divide',
      withMetadata({ 'llama.attention.head_count_kv': u32(3) }),
      'transcode/wrong-shape',
    ],
    [
      'without a norm epsilon',
      withMetadata({ 'llama.attention.layer_norm_rms_epsilon': null }),
      'transcode/malformed',
    ],
    ['of experts', withMetadata({ 'llama.expert_count': u32(8) }), 'transcode/unsupported-model'],
    ['that is one part of several', withMetadata({ 'split.count': u32(4) }), 'transcode/unsupported'],
    ['with an alignment of 3', withMetadata({ 'general.alignment': u32(3) }), 'transcode/malformed'],
    [
      'with another kind of vocabulary',
      withMetadata({ 'tokenizer.ggml.model': { type: 'string', value: 'gpt2' } }),
      'transcode/bad-tokenizer',
    ],
    [
      'with a vocabulary too short',
      withMetadata({ 'tokenizer.ggml.tokens': { type: 'strings', value: ['a'] } }),
      'transcode/bad-tokenizer',
    ],
    ['of version 1', writeGguf({ ...PLAIN, version: 1 }), 'transcode/unsupported'],
    ['of the other byte order', writeGguf({ ...PLAIN, version: 0x0300_0000 }), 'transcode/unsupported'],
  ] as const)('%s is refused', async (_, bytes, code) => {
    await expect(opening(bytes)).rejects.toMatchObject({ name: 'AppError', code });
  });

  it.each(['falcon', 'mistral3', 'gemma2'])('of architecture %s is told so by name', async (name) => {
    const bytes = withMetadata({ 'general.architecture': { type: 'string', value: name } });
    await expect(opening(bytes)).rejects.toMatchObject({
      code: 'transcode/wrong-architecture',
      message: expect.stringContaining(`This is a ${name} model`) as string,
      details: { architecture: name },
    });
  });
});

describe('a folder of several models', () => {
  const safetensors = tinyFolder({ shape: SHAPE }).files;
  const gguf = (name: string): ByteSource => strictSource(name, PLAIN_BYTES);

  it.each([
    ['GGUFs', [gguf('x.Q4_0.gguf'), gguf('x.Q8_0.gguf')], ['x.Q4_0.gguf', 'x.Q8_0.gguf']],
    ['GGUF and safetensors', [...safetensors, gguf('x.gguf')], ['x.gguf', 'model.safetensors']],
  ])('(%s) is refused, and they are named', async (_, files, names) => {
    const error: unknown = await openModel(files).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'transcode/several-models', details: { names: names.join(', ') } });
    for (const name of names)
      expect(error).toMatchObject({ message: expect.stringContaining(name) as string });
  });

  it('is not what the parts of one split GGUF are', async () => {
    const bytes = withMetadata({ 'split.count': u32(2) });
    const parts = ['x-00001-of-00002.gguf', 'x-00002-of-00002.gguf'].map((name) => strictSource(name, bytes));
    await expect(openModel(parts)).rejects.toMatchObject({
      code: 'transcode/unsupported',
      message: expect.stringContaining('split') as string,
    });
  });
});

describe('a scale or weight that is no number', () => {
  const NAN_HALF = [0x00, 0x7e];
  it.each([
    ['Q4_0', 0],
    ['Q8_0', 0],
    ['F16', 0],
  ] as const)('stops the conversion of %s and names the tensor', async (type, at) => {
    const model = tinyLlama({ shape: SHAPE, type });
    const tensor = model.tensors.find(({ name }) => name === 'blk.0.ffn_up.weight');
    tensor?.bytes.set(NAN_HALF, at);
    await expect(convertInMemory([memorySource('x.gguf', writeGguf(model))])).rejects.toMatchObject({
      code: 'transcode/bad-values',
      details: { tensor: 'blk.0.ffn_up.weight' },
    });
  });

  it('stops the conversion where it is in a norm', async () => {
    const model = tinyLlama({ shape: SHAPE });
    model.tensors.find(({ name }) => name === 'output_norm.weight')?.bytes.set([0, 0, 0xc0, 0x7f]);
    await expect(convertInMemory([memorySource('x.gguf', writeGguf(model))])).rejects.toMatchObject({
      code: 'transcode/bad-values',
      details: { tensor: 'output_norm.weight' },
    });
  });

  it('stops the conversion of AWQ', async () => {
    const { files } = tinyFolder({ shape: SHAPE, awq: 32 });
    const spoilt = await Promise.all(
      files.map(async (file) => {
        if (!file.name.endsWith('.safetensors')) return file;
        const bytes = await file.read(0, file.size);
        const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
        const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
        const entries = new Map(Object.entries(header as Record<string, { data_offsets: number[] }>));
        const at = entries.get('model.layers.0.mlp.up_proj.scales')?.data_offsets[0] ?? Number.NaN;
        bytes.set(NAN_HALF, start + at);
        return memorySource(file.name, bytes);
      }),
    );
    await expect(convertInMemory(spoilt)).rejects.toMatchObject({ code: 'transcode/bad-values' });
  });
});

describe('a safetensors folder', () => {
  const folder = (options: Parameters<typeof tinyFolder>[0] = {}): ByteSource[] =>
    tinyFolder({ shape: SHAPE, ...options }).files;
  const withWeights = (bytes: Uint8Array): ByteSource[] => [
    ...folder().filter(({ name }) => name.endsWith('.json')),
    strictSource('model.safetensors', bytes),
  ];
  const one = { name: 'a', dtype: 'F16', shape: [4], bytes: new Uint8Array(8) };
  const wholeFile = (): Promise<Uint8Array<ArrayBuffer>> => {
    const file = folder().find(({ name }) => name.endsWith('.safetensors'));
    return file?.read(0, file.size) ?? Promise.reject(new Error('no weights'));
  };

  it.each([
    [
      'overlapping tensors',
      writeSafetensors([one, { ...one, name: 'b', offsets: [4, 12] }]),
      'transcode/malformed',
    ],
    [
      'a tensor outside',
      writeSafetensors([{ ...one, offsets: [2 ** 40, 2 ** 40 + 8] }]),
      'transcode/truncated',
    ],
    [
      'a tensor that ends before it begins',
      writeSafetensors([{ ...one, offsets: [8, 0] }]),
      'transcode/malformed',
    ],
    ['a length that is not its shape’s', writeSafetensors([{ ...one, shape: [5] }]), 'transcode/malformed'],
    [
      'a shape of 2¹⁰⁰ weights',
      writeSafetensors([{ ...one, shape: [2 ** 50, 2 ** 50] }]),
      'transcode/malformed',
    ],
    ['an unknown type', writeSafetensors([{ ...one, dtype: 'F7' }]), 'transcode/unsupported'],
    [
      'a type named like a built-in',
      writeSafetensors([{ ...one, dtype: 'constructor' }]),
      'transcode/unsupported',
    ],
    ['a header that is not JSON', joinSafetensors('{"a":', []), 'transcode/malformed'],
    ['a header without tensors', joinSafetensors('{}', []), 'transcode/missing-tensor'],
  ] as const)('with %s is refused', async (_, bytes, code) => {
    await expect(openModel(withWeights(bytes))).rejects.toMatchObject({ name: 'AppError', code });
  });

  it('cut anywhere is refused as cut', async () => {
    const bytes = await wholeFile();
    for (const length of [100, bytes.length - 1]) {
      await expect(openModel(withWeights(bytes.slice(0, length)))).rejects.toMatchObject({
        code: 'transcode/truncated',
      });
    }
  });

  it('of another architecture is told so by name', async () => {
    const files = folder({ config: { model_type: 'mixtral', architectures: ['MixtralForCausalLM'] } });
    await expect(openModel(files)).rejects.toMatchObject({
      code: 'transcode/wrong-architecture',
      message: expect.stringMatching(/mixtral/i) as string,
    });
  });

  it.each([
    ['sizes its tensors don’t have', { hidden_size: 96 }, 'transcode/wrong-shape'],
    ['absurdly many layers', { num_hidden_layers: 1e9 }, null],
    ['more layers than there are', { num_hidden_layers: 2 }, 'transcode/missing-tensor'],
  ] as const)('whose config.json gives %s is refused', async (_, config, code) => {
    await expect(openModel(folder({ config }))).rejects.toMatchObject({
      code: code ?? (expect.stringMatching(/^transcode\//) as string),
    });
  });

  it('quantised in another way is refused', async () => {
    const config = { quantization_config: { quant_method: 'gptq', bits: 4, group_size: 32 } };
    await expect(openModel(folder({ awq: 32, config }))).rejects.toMatchObject({
      code: 'transcode/unsupported',
      details: { method: 'gptq' },
    });
  });

  it('whose index leads out of the folder, or to no file, is refused', async () => {
    for (const target of ['../../etc/passwd', 'gone.safetensors']) {
      const files = [
        ...folder().filter(({ name }) => name.endsWith('.json')),
        jsonSource('model.safetensors.index.json', { weight_map: { 'lm_head.weight': target } }),
        strictSource('other.safetensors', await wholeFile()),
      ];
      await expect(openModel(files)).rejects.toMatchObject({
        code: expect.stringMatching(/^transcode\//) as string,
      });
    }
  });

  it('of pickles that are cut or want more than to describe weights is refused', async () => {
    const sideFiles = folder().filter(({ name }) => name.endsWith('.json'));
    const cut = strictSource('pytorch_model.bin', Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(20)));
    await expect(openModel([...sideFiles, cut])).rejects.toMatchObject({ code: 'transcode/truncated' });
    const pickle = new PickleWriter().global('os', 'system').text('id').op(0x85, 0x52).finish();
    const bytes = writeZip([{ name: 'm/data.pkl', bytes: pickle }]);
    await expect(openModel([...sideFiles, strictSource('pytorch_model.bin', bytes)])).rejects.toMatchObject({
      code: 'transcode/not-only-weights',
      details: { name: 'os.system' },
    });
  });
});
