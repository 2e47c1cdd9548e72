import type { TensorType } from '../../formats/gguf/tensor-types.ts';
import type { GgufToWrite, MetadataValue, TensorToWrite } from './gguf-writer.ts';
import { randomMatrix, randomNumbers, randomWeights } from './random.ts';

export interface TinyShape {
  readonly hidden: number;
  readonly ffn: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
}

export const TINY: TinyShape = {
  hidden: 256,
  ffn: 512,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 64,
  vocab: 67,
};

export interface TinyOptions {
  readonly shape?: TinyShape;
  /** Type of every matrix, or of one by name. */
  readonly type?: TensorType | ((tensor: string) => TensorType);
  readonly norm?: 'F32' | 'F16' | 'BF16';
  readonly tied?: boolean;
  readonly seed?: number;
  /** Order of tensors in the file; llama.cpp's converter sorts a layer's by name. */
  readonly order?: 'llama.cpp' | 'by-kind';
}

/** A whole little Llama model with random weights, ready for `writeGguf`. */
export function tinyLlama(options: TinyOptions = {}): GgufToWrite {
  const { shape = TINY, type = 'Q4_0', norm = 'F32', tied = false, seed = 1 } = options;
  const { hidden, ffn, layers, heads, kvHeads, headDim, vocab } = shape;
  const random = randomNumbers(seed);
  const typeOf = typeof type === 'function' ? type : () => type;
  const matrix = (name: string, rows: number, cols: number): TensorToWrite => ({
    name,
    dimensions: [cols, rows],
    type: typeOf(name),
    bytes: randomMatrix(typeOf(name), rows, cols, random),
  });
  const vector = (name: string): TensorToWrite => ({
    name,
    dimensions: [hidden],
    type: norm,
    bytes: randomWeights(norm, hidden, random),
  });
  const tensors: TensorToWrite[] = [matrix('token_embd.weight', vocab, hidden)];
  for (let n = 0; n < layers; n++) {
    const layer = `blk.${String(n)}`;
    tensors.push(
      vector(`${layer}.attn_norm.weight`),
      matrix(`${layer}.ffn_down.weight`, hidden, ffn),
      matrix(`${layer}.ffn_gate.weight`, ffn, hidden),
      matrix(`${layer}.ffn_up.weight`, ffn, hidden),
      vector(`${layer}.ffn_norm.weight`),
      matrix(`${layer}.attn_k.weight`, kvHeads * headDim, hidden),
      matrix(`${layer}.attn_output.weight`, hidden, heads * headDim),
      matrix(`${layer}.attn_q.weight`, heads * headDim, hidden),
      matrix(`${layer}.attn_v.weight`, kvHeads * headDim, hidden),
    );
  }
  tensors.push(vector('output_norm.weight'));
  if (!tied) tensors.push(matrix('output.weight', vocab, hidden));
  if (options.order === 'by-kind') {
    const kind = (name: string): string => name.replace(/^blk\.\d+\./, '');
    tensors.sort((a, b) => kind(a.name).localeCompare(kind(b.name)));
  }
  return { metadata: tinyMetadata(shape), tensors };
}

export function tinyMetadata(shape: TinyShape): Record<string, MetadataValue> {
  const u32 = (value: number): MetadataValue => ({ type: 'u32', value });
  return {
    'general.architecture': { type: 'string', value: 'llama' },
    'general.name': { type: 'string', value: 'tiny' },
    'llama.context_length': u32(128),
    'llama.embedding_length': u32(shape.hidden),
    'llama.block_count': u32(shape.layers),
    'llama.feed_forward_length': u32(shape.ffn),
    'llama.attention.head_count': u32(shape.heads),
    'llama.attention.head_count_kv': u32(shape.kvHeads),
    'llama.attention.key_length': u32(shape.headDim),
    'llama.attention.layer_norm_rms_epsilon': { type: 'f32', value: 1e-5 },
    'llama.rope.freq_base': { type: 'f32', value: 10_000 },
    ...tinyVocabulary(shape.vocab),
  };
}

/** `<unk> <s> </s>`, some bytes, then pieces. */
export function tinyVocabulary(size: number): Record<string, MetadataValue> {
  const tokens = ['<unk>', '<s>', '</s>', '<0x0A>', '\u2581', 'a', 'b', 'ab', '\u2581a', '\u2581ab', '[fig]'];
  const types = [2, 3, 3, 6, 1, 1, 1, 1, 1, 1, 4];
  while (tokens.length < size) {
    tokens.push(`x${String(tokens.length)}`);
    types.push(1);
  }
  return {
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens.slice(0, size) },
    'tokenizer.ggml.scores': { type: 'f32s', value: tokens.slice(0, size).map((_, i) => -i) },
    'tokenizer.ggml.token_type': { type: 'i32s', value: types.slice(0, size) },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: 1 },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: 2 },
    'tokenizer.ggml.unknown_token_id': { type: 'u32', value: 0 },
  };
}
