/**
 * For tests: a tiny MLC package of the right form with arbitrary weights, and a library that is a WebAssembly module and
 * nothing more. Written as the Models room writes a converted package.
 */
import type { MlcModel } from './model.ts';
import type { MlcQuantization } from '../../formats/mlc-package/quantization.ts';
import { cacheableResponse, libraryEntry, packageEntry } from './cache-layout.ts';

const LAYERS = 2;
const HIDDEN = 64;
const FFN = 128;

export interface FixturePackage {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly vocabSize: number;
}

/** The smallest module WebAssembly accepts: magic and version. */
export const EMPTY_WASM = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

export function fixtureModel(overrides: Partial<MlcModel> = {}): MlcModel {
  return {
    engine: 'mlc',
    modelId: 'fixture',
    displayName: 'Fixture',
    quantization: 'q4f16_1',
    baseUrl: 'https://models.example/fixture/resolve/main/',
    libraryUrl: 'https://models.example/fixture.wasm',
    contextLength: 2048,
    ...overrides,
  };
}

export function fixturePackage(quantization: MlcQuantization = 'q4f16_1'): FixturePackage {
  const tokenizer = fixtureTokenizer();
  const vocabSize = Object.keys(tokenizer.model.vocab).length;
  const float = quantization === 'q4f16_1' ? 'float16' : 'float32';
  const floatBytes = quantization === 'q4f16_1' ? 2 : 4;
  const matrix = (name: string, rows: number, columns: number): Tensor[] => [
    { name: `${name}.q_weight`, shape: [rows, columns / 8], dtype: 'uint32', nbytes: (rows * columns) / 2 },
    {
      name: `${name}.q_scale`,
      shape: [rows, columns / 32],
      dtype: float,
      nbytes: (rows * columns * floatBytes) / 32,
    },
  ];
  const norm = (name: string): Tensor => ({
    name,
    shape: [HIDDEN],
    dtype: float,
    nbytes: HIDDEN * floatBytes,
  });
  const layer = (at: number): Tensor[] => {
    const prefix = `model.layers.${at}`;
    return [
      ...matrix(`${prefix}.self_attn.qkv_proj`, 3 * HIDDEN, HIDDEN),
      ...matrix(`${prefix}.self_attn.o_proj`, HIDDEN, HIDDEN),
      ...matrix(`${prefix}.mlp.gate_up_proj`, 2 * FFN, HIDDEN),
      ...matrix(`${prefix}.mlp.down_proj`, HIDDEN, FFN),
      norm(`${prefix}.input_layernorm.weight`),
      norm(`${prefix}.post_attention_layernorm.weight`),
    ];
  };
  const shards = [
    matrix('model.embed_tokens', vocabSize, HIDDEN),
    ...Array.from({ length: LAYERS }, (_, at) => layer(at)),
    [norm('model.norm.weight'), ...matrix('lm_head', vocabSize, HIDDEN)],
  ];
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const records = shards.map((tensors, at) => {
    let byteOffset = 0;
    const listed = tensors.map((tensor) => {
      const record = { ...tensor, format: 'raw', byteOffset };
      byteOffset += tensor.nbytes;
      return record;
    });
    const dataPath = `params_shard_${at}.bin`;
    files.set(dataPath, new Uint8Array(byteOffset));
    return { dataPath, format: 'raw-shard', nbytes: byteOffset, records: listed };
  });
  const json = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));
  files.set('tensor-cache.json', json({ metadata: {}, records }));
  files.set('tokenizer.json', json(tokenizer));
  files.set(
    'mlc-chat-config.json',
    json({
      model_type: 'llama',
      vocab_size: vocabSize,
      context_window_size: 2048,
      sliding_window_size: -1,
      tokenizer_files: ['tokenizer.json', 'tokenizer_config.json'],
      bos_token_id: 1,
      eos_token_id: 2,
      conv_template: { system_prefix_token_ids: [1], stop_token_ids: [2] },
    }),
  );
  return { files, vocabSize };
}

/** Puts a package, and with `library` a library, where the engine looks. */
export async function storeFixture(
  storage: CacheStorage,
  model: MlcModel,
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  library: Uint8Array<ArrayBuffer> | null,
): Promise<void> {
  for (const [name, bytes] of files) {
    const { cache, url } = packageEntry(model.baseUrl, name);
    await (
      await storage.open(cache)
    ).put(url, cacheableResponse(bytes, bytes.length, 'application/octet-stream'));
  }
  if (!library) return;
  const { cache, url } = libraryEntry(model.libraryUrl);
  await (await storage.open(cache)).put(url, cacheableResponse(library, library.length, 'application/wasm'));
}

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly nbytes: number;
}

/** SentencePiece-style BPE with byte fallback, control tokens and one added token that is text. */
export function fixtureTokenizer() {
  const vocab: Record<string, number> = {};
  const add = (piece: string): void => {
    vocab[piece] ??= Object.keys(vocab).length;
  };
  for (const piece of ['<unk>', '<s>', '</s>']) add(piece);
  for (let byte = 0; byte < 256; byte += 1) add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  for (const piece of '▁abcdefghijklmnopqrstuvwxyz#:?.ABU<>/s') add(piece);
  const merges: string[] = [];
  for (const [left, right] of [
    ['#', '#'],
    ['##', '#'],
    ['h', 'e'],
    ['▁', 'he'],
    ['l', 'l'],
    ['▁he', 'll'],
    ['▁hell', 'o'],
    ['▁', 'a'],
    ['▁', 'A'],
  ] as const) {
    merges.push(`${left} ${right}`);
    add(left + right);
  }
  add('<EOD>');
  add('[bib_ref]');
  const added = (content: string, special: boolean) => ({
    id: vocab[content] ?? 0,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special,
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      added('<unk>', true),
      added('<s>', true),
      added('</s>', true),
      added('<EOD>', true),
      added('[bib_ref]', false),
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      vocab,
      merges,
    },
  };
}
