/** Llamas whose weights MLC's libraries would run, and run wrongly: rope theta is all they know of positions. */
import { describe, expect, it } from 'vitest';
import { openModel } from '../source/open-model.ts';
import { writeGguf, type MetadataValue } from '../testing/gguf-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { tinyFolder } from '../testing/tiny-folder.ts';
import { TINY, tinyLlama } from '../testing/tiny-llama.ts';

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

describe('a safetensors folder', () => {
  const open = (config: Readonly<Record<string, unknown>>) => openModel(tinyFolder({ config }).files);

  it.each<[string, Record<string, unknown>]>([
    ['linear scaling', { rope_scaling: { type: 'linear', factor: 4 } }],
    ['Llama-3’s scaling', { rope_scaling: { rope_type: 'llama3', factor: 8 } }],
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
