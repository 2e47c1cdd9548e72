import type { ByteSource } from '../../lib/byte-source.ts';
import { f16FromNumber } from '../weights/float16.ts';
import { memorySource } from './memory.ts';
import { randomNumbers, randomWeights } from './random.ts';
import {
  inLibraryOrder,
  inNameOrder,
  writeSafetensors,
  type SafetensorsToWrite,
} from './safetensors-writer.ts';
import { TINY, type TinyShape } from './tiny-llama.ts';

/** A matrix of a tiny HF model: its name without `.weight`, and its true values. */
export interface TrueMatrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float64Array;
}

export interface TinyFolder {
  readonly files: ByteSource[];
  /** By HF name without `.weight`. */
  readonly matrices: ReadonlyMap<string, TrueMatrix>;
}

export interface FolderOptions {
  readonly shape?: TinyShape;
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** How many weight files; more than one get an index. */
  readonly parts?: number;
  /** Group size; the linear layers are then stored as AWQ GEMM. */
  readonly awq?: number;
  /** Spread of AWQ codes around their zero: 7 always fits MLC's range, 15 only in some groups. */
  readonly awqSpread?: number;
  /** Order of tensors in each file. Default: the safetensors library's. */
  readonly order?: 'library' | 'by-name';
  readonly seed?: number;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A folder as `transformers` or AutoAWQ saves it, with random weights whose values are known. */
export function tinyFolder(options: FolderOptions = {}): TinyFolder {
  const { shape = TINY, dtype = 'F16', parts = 1, awq = null, seed = 5 } = options;
  const random = randomNumbers(seed);
  const matrices = new Map<string, TrueMatrix>();
  const tensors: SafetensorsToWrite[] = [];
  const dense = (name: string, rows: number, cols: number): void => {
    const bytes = randomWeights(dtype, rows * cols, random);
    tensors.push({ name: `${name}.weight`, dtype, shape: [rows, cols], bytes });
    matrices.set(name, { rows, cols, values: floatValues(dtype, bytes) });
  };
  const linear = (name: string, rows: number, cols: number): void => {
    if (awq === null) {
      dense(name, rows, cols);
      return;
    }
    const made = makeAwq(rows, cols, awq, options.awqSpread ?? 7, random);
    tensors.push(
      { name: `${name}.qweight`, dtype: 'I32', shape: [cols, rows / 8], bytes: made.qweight },
      { name: `${name}.qzeros`, dtype: 'I32', shape: [cols / awq, rows / 8], bytes: made.qzeros },
      { name: `${name}.scales`, dtype: 'F16', shape: [cols / awq, rows], bytes: made.scales },
    );
    matrices.set(name, { rows, cols, values: made.values });
  };
  const norm = (name: string): void => {
    tensors.push({
      name: `${name}.weight`,
      dtype,
      shape: [shape.hidden],
      bytes: randomWeights(dtype, shape.hidden, random),
    });
  };
  listTensors(shape, { dense, linear, norm });
  const sorted = options.order === 'by-name' ? inNameOrder : inLibraryOrder;
  const files = [...sideFiles(shape, awq, options.config), ...weightFiles(tensors, parts, sorted)];
  return { files, matrices };
}

/** Names every tensor of an HF model, a layer at a time. */
export function listTensors(
  { hidden, ffn, layers, heads, kvHeads, headDim, vocab }: TinyShape,
  found: {
    readonly dense: (name: string, rows: number, cols: number) => void;
    /** A matrix that AWQ quantises. */
    readonly linear: (name: string, rows: number, cols: number) => void;
    readonly norm: (name: string) => void;
  },
): void {
  const { dense, linear, norm } = found;
  dense('lm_head', vocab, hidden);
  dense('model.embed_tokens', vocab, hidden);
  for (let n = 0; n < layers; n++) {
    const layer = `model.layers.${n}`;
    norm(`${layer}.input_layernorm`);
    linear(`${layer}.mlp.down_proj`, hidden, ffn);
    linear(`${layer}.mlp.gate_proj`, ffn, hidden);
    linear(`${layer}.mlp.up_proj`, ffn, hidden);
    norm(`${layer}.post_attention_layernorm`);
    linear(`${layer}.self_attn.k_proj`, kvHeads * headDim, hidden);
    linear(`${layer}.self_attn.o_proj`, hidden, heads * headDim);
    linear(`${layer}.self_attn.q_proj`, heads * headDim, hidden);
    linear(`${layer}.self_attn.v_proj`, kvHeads * headDim, hidden);
  }
  norm('model.norm');
}

/** config.json and the tokenizer's files. */
export function sideFiles(
  shape: TinyShape,
  awq: number | null,
  config: Readonly<Record<string, unknown>> = {},
): ByteSource[] {
  const { hidden, ffn, layers, heads, kvHeads, headDim, vocab } = shape;
  const quantization = { quant_method: 'awq', bits: 4, group_size: awq, version: 'gemm', zero_point: true };
  const whole = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: hidden,
    intermediate_size: ffn,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    vocab_size: vocab,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    bos_token_id: 1,
    eos_token_id: 2,
    ...(awq === null ? {} : { quantization_config: quantization }),
    ...config,
  };
  const tokenizer = {
    version: '1.0',
    model: { type: 'BPE', byte_fallback: true, vocab: { '<unk>': 0 }, merges: [] },
  };
  return [
    jsonSource('config.json', whole),
    jsonSource('tokenizer.json', tokenizer),
    jsonSource('tokenizer_config.json', { bos_token: '<s>' }),
  ];
}

export function jsonSource(name: string, value: unknown): ByteSource {
  return memorySource(name, new TextEncoder().encode(JSON.stringify(value)));
}

function weightFiles(
  tensors: readonly SafetensorsToWrite[],
  parts: number,
  sorted: (tensors: readonly SafetensorsToWrite[]) => SafetensorsToWrite[],
): ByteSource[] {
  if (parts === 1) return [memorySource('model.safetensors', writeSafetensors(sorted(tensors)))];
  const perFile = Math.ceil(tensors.length / parts);
  const weight_map: Record<string, string> = {};
  const files = Array.from({ length: parts }, (_, part) => {
    const name = `model-${String(part + 1).padStart(5, '0')}-of-${String(parts).padStart(5, '0')}.safetensors`;
    const own = tensors.slice(part * perFile, (part + 1) * perFile);
    for (const tensor of own) weight_map[tensor.name] = name;
    return memorySource(name, writeSafetensors(sorted(own)));
  });
  return [jsonSource('model.safetensors.index.json', { metadata: {}, weight_map }), ...files];
}

function floatValues(dtype: 'F32' | 'F16' | 'BF16', bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'F32')
    return Float64Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => {
    const bits = view.getUint16(2 * i, true);
    if (dtype === 'F16') return halfValue(bits);
    const wide = new DataView(new ArrayBuffer(4));
    wide.setUint16(0, bits);
    return wide.getFloat32(0);
  });
}

/** The value of an IEEE half, from the definition. */
export function halfValue(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(bits / 1024) % 32;
  return exponent === 0
    ? sign * (bits % 1024) * 2 ** -24
    : sign * (1024 + (bits % 1024)) * 2 ** (exponent - 25);
}

/** AutoAWQ's GEMM packing, from its definition: output 8c + j of a row sits in nibble [0, 4, 1, 5, 2, 6, 3, 7][j] of word c. */
function makeAwq(
  rows: number,
  cols: number,
  groupSize: number,
  spread: number,
  random: () => number,
): Record<'qweight' | 'qzeros' | 'scales', Uint8Array> & { values: Float64Array } {
  const order = [0, 4, 1, 5, 2, 6, 3, 7];
  const qweight = new Uint32Array((cols * rows) / 8);
  const qzeros = new Uint32Array(((cols / groupSize) * rows) / 8);
  const scales = new Uint16Array((cols / groupSize) * rows);
  const values = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const shift = 4 * (order[row % 8] ?? 0);
    for (let group = 0; group < cols / groupSize; group++) {
      // Around 7 and 8 all sixteen codes fit MLC's range; a wide spread needs zeros where they don't.
      const zero = spread > 7 ? 5 + Math.floor(random() * 6) : 7 + Math.floor(random() * 2);
      const scaleBits = f16FromNumber((random() + 0.5) * 0.01);
      const at = group * rows + row;
      scales[at] = scaleBits;
      qzeros[at >> 3] = (qzeros[at >> 3] ?? 0) | (zero << shift);
      for (let col = group * groupSize; col < (group + 1) * groupSize; col++) {
        const q = Math.min(Math.max(zero + Math.floor((random() * 2 - 1) * (spread + 1)), 0), 15);
        const word = (col * rows + row) >> 3;
        qweight[word] = (qweight[word] ?? 0) | (q << shift);
        values[row * cols + col] = (q - zero) * halfValue(scaleBits);
      }
    }
  }
  return {
    qweight: new Uint8Array(qweight.buffer),
    qzeros: new Uint8Array(qzeros.buffer),
    scales: new Uint8Array(scales.buffer),
    values,
  };
}
