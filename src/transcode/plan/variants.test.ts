/** Llamas whose weights MLC's libraries would run, and run wrongly: rope theta is all they know of positions. */
import { describe, expect, it } from 'vitest';
import { ropeFactors } from '../../formats/mlc-package/llama-libraries.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { packageFiles } from '../package/package-files.ts';
import { planPackage } from './plan-package.ts';
import { openModel } from '../source/open-model.ts';
import { writeGguf, type MetadataValue, type TensorToWrite } from '../testing/gguf-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { writeSafetensors, type SafetensorsToWrite } from '../testing/safetensors-writer.ts';
import { listTensors, sideFiles, tinyFolder } from '../testing/tiny-folder.ts';
import { TINY, tinyLlama, tinyMetadata } from '../testing/tiny-llama.ts';

const f32 = (value: number): MetadataValue => ({ type: 'f32', value });
const string = (value: string): MetadataValue => ({ type: 'string', value });

describe('a GGUF file', () => {
  const open = (more: Readonly<Record<string, MetadataValue>>) => {
    const { metadata, tensors } = tinyLlama();
    return openModel([memorySource('tiny.gguf', writeGguf({ metadata: { ...metadata, ...more }, tensors }))]);
  };

  it.each<[string, Record<string, MetadataValue>]>([
    ['linear scaling', { 'llama.rope.scaling.type': string('linear'), 'llama.rope.scaling.factor': f32(8) }],
    ['YaRN', { 'llama.rope.scaling.type': string('yarn') }],
    ['the older spelling of scaling', { 'llama.rope.scale_linear': f32(4) }],
    ['a part of each head rotated', { 'llama.rope.dimension_count': { type: 'u32', value: 32 } }],
  ])('with %s is refused', async (_, more) => {
    await expect(open(more)).rejects.toMatchObject({ code: 'transcode/unsupported-model' });
  });

  it('with factors for its rotation is refused: they are no part of theta', async () => {
    const { metadata, tensors } = tinyLlama();
    const factors = {
      name: 'rope_freqs.weight',
      dimensions: [TINY.headDim / 2],
      type: 'F32' as const,
      bytes: new Uint8Array(TINY.headDim * 2),
    };
    const bytes = writeGguf({ metadata, tensors: [...tensors, factors] });
    await expect(openModel([memorySource('tiny.gguf', bytes)])).rejects.toMatchObject({
      code: 'transcode/unsupported-model',
      details: { tensor: 'rope_freqs.weight' },
    });
  });

  it('that says what goes without saying is taken', async () => {
    const plain = {
      'llama.rope.scaling.type': string('none'),
      'llama.rope.scaling.factor': f32(1),
      'llama.rope.dimension_count': { type: 'u32', value: TINY.headDim },
    } as const;
    await expect(open(plain)).resolves.toMatchObject({ format: 'gguf' });
  });
});

const LLAMA_3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe('a safetensors folder', () => {
  const open = (config: Readonly<Record<string, unknown>>) => openModel(tinyFolder({ config }).files);

  it.each<[string, Record<string, unknown>]>([
    ['linear scaling', { rope_scaling: { type: 'linear', factor: 4 } }],
    ['Llama-3’s scaling at another size', { rope_scaling: LLAMA_3 }],
    ['scaling where transformers 5 says it', { rope_parameters: { rope_type: 'yarn', rope_theta: 1e4 } }],
    ['a part of each head rotated', { partial_rotary_factor: 0.5 }],
    ['another activation', { hidden_act: 'gelu' }],
  ])('with %s is refused', async (_, config) => {
    await expect(open(config)).rejects.toMatchObject({ code: 'transcode/unsupported-model' });
  });

  it('that says what goes without saying is taken', async () => {
    const plain = {
      rope_scaling: null,
      rope_parameters: { rope_type: 'default', rope_theta: 1e4 },
      hidden_act: 'silu',
    };
    await expect(open(plain)).resolves.toMatchObject({ format: 'safetensors' });
  });
});

describe('Llama 3.1, whose stretching is compiled into its library', () => {
  const SHAPE = {
    hidden: 4096,
    ffn: 14_336,
    layers: 32,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    vocab: 128_256,
  };
  const KEPT = { factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 };

  /** Its weights' header alone: nothing reads further. */
  const folder = (config: Readonly<Record<string, unknown>>): ByteSource[] => {
    let end = 0;
    const tensors: SafetensorsToWrite[] = [];
    const add = (name: string, shape: readonly number[]): void => {
      const offsets = [end, (end += shape.reduce((n, size) => n * size, 2))] as const;
      tensors.push({ name: `${name}.weight`, dtype: 'BF16', shape, bytes: new Uint8Array(0), offsets });
    };
    const matrix = (name: string, rows: number, cols: number): void => {
      add(name, [rows, cols]);
    };
    listTensors(SHAPE, {
      dense: matrix,
      linear: matrix,
      norm: (name) => {
        add(name, [SHAPE.hidden]);
      },
    });
    const header = writeSafetensors(tensors);
    const weights = { ...memorySource('model.safetensors', header), size: header.length + end };
    return [...sideFiles(SHAPE, null, { rope_theta: 500_000, ...config }), weights];
  };

  it('is taken from a folder, and told to the engine', async () => {
    const model = await openModel(folder({ rope_scaling: LLAMA_3 }));
    expect(model.config).toMatchObject({ kvHeads: 8, vocabSize: 128_256, ropeScaling: KEPT });
    const plan = planPackage(model, { quantization: 'q4f16_1' });
    expect(plan.sequential).toBe(true);
    const files = packageFiles(plan, {}, []);
    const chat = files.find(({ name }) => name === 'mlc-chat-config.json');
    expect(JSON.parse(new TextDecoder().decode(chat?.bytes))).toMatchObject({
      vocab_size: 128_256,
      model_config: { rope_scaling: LLAMA_3, position_embedding_base: 500_000, num_key_value_heads: 8 },
    });
  });

  it.each([
    ['another factor', { rope_scaling: { ...LLAMA_3, factor: 4 } }, 'transcode/unsupported-model'],
    ['another base', { rope_scaling: LLAMA_3, rope_theta: 1e6 }, 'transcode/unsupported-model'],
    ['a number missing', { rope_scaling: { ...LLAMA_3, factor: null } }, 'transcode/malformed'],
  ])('is refused with %s', async (_, config, code) => {
    await expect(openModel(folder(config))).rejects.toMatchObject({ code });
  });

  it('is known by its factors in a GGUF file', async () => {
    const factors = ropeFactors(KEPT, 128, 500_000);
    const open = (values: Float32Array) => openModel([ggufHeader(values)]);
    expect((await open(factors)).config.ropeScaling).toEqual(KEPT);
    // Rounded in another order.
    expect((await open(factors.map((factor) => factor * (1 + 1e-6)))).config.ropeScaling).toEqual(KEPT);
    expect((await open(new Float32Array(64).fill(1))).config.ropeScaling).toBeNull();
    await expect(open(factors.with(40, 3))).rejects.toMatchObject({ code: 'transcode/unsupported-model' });
  });

  /** The same of a GGUF file, in which the factors come first. */
  function ggufHeader(factors: Float32Array): ByteSource {
    const values = new Uint8Array(factors.slice().buffer);
    let end = values.length;
    const none = new Uint8Array(0);
    const tensors: TensorToWrite[] = [
      { name: 'rope_freqs.weight', dimensions: [factors.length], type: 'F32', bytes: values, offset: 0 },
    ];
    const add = (name: string, ...dimensions: number[]): void => {
      tensors.push({ name, dimensions, type: 'F16', bytes: none, offset: end });
      end += dimensions.reduce((n, size) => n * size, 2);
    };
    const { hidden, ffn, layers } = SHAPE;
    const vocab = 64; // 128,256 tokens would only take time
    add('token_embd.weight', hidden, vocab);
    for (let n = 0; n < layers; n++) {
      const part = (name: string): string => `blk.${String(n)}.${name}.weight`;
      for (const norm of ['attn_norm', 'ffn_norm']) add(part(norm), hidden);
      for (const square of ['attn_q', 'attn_output']) add(part(square), hidden, hidden);
      for (const shared of ['attn_k', 'attn_v']) add(part(shared), hidden, 1024);
      for (const wide of ['ffn_gate', 'ffn_up']) add(part(wide), hidden, ffn);
      add(part('ffn_down'), ffn, hidden);
    }
    add('output_norm.weight', hidden);
    add('output.weight', hidden, vocab);
    const metadata = { ...tinyMetadata({ ...SHAPE, vocab }), 'llama.rope.freq_base': f32(500_000) };
    const bytes = writeGguf({ metadata, tensors });
    return {
      name: 'llama.gguf',
      size: bytes.length + end,
      // The weights are zeros.
      read: (offset, length) => {
        const out = new Uint8Array(length);
        out.set(bytes.subarray(offset, offset + length));
        return Promise.resolve(out);
      },
    };
  }
});
