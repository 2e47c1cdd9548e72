/**
 * Llama's forward pass in plain TypeScript over an MLC package, written from the format's and the model's definitions: it
 * reads the package's files and shares no code with the transcoder. What MLC's compiled libraries would compute, slowly.
 */
import { z } from 'zod';

const configSchema = z.object({
  quantization: z.enum(['q4f16_1', 'q4f32_1']),
  vocab_size: z.number(),
  model_config: z.object({
    hidden_size: z.number(),
    intermediate_size: z.number(),
    num_attention_heads: z.number(),
    num_key_value_heads: z.number(),
    num_hidden_layers: z.number(),
    head_dim: z.number(),
    rms_norm_eps: z.number(),
    position_embedding_base: z.number(),
  }),
});
const cacheSchema = z.object({
  records: z.array(
    z.object({
      dataPath: z.string(),
      nbytes: z.number(),
      records: z.array(
        z.object({
          name: z.string(),
          shape: z.array(z.number()),
          dtype: z.enum(['uint32', 'float16', 'float32']),
          format: z.literal('raw'),
          nbytes: z.number(),
          byteOffset: z.number(),
        }),
      ),
    }),
  ),
});

export type ReadFile = (name: string) => Uint8Array;

interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A package's tensors as they are stored, by name: wherever in its shards they lie. */
export function readPackageBytes(read: ReadFile): Map<string, StoredTensor> {
  const { records } = cacheSchema.parse(JSON.parse(new TextDecoder().decode(read('tensor-cache.json'))));
  const stored = new Map<string, StoredTensor>();
  for (const { dataPath, nbytes, records: tensors } of records) {
    const shard = read(dataPath);
    if (shard.length !== nbytes)
      throw new Error(`${dataPath} has ${shard.length} bytes instead of ${nbytes}`);
    for (const { name, dtype, shape, byteOffset, nbytes: length } of tensors) {
      stored.set(name, { dtype, shape, bytes: shard.slice(byteOffset, byteOffset + length) });
    }
  }
  return stored;
}

/** A package's tensors as float arrays: matrices row by row under their names without `.q_weight`. */
export function readPackageWeights(
  read: ReadFile,
): Map<string, { data: Float32Array; rows: number; cols: number }> {
  const stored = readPackageBytes(read);
  const floats = (name: string): Float32Array => {
    const tensor = stored.get(name);
    if (tensor === undefined) throw new Error(`no ${name}`);
    const { bytes, dtype } = tensor;
    return dtype === 'float32'
      ? new Float32Array(bytes.buffer)
      : Float32Array.from(new Uint16Array(bytes.buffer), half);
  };
  const weights = new Map<string, { data: Float32Array; rows: number; cols: number }>();
  for (const [name, { shape, bytes, dtype }] of stored) {
    if (dtype !== 'uint32') {
      if (!name.endsWith('.q_scale')) weights.set(name, { data: floats(name), rows: 1, cols: shape[0] ?? 0 });
      continue;
    }
    const [rows = 0, words = 0] = shape;
    const cols = words * 8;
    const codes = new Uint32Array(bytes.buffer);
    const scales = floats(name.replace('.q_weight', '.q_scale'));
    const data = new Float32Array(rows * cols);
    for (let i = 0; i < data.length; i++) {
      const code = ((codes[Math.floor(i / 8)] ?? 0) >>> (4 * (i % 8))) & 15;
      data[i] = (code - 7) * (scales[Math.floor(i / 32)] ?? 0);
    }
    weights.set(name.replace('.q_weight', ''), { data, rows, cols });
  }
  return weights;
}

/** The value of an IEEE half, from the definition. */
export function half(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor(bits / 1024) % 32;
  const fraction = (bits % 1024) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

export interface ReferenceModel {
  readonly config: z.infer<typeof configSchema>['model_config'];
  readonly vocabSize: number;
  readonly weights: ReturnType<typeof readPackageWeights>;
  /**
   * Rounds to half precision what llama.cpp's CPU does with F16 weights and an f16 KV cache: what it multiplies
   * (`ggml_vec_dot_f16`), and keys, values and queries.
   */
  readonly halves?: boolean;
}

function readPackage(read: ReadFile): ReferenceModel {
  const config = configSchema.parse(JSON.parse(new TextDecoder().decode(read('mlc-chat-config.json'))));
  return { config: config.model_config, vocabSize: config.vocab_size, weights: readPackageWeights(read) };
}

export class ReferenceLlama {
  readonly #config: z.infer<typeof configSchema>['model_config'];
  readonly #weights: ReturnType<typeof readPackageWeights>;
  readonly #ofCache: (values: Float32Array) => Float32Array<ArrayBuffer>;
  readonly #ofActivations: (values: Float32Array) => Float32Array<ArrayBuffer>;
  /** Per layer: keys and values of the tokens so far. */
  readonly #keys: Float32Array[][];
  readonly #values: Float32Array[][];
  /** The tokens so far; the next one's position is their number. */
  readonly #seen: number[] = [];

  /** @param source a package's files, or weights that were read from elsewhere, under the package's names. */
  constructor(source: ReadFile | ReferenceModel) {
    const model = typeof source === 'function' ? readPackage(source) : source;
    const { config, vocabSize, weights } = model;
    const as32 = (values: Float32Array): Float32Array<ArrayBuffer> => Float32Array.from(values);
    this.#ofCache = model.halves ? roundedToHalf : as32;
    this.#ofActivations = model.halves ? roundedToHalf : as32;
    this.#config = config;
    this.#weights = weights;
    const head = this.#matrix('lm_head');
    if (head.rows !== vocabSize) throw new Error('vocab_size is not the number of output rows');
    this.#keys = Array.from({ length: this.#config.num_hidden_layers }, () => []);
    this.#values = Array.from({ length: this.#config.num_hidden_layers }, () => []);
  }

  /** Greedy continuation of `prompt`, up to `count` tokens, ending after `stop`. */
  generate(prompt: readonly number[], count: number, stop: number): number[] {
    let hidden = this.#read(prompt);
    const produced: number[] = [];
    while (produced.length < count) {
      const logits = this.#multiply(this.#matrix('lm_head'), hidden);
      let best = 0;
      for (let id = 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[best] ?? 0)) best = id;
      produced.push(best);
      if (best === stop) break;
      if (produced.length < count) hidden = this.#step(best);
    }
    return produced;
  }

  get vocabSize(): number {
    return this.#matrix('lm_head').rows;
  }

  /** The logits behind a whole prompt, whatever was run before. */
  logitsAfter(prompt: readonly number[]): Float32Array {
    return this.#multiply(this.#matrix('lm_head'), this.#read(prompt));
  }

  /** What a prompt shares with the tokens before it is not computed again; its last token always is. */
  #read(prompt: readonly number[]): Float32Array<ArrayBuffer> {
    let shared = 0;
    while (shared < prompt.length - 1 && this.#seen[shared] === prompt[shared]) shared++;
    this.truncate(shared);
    let hidden = new Float32Array(0);
    for (const id of prompt.slice(shared)) hidden = this.#step(id);
    return hidden;
  }

  /** Runs one token behind those so far; returns the logits behind it. */
  next(id: number): Float32Array {
    return this.#multiply(this.#matrix('lm_head'), this.#step(id));
  }

  /** Forgets all but the first `tokens`. */
  truncate(tokens: number): void {
    this.#seen.length = tokens;
    for (const cache of [...this.#keys, ...this.#values]) cache.length = tokens;
  }

  /** Runs one token; returns the normed hidden state the output matrix is applied to. */
  #step(id: number): Float32Array<ArrayBuffer> {
    const { hidden_size, num_hidden_layers } = this.#config;
    const embedding = this.#matrix('model.embed_tokens').data;
    const x = embedding.slice(id * hidden_size, (id + 1) * hidden_size);
    for (let layer = 0; layer < num_hidden_layers; layer++) {
      const name = `model.layers.${layer}`;
      const attention = this.#attend(layer, this.#norm(x, `${name}.input_layernorm.weight`));
      add(x, this.#multiply(this.#matrix(`${name}.self_attn.o_proj`), attention));
      const inner = this.#norm(x, `${name}.post_attention_layernorm.weight`);
      const gateUp = this.#multiply(this.#matrix(`${name}.mlp.gate_up_proj`), inner);
      const width = gateUp.length / 2;
      const activated = new Float32Array(width);
      for (let i = 0; i < width; i++) {
        const gate = gateUp[i] ?? 0;
        activated[i] = (gate / (1 + Math.exp(-gate))) * (gateUp[width + i] ?? 0);
      }
      add(x, this.#multiply(this.#matrix(`${name}.mlp.down_proj`), activated));
    }
    this.#seen.push(id);
    return this.#norm(x, 'model.norm.weight');
  }

  #attend(layer: number, x: Float32Array): Float32Array {
    const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: size } = this.#config;
    const qkv = this.#multiply(this.#matrix(`model.layers.${layer}.self_attn.qkv_proj`), x);
    let q = qkv.slice(0, heads * size);
    const k = qkv.slice(heads * size, (heads + kvHeads) * size);
    const v = qkv.slice((heads + kvHeads) * size);
    for (let h = 0; h < heads; h++) this.#rotate(q, h * size);
    for (let h = 0; h < kvHeads; h++) this.#rotate(k, h * size);
    const keys = this.#keys[layer] ?? [];
    const values = this.#values[layer] ?? [];
    q = this.#ofCache(q);
    keys.push(this.#ofCache(k));
    values.push(this.#ofCache(v));
    const out = new Float32Array(heads * size);
    for (let h = 0; h < heads; h++) {
      const shared = Math.floor(h / (heads / kvHeads)) * size;
      const scores = keys.map((key) => {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += (q[h * size + i] ?? 0) * (key[shared + i] ?? 0);
        return dot / Math.sqrt(size);
      });
      const top = Math.max(...scores);
      const exps = scores.map((score) => Math.exp(score - top));
      const sum = exps.reduce((a, b) => a + b, 0);
      for (const [t, value] of values.entries()) {
        const share = (exps[t] ?? 0) / sum;
        for (let i = 0; i < size; i++)
          out[h * size + i] = (out[h * size + i] ?? 0) + share * (value[shared + i] ?? 0);
      }
    }
    return out;
  }

  /** Rope as in HF's Llama: dimension i turns with dimension i + size/2. */
  #rotate(vector: Float32Array, start: number): void {
    const { head_dim: size, position_embedding_base: base } = this.#config;
    for (let i = 0; i < size / 2; i++) {
      const angle = this.#seen.length * base ** ((-2 * i) / size);
      const a = vector[start + i] ?? 0;
      const b = vector[start + i + size / 2] ?? 0;
      vector[start + i] = a * Math.cos(angle) - b * Math.sin(angle);
      vector[start + i + size / 2] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }

  #norm(x: Float32Array, name: string): Float32Array<ArrayBuffer> {
    const { data } = this.#matrix(name);
    let squares = 0;
    for (const value of x) squares += value * value;
    const scale = 1 / Math.sqrt(squares / x.length + this.#config.rms_norm_eps);
    const out = new Float32Array(x.length);
    for (let i = 0; i < x.length; i++) out[i] = (x[i] ?? 0) * scale * (data[i] ?? 0);
    return out;
  }

  #multiply(matrix: Parameters<typeof multiply>[0], x: Float32Array): Float32Array<ArrayBuffer> {
    return multiply(matrix, this.#ofActivations(x));
  }

  #matrix(name: string): { data: Float32Array; rows: number; cols: number } {
    const matrix = this.#weights.get(name);
    if (matrix === undefined) throw new Error(`the package has no ${name}`);
    return matrix;
  }
}

/** Each value as the nearest IEEE half, ties to even. */
function roundedToHalf(values: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (value) => {
    if (value === 0 || !Number.isFinite(value)) return value;
    const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
    const units = value / step;
    const below = Math.floor(units);
    const rest = units - below;
    const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
    return (up ? below + 1 : below) * step;
  });
}

function multiply(
  { data, rows, cols }: { data: Float32Array; rows: number; cols: number },
  x: Float32Array,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0, at = r * cols; c < cols; c++) sum += (data[at + c] ?? 0) * (x[c] ?? 0);
    out[r] = sum;
  }
  return out;
}

function add(target: Float32Array, values: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + (values[i] ?? 0);
}
