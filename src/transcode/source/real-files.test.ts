/** Kinds of files that people really have: what they mean, and what is refused with which reason. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ggufTypeName } from '../../formats/gguf/tensor-types.ts';
import { writeTorch } from '../../formats/torch/testing/torch-writer.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { convertInMemory, fileOf } from '../testing/convert-in-memory.ts';
import { writeGguf, type MetadataValue, type TensorToWrite } from '../testing/gguf-writer.ts';
import { memorySource } from '../testing/memory.ts';
import { joinSafetensors, writeSafetensors } from '../testing/safetensors-writer.ts';
import { jsonSource, tinyFolder } from '../testing/tiny-folder.ts';
import { tinyLlama, tinyMetadata } from '../testing/tiny-llama.ts';
import { openModel } from './open-model.ts';

const SHAPE = { hidden: 64, ffn: 64, layers: 1, heads: 2, kvHeads: 1, headDim: 32, vocab: 67 };

const u32 = (value: number): MetadataValue => ({ type: 'u32', value });
const text = (value: string): MetadataValue => ({ type: 'string', value });

function gguf(
  changes: Readonly<Record<string, MetadataValue>>,
  tensors: readonly TensorToWrite[] = tinyLlama({ shape: SHAPE }).tensors,
): ByteSource[] {
  const metadata = { ...tinyMetadata(SHAPE), ...changes };
  return [memorySource('tiny.gguf', writeGguf({ metadata, tensors }))];
}

/** Token 11 gets a text and a type; it is a plain piece otherwise. */
function withToken(content: string, type: number): Readonly<Record<string, MetadataValue>> {
  const { 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types } = tinyMetadata(SHAPE);
  if (tokens?.type !== 'strings' || types?.type !== 'i32s') throw new Error('no vocabulary');
  return {
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens.value.with(11, content) },
    'tokenizer.ggml.token_type': { type: 'i32s', value: types.value.with(11, type) },
  };
}

const folderOf = (
  config: Readonly<Record<string, unknown>>,
  ...more: readonly ByteSource[]
): ByteSource[] => {
  const { files } = tinyFolder({ shape: SHAPE, config });
  const replaced = new Set(more.map(({ name }) => name));
  return [...files.filter(({ name }) => !replaced.has(name)), ...more];
};

const chatSchema = z.object({ conv_template: z.object({ stop_token_ids: z.array(z.number()) }) });

async function stopsOf(files: readonly ByteSource[]): Promise<number[]> {
  const { files: made } = await convertInMemory(files);
  const json: unknown = JSON.parse(new TextDecoder().decode(fileOf(made, 'mlc-chat-config.json')));
  return chatSchema.parse(json).conv_template.stop_token_ids;
}

describe('a reply ends', () => {
  it.each<[string, Readonly<Record<string, MetadataValue>>, number[]]>([
    ['at the end of text alone', {}, [2]],
    ['at the end of a turn, whatever it is called', { 'tokenizer.ggml.eot_token_id': u32(9) }, [2, 9]],
    ['at the end of a message', { 'tokenizer.ggml.eom_token_id': u32(8) }, [2, 8]],
    ['at a turn’s end that is a control token', withToken('<|im_end|>', 3), [2, 11]],
    ['at one a fine-tune added', withToken('<|eot_id|>', 4), [2, 11]],
    ['not at a piece of text that looks like it', withToken('<|im_end|>', 1), [2]],
    ['not at a token that is not there', { 'tokenizer.ggml.eot_token_id': u32(9999) }, [2]],
  ])('%s (GGUF)', async (_, changes, stops) => {
    expect(await stopsOf(gguf(changes))).toEqual(stops);
  });

  it('where generation_config.json says so', async () => {
    const listed = jsonSource('generation_config.json', { eos_token_id: [2, 7, 9] });
    expect(await stopsOf(folderOf({}, listed))).toEqual([2, 7, 9]);
    const one = jsonSource('generation_config.json', { eos_token_id: 7 });
    expect(await stopsOf(folderOf({}, one))).toEqual([2, 7]);
    expect(await stopsOf(folderOf({ eos_token_id: null }, one))).toEqual([7]);
  });

  it('at a turn’s end among the added tokens of a tokenizer.json', async () => {
    expect(
      await stopsOf(folderOf({}, tokenizer({}, [{ id: 60, content: '<|im_end|>', special: true }]))),
    ).toEqual([2, 60]);
  });
});

function tokenizer(model: object, added: readonly object[] = []): ByteSource {
  const whole = { type: 'BPE', byte_fallback: true, vocab: { '<unk>': 0 }, merges: [], ...model };
  return jsonSource('tokenizer.json', { model: whole, added_tokens: added });
}

describe('what is refused with its reason', () => {
  const withoutHead = (config: object): ByteSource[] => {
    const { files, matrices } = tinyFolder({ shape: SHAPE });
    expect(matrices.has('lm_head')).toBe(true);
    return [
      ...files.filter(({ name }) => name.includes('token')),
      jsonSource('config.json', { ...CONFIG, ...config }),
      memorySource(
        'model.safetensors',
        writeSafetensors(TENSORS.filter(({ name }) => name !== 'lm_head.weight')),
      ),
    ];
  };

  it('an output matrix that is neither there nor the embedding', async () => {
    for (const config of [{ tie_word_embeddings: false }, {}]) {
      await expect(openModel(withoutHead(config))).rejects.toMatchObject({
        code: 'transcode/missing-tensor',
        details: { tensor: 'lm_head.weight' },
      });
    }
    await expect(openModel(withoutHead({ tie_word_embeddings: true }))).resolves.toMatchObject({
      tiedHead: true,
    });
  });

  it.each<[string, ByteSource, Readonly<Record<string, unknown>>]>([
    ['a WordPiece tokenizer', tokenizer({ type: 'WordPiece' }), { type: 'WordPiece' }],
    ['a word list', tokenizer({ type: 'WordLevel' }), { type: 'WordLevel' }],
    ['byte pairs that can’t spell every text', tokenizer({ byte_fallback: false }), { type: 'BPE' }],
    [
      'pieces beyond the embedding',
      tokenizer({ vocab: { a: SHAPE.vocab } }),
      { tokens: SHAPE.vocab + 1, embedding: SHAPE.vocab },
    ],
    [
      'added words beyond the embedding',
      tokenizer({}, [{ id: 900, content: 'aspirin' }]),
      { tokens: 901, embedding: SHAPE.vocab },
    ],
  ])('%s', async (_, file, details) => {
    await expect(openModel(folderOf({}, file))).rejects.toMatchObject({
      code: 'transcode/bad-tokenizer',
      details,
    });
  });

  it('a vocabulary without bytes', async () => {
    await expect(openModel(gguf(withByteTokens(1)))).rejects.toMatchObject({
      code: 'transcode/bad-tokenizer',
    });
  });

  it('factors of the model’s own for its rotation, which no other file of it lacks', async () => {
    const factors = new Float32Array(SHAPE.headDim / 2).fill(1);
    await expect(openModel(withFactors(factors))).resolves.toMatchObject({ format: 'gguf' });
    factors[3] = 1.5;
    await expect(openModel(withFactors(factors))).rejects.toMatchObject({
      code: 'transcode/unsupported-model',
      details: { tensor: 'rope_freqs.weight', factor: 1.5 },
    });
    await expect(openModel(withFactors(new Float32Array(3).fill(1)))).rejects.toMatchObject({
      code: 'transcode/wrong-shape',
    });
  });

  it('an adapter alone, as one', async () => {
    const adapter = memorySource('adapter_model.safetensors', writeSafetensors([]));
    await expect(openModel([adapter])).rejects.toMatchObject({
      code: 'transcode/unsupported-model',
      message: expect.stringMatching(/LoRA/) as string,
    });
  });

  it.each([
    [31, 'Q4_0_4_4'],
    [33, 'Q4_0_8_8'],
    [38, 'IQ4_NL_8_8'],
    [40, 'NVFP4'],
    [41, 'Q1_0'],
    [999, 'number 999'],
  ])('weights of GGUF’s type %i as %s', async (type, name) => {
    expect(ggufTypeName(type)).toBe(name);
    const tensors = tinyLlama({ shape: SHAPE }).tensors.map((tensor) =>
      tensor.name === 'blk.0.attn_q.weight' ? { ...tensor, type } : tensor,
    );
    await expect(openModel(gguf({}, tensors))).rejects.toMatchObject({
      code: 'transcode/unsupported',
      message: expect.stringContaining(name) as string,
    });
  });
});

describe('what needs no refusal', () => {
  it('linear scaling by one', async () => {
    const scaling = {
      'llama.rope.scaling.type': text('linear'),
      'llama.rope.scaling.factor': { type: 'f32', value: 1 },
    } as const;
    await expect(openModel(gguf(scaling))).resolves.toMatchObject({ format: 'gguf' });
    const config = { rope_scaling: { type: 'linear', factor: 1 } };
    await expect(openModel(folderOf(config))).resolves.toMatchObject({ format: 'safetensors' });
  });

  it('the entry of a quantisation that the weights no longer have', async () => {
    const config = { quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } };
    await expect(openModel(folderOf(config))).resolves.toMatchObject({ format: 'safetensors' });
    const packed = TENSORS.map((tensor) =>
      tensor.name === 'model.layers.0.mlp.up_proj.weight'
        ? { ...tensor, dtype: 'U8', shape: [tensor.bytes.length] }
        : tensor,
    );
    const weights = memorySource('model.safetensors', writeSafetensors(packed));
    await expect(openModel(folderOf(config, weights))).rejects.toMatchObject({
      code: 'transcode/unsupported',
      details: { method: '"bitsandbytes"' },
    });
  });

  it.each([
    'adapter_model.safetensors',
    'adapter_model.bin',
    'training_args.bin',
    'optimizer.pt',
    'rng_state_0.pth',
  ])('%s beside whole weights', async (name) => {
    const bytes = name.endsWith('safetensors') ? writeSafetensors([]) : writeTorch([]);
    const files = folderOf({}, memorySource(name, bytes));
    // Whichever comes first.
    for (const order of [files, files.toReversed()]) {
      await expect(openModel(order)).resolves.toMatchObject({ format: 'safetensors' });
    }
  });

  it('PyTorch files beside the safetensors that say the same', async () => {
    const bin = memorySource('pytorch_model.bin', new Uint8Array([0x50, 0x4b, 3, 4]));
    for (const files of [folderOf({}, bin), [bin, ...folderOf({})]]) {
      await expect(openModel(files)).resolves.toMatchObject({ format: 'safetensors' });
    }
  });

  it('marks beyond the embedding, which are left out of the package', async () => {
    const file = tokenizer({}, [
      { id: 1, content: '<s>', special: true },
      { id: SHAPE.vocab, content: '<pad>', special: true },
    ]);
    const { files } = await convertInMemory(folderOf({}, file));
    const written = z
      .object({ added_tokens: z.array(z.object({ content: z.string() })) })
      .parse(JSON.parse(new TextDecoder().decode(fileOf(files, 'tokenizer.json'))));
    expect(written.added_tokens).toEqual([expect.objectContaining({ content: '<s>' })]);
  });

  it('a `<pad>` that follows the last row, beside a SentencePiece model', async () => {
    const model = memorySource('tokenizer.model', sentencePieces(SHAPE.vocab));
    const files = folderOf({}).filter(({ name }) => name !== 'tokenizer.json');
    for (const added of [{ '<pad>': SHAPE.vocab }, {}]) {
      const model_ = await openModel([...files, model, jsonSource('added_tokens.json', added)]);
      expect(model_.tokenizer).toMatchObject({ kind: 'sentencepiece', stops: [2] });
    }
    await expect(
      openModel([...files, model, jsonSource('added_tokens.json', { aspirin: SHAPE.vocab })]),
    ).rejects.toMatchObject({ code: 'transcode/bad-tokenizer' });
  });

  it('numbers in JSON that only Python writes', async () => {
    const config = new TextEncoder().encode(
      JSON.stringify({ ...CONFIG, note: 'NaN and \\"Infinity\\" are text', x: 'X', y: 'Y' })
        .replace('"X"', 'NaN')
        .replace('"Y"', '-Infinity'),
    );
    const settings = new TextEncoder().encode('{"model_max_length": Infinity, "bos_token": "NaN"}');
    const files = folderOf(
      {},
      memorySource('config.json', config),
      memorySource('tokenizer_config.json', settings),
    );
    const { files: made } = await convertInMemory(files);
    // What is passed on can be read by those who know only JSON.
    expect(JSON.parse(new TextDecoder().decode(fileOf(made, 'tokenizer_config.json')))).toEqual({
      model_max_length: null,
      bos_token: 'NaN',
    });
    const bad = memorySource('config.json', new TextEncoder().encode('{"hidden_size": NaN}'));
    await expect(openModel(folderOf({}, bad))).rejects.toMatchObject({
      code: 'transcode/malformed',
      details: { field: 'hidden_size' },
    });
  });

  it('safetensors metadata that is null', async () => {
    const bytes = writeSafetensors(TENSORS);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    const without = joinSafetensors(header.replace('{"format":"pt"}', 'null').trimEnd(), [
      bytes.subarray(8 + length),
    ]);
    await expect(openModel(folderOf({}, memorySource('model.safetensors', without)))).resolves.toMatchObject({
      format: 'safetensors',
    });
  });

  it('shapes filled up with ones', async () => {
    const filled = tinyLlama({ shape: SHAPE }).tensors.map((tensor) => ({
      ...tensor,
      dimensions: fill(tensor.dimensions),
    }));
    await expect(openModel(gguf({}, filled))).resolves.toMatchObject({ format: 'gguf' });
    const stored = TENSORS.map((tensor) => ({ ...tensor, shape: fill(tensor.shape) }));
    const weights = memorySource('model.safetensors', writeSafetensors(stored));
    await expect(openModel(folderOf({}, weights))).resolves.toMatchObject({ format: 'safetensors' });
    const other = TENSORS.map((tensor) => ({ ...tensor, shape: [1, ...tensor.shape] }));
    await expect(
      openModel(folderOf({}, memorySource('model.safetensors', writeSafetensors(other)))),
    ).rejects.toMatchObject({ code: 'transcode/wrong-shape' });
  });
});

const fill = (shape: readonly number[]): number[] => [...shape, 1, 1, 1, 1].slice(0, 4);

function withFactors(factors: Float32Array): ByteSource[] {
  const bytes = new Uint8Array(factors.slice().buffer);
  const tensor = { name: 'rope_freqs.weight', dimensions: [factors.length], type: 'F32', bytes } as const;
  return gguf({}, [...tinyLlama({ shape: SHAPE }).tensors, tensor]);
}

/** The byte tokens' type replaced. */
function withByteTokens(type: number): Readonly<Record<string, MetadataValue>> {
  const types = tinyMetadata(SHAPE)['tokenizer.ggml.token_type'];
  if (types?.type !== 'i32s') throw new Error('no vocabulary');
  return {
    'tokenizer.ggml.token_type': {
      type: 'i32s',
      value: types.value.map((each) => (each === 6 ? type : each)),
    },
  };
}

/** The pieces of a SentencePiece BPE model, one of them a byte; under 128 bytes each. */
function sentencePieces(count: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let n = 0; n < count; n++) {
    const piece = new TextEncoder().encode(
      n === 3 ? '<0x0A>' : (['<unk>', '<s>', '</s>'][n] ?? `x${String(n)}`),
    );
    const type = n === 0 ? 2 : n < 3 ? 3 : n === 3 ? 6 : 1;
    bytes.push(0x0a, piece.length + 4, 0x0a, piece.length, ...piece, 0x18, type);
  }
  return Uint8Array.from([...bytes, 0x12, 2, 0x18, 2]);
}

const safetensorsHeader = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.number()),
    data_offsets: z.tuple([z.number(), z.number()]),
  }),
);
const { CONFIG, TENSORS } = await readFolder();

/** A tiny folder taken apart. */
async function readFolder() {
  const { files } = tinyFolder({ shape: SHAPE });
  const read = async (wanted: string): Promise<Uint8Array> => {
    const file = files.find(({ name }) => name === wanted);
    if (file === undefined) throw new Error(`no ${wanted}`);
    return file.read(0, file.size);
  };
  const config = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(new TextDecoder().decode(await read('config.json'))));
  const bytes = await read('model.safetensors');
  const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const { __metadata__: _, ...rest } = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, start)),
  ) as Record<string, unknown>;
  const tensors = Object.entries(safetensorsHeader.parse(rest)).map(
    ([name, { dtype, shape, data_offsets }]) => ({
      name,
      dtype,
      shape,
      bytes: bytes.slice(start + data_offsets[0], start + data_offsets[1]),
    }),
  );
  return { CONFIG: config, TENSORS: tensors };
}
