import { z } from '../../lib/zod.ts';
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { readTokenizer, type TokenIds } from './folder-tokenizer.ts';
import { MAX_DIMENSION, MAX_LAYERS, MAX_SOURCE_FILES, MAX_VOCAB } from '../../formats/limits.ts';
import { checkLlamaConfig, checkShape, GROUP, missingTensor, wrongArchitecture } from './llama-checks.ts';
import { readJson } from './read-json.ts';
import { parseSafetensors, type SafetensorsTensor } from '../../formats/safetensors/safetensors-parser.ts';
import type {
  DenseMatrix,
  LlamaConfig,
  LlamaLayer,
  Matrix,
  RowOrder,
  SourceModel,
  TensorLocation,
  Vector,
} from './source-model.ts';

const AS_STORED: RowOrder = { kind: 'as-stored' };
const INDEX_FILE = 'model.safetensors.index.json';
/** Buffers of older exports that hold no weights. */
const IGNORED = '.rotary_emb.inv_freq';

const positive = z.number().int().positive().max(MAX_DIMENSION);
/** Two spellings of the same, `type` is the older. */
const ropeScaling = z.looseObject({ type: z.string().nullish(), rope_type: z.string().nullish() });
const hfConfig = z.object({
  model_type: z.string().optional(),
  architectures: z.array(z.string()).optional(),
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive.max(MAX_LAYERS),
  num_attention_heads: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  vocab_size: positive.max(MAX_VOCAB),
  max_position_embeddings: z.number().int().positive(),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().nullish(),
  // Where transformers 5 writes it.
  rope_parameters: ropeScaling.extend({ rope_theta: z.number().positive().nullish() }).nullish(),
  rope_scaling: ropeScaling.nullish(),
  partial_rotary_factor: z.number().nullish(),
  hidden_act: z.string().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  bos_token_id: z.number().int().nonnegative().nullish(),
  eos_token_id: z
    .union([z.number().int().nonnegative(), z.array(z.number().int().nonnegative()).max(16)])
    .nullish(),
  quantization_config: z.record(z.string(), z.unknown()).nullish(),
});
type HfConfig = z.infer<typeof hfConfig>;

/** AutoAWQ's two spellings: `quantization_config` in config.json, and quant_config.json. */
const awqConfig = z.object({
  quant_method: z.string().optional(),
  bits: z.number().optional(),
  w_bit: z.number().optional(),
  group_size: z.number().int().optional(),
  q_group_size: z.number().int().optional(),
  version: z.string().optional(),
});

const shardIndex = z.object({ weight_map: z.record(z.string(), z.string().max(255)) });

/**
 * Opens a folder of safetensors: one file or several with an index, F32/F16/BF16 or AWQ GEMM, and its config.json.
 * `files` are the folder's files; their base names count.
 * @throws AppError what `parseSafetensors` throws, and `transcode/missing-file`, `transcode/wrong-architecture`,
 *   `transcode/missing-tensor`, `transcode/wrong-shape`, `transcode/unsupported`, `transcode/bad-tokenizer`
 */
export async function openSafetensors(
  files: readonly ByteSource[],
  signal?: AbortSignal,
): Promise<SourceModel> {
  const folder = new Map(files.map((file) => [baseName(file.name), file]));
  const config = await readConfigJson(folder, signal);
  const sources = await weightFiles(folder, signal);
  const tensors = new TensorTable();
  for (const [file, source] of sources.entries()) {
    const header = await parseSafetensors(source, signal);
    for (const tensor of header.tensors) tensors.add(tensor, file);
  }
  const llama = checkLlamaConfig(toLlamaConfig(config));
  const awqGroup = tensors.isAwq ? await readAwqGroup(folder, config, signal) : null;
  if (awqGroup === null && config.quantization_config) {
    throw new AppError(
      'transcode/unsupported',
      'The weights are quantised in a way that cannot be converted',
      {
        method: JSON.stringify(config.quantization_config.quant_method ?? null),
      },
    );
  }
  const embedding = tensors.dense('model.embed_tokens', llama.vocabSize, llama.hiddenSize);
  const layers = Array.from({ length: llama.layers }, (_, n) => readLayer(tensors, llama, n, awqGroup));
  const norm = tensors.vector('model.norm', llama.hiddenSize);
  const tiedHead = config.tie_word_embeddings === true || !tensors.has('lm_head.weight');
  if (tensors.has('lm_head.weight')) tensors.dense('lm_head', llama.vocabSize, llama.hiddenSize);
  const head = tiedHead ? embedding : tensors.dense('lm_head', llama.vocabSize, llama.hiddenSize);
  tensors.refuseLeftovers();
  return {
    format: awqGroup === null ? 'safetensors' : 'awq',
    sources,
    name: sources[0]?.name ?? 'model',
    config: llama,
    embedding,
    layers,
    norm,
    head,
    tiedHead,
    tokenizer: await readTokenizer(folder, tokenIds(config), llama.vocabSize, signal),
  };
}

/**
 * Names of the side files worth having beside the weights, in the order to ask for them. The index (where there is
 * one) names the weight files.
 */
export const SIDE_FILES = [
  'config.json',
  INDEX_FILE,
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'added_tokens.json',
  'quant_config.json',
] as const;

/**
 * Collects a model folder's files where they can be asked for only by name (an HTTP base, a hub repository).
 * @param open answers null where there is no such file
 * @throws AppError `transcode/missing-file` where a named weight file is not there
 */
export async function gatherFolder(
  open: (name: string) => Promise<ByteSource | null>,
  signal?: AbortSignal,
): Promise<ByteSource[]> {
  const files: ByteSource[] = [];
  let weights: readonly string[] = ['model.safetensors'];
  for (const name of SIDE_FILES) {
    const file = await open(name);
    if (file === null) continue;
    files.push(file);
    if (name === INDEX_FILE) weights = await shardNames(file, signal);
  }
  for (const name of weights) {
    const file = await open(name);
    if (file === null) throw new AppError('transcode/missing-file', `${name} is missing`, { file: name });
    files.push(file);
  }
  return files;
}

async function weightFiles(
  folder: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<ByteSource[]> {
  const index = folder.get(INDEX_FILE);
  if (index !== undefined) {
    return (await shardNames(index, signal)).map((name) => {
      const file = folder.get(name);
      if (file === undefined)
        throw new AppError('transcode/missing-file', `${name} is missing`, { file: name });
      return file;
    });
  }
  const weights = [...folder].filter(([name]) => name.endsWith('.safetensors'));
  if (weights.length > 1) {
    throw new AppError('transcode/missing-file', `Several weight files but no ${INDEX_FILE}`, {
      file: INDEX_FILE,
    });
  }
  return weights.map(([, file]) => file);
}

async function shardNames(index: ByteSource, signal?: AbortSignal): Promise<string[]> {
  const { weight_map } = await readJson(index, shardIndex, signal);
  const names = [...new Set(Object.values(weight_map))].sort();
  if (names.length === 0 || names.length > MAX_SOURCE_FILES) {
    throw new AppError('transcode/over-limit', 'The index names no file or absurdly many', {
      files: names.length,
    });
  }
  // A name with a path in it could point outside the folder.
  const odd = names.find((name) => !/^[\w.-]+\.safetensors$/.test(name));
  if (odd !== undefined)
    throw new AppError('transcode/malformed', 'The index names an odd file', { file: odd });
  return names;
}

async function readConfigJson(
  folder: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<HfConfig> {
  const file = folder.get('config.json');
  if (file === undefined) {
    throw new AppError('transcode/missing-file', 'config.json is missing', { file: 'config.json' });
  }
  const kind = await readJson(file, z.object({ model_type: z.string().optional() }), signal);
  if (kind.model_type !== undefined && kind.model_type !== 'llama') throw wrongArchitecture(kind.model_type);
  const config = await readJson(file, hfConfig, signal);
  const architecture = config.architectures?.[0];
  if (architecture !== undefined && !/^Llama/i.test(architecture)) throw wrongArchitecture(architecture);
  if (config.attention_bias === true || config.mlp_bias === true) {
    throw new AppError('transcode/unsupported', 'Models with biases cannot be converted');
  }
  refuseVariants(config);
  return config;
}

/** What MLC's Llama libraries have no place for: converted in silence, the weights would write nonsense. */
function refuseVariants(config: HfConfig): void {
  for (const scaling of [config.rope_scaling, config.rope_parameters]) {
    const kind = scaling?.rope_type ?? scaling?.type ?? 'default';
    if (kind !== 'default') {
      throw new AppError(
        'transcode/unsupported',
        'Models with a stretched context (rope scaling) cannot be converted',
        { scaling: kind },
      );
    }
  }
  if ((config.partial_rotary_factor ?? 1) !== 1) {
    throw new AppError(
      'transcode/unsupported',
      'Models that rotate a part of each head cannot be converted',
      {
        factor: config.partial_rotary_factor ?? 1,
      },
    );
  }
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') {
    throw new AppError(
      'transcode/unsupported',
      `A Llama model has no place for the activation ${activation}`,
      {
        activation,
      },
    );
  }
}

function toLlamaConfig(config: HfConfig): LlamaConfig {
  return {
    hiddenSize: config.hidden_size,
    intermediateSize: config.intermediate_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDim: config.head_dim ?? Math.floor(config.hidden_size / config.num_attention_heads),
    vocabSize: config.vocab_size,
    contextLength: config.max_position_embeddings,
    rmsNormEps: config.rms_norm_eps,
    ropeTheta: config.rope_theta ?? config.rope_parameters?.rope_theta ?? 10_000,
  };
}

function tokenIds({ bos_token_id, eos_token_id }: HfConfig): TokenIds {
  const eos = eos_token_id ?? 2;
  return { bos: bos_token_id ?? 1, eos: typeof eos === 'number' ? [eos] : eos };
}

async function readAwqGroup(
  folder: ReadonlyMap<string, ByteSource>,
  config: HfConfig,
  signal?: AbortSignal,
): Promise<number> {
  const side = folder.get('quant_config.json');
  const raw =
    config.quantization_config ?? (side === undefined ? {} : await readJson(side, awqConfig, signal));
  const parsed = awqConfig.safeParse(raw);
  if (!parsed.success)
    throw new AppError('transcode/malformed', 'The quantisation settings are not understood');
  const { quant_method = 'awq', version = 'gemm', bits, w_bit, group_size, q_group_size } = parsed.data;
  if (quant_method !== 'awq' || version.toLowerCase() !== 'gemm' || (bits ?? w_bit ?? 4) !== 4) {
    throw new AppError(
      'transcode/unsupported',
      'Of quantised safetensors only 4-bit AWQ GEMM can be converted',
      {
        method: quant_method,
        version,
        bits: bits ?? w_bit ?? 4,
      },
    );
  }
  const group = group_size ?? q_group_size ?? 128;
  // AutoAWQ's spelling of one group for each whole row.
  if (group === -1) return -1;
  if (group < GROUP || group % GROUP !== 0) {
    throw new AppError('transcode/unsupported', 'The AWQ group size does not divide by 32', { group });
  }
  return group;
}

function readLayer(
  tensors: TensorTable,
  config: LlamaConfig,
  n: number,
  awqGroup: number | null,
): LlamaLayer {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = config;
  const layer = `model.layers.${String(n)}`;
  const linear = (part: string, rows: number, cols: number): Matrix => {
    const name = `${layer}.${part}`;
    return awqGroup !== null && tensors.has(`${name}.qweight`)
      ? tensors.awq(name, rows, cols, awqGroup)
      : tensors.dense(name, rows, cols);
  };
  return {
    inputNorm: tensors.vector(`${layer}.input_layernorm`, hiddenSize),
    postAttentionNorm: tensors.vector(`${layer}.post_attention_layernorm`, hiddenSize),
    q: linear('self_attn.q_proj', heads * headDim, hiddenSize),
    k: linear('self_attn.k_proj', kvHeads * headDim, hiddenSize),
    v: linear('self_attn.v_proj', kvHeads * headDim, hiddenSize),
    o: linear('self_attn.o_proj', hiddenSize, heads * headDim),
    gate: linear('mlp.gate_proj', intermediateSize, hiddenSize),
    up: linear('mlp.up_proj', intermediateSize, hiddenSize),
    down: linear('mlp.down_proj', hiddenSize, intermediateSize),
  };
}

class TensorTable {
  readonly #tensors = new Map<string, SafetensorsTensor & { readonly file: number }>();
  readonly #used = new Set<string>();
  isAwq = false;

  add(tensor: SafetensorsTensor, file: number): void {
    if (this.#tensors.has(tensor.name)) {
      throw new AppError('transcode/malformed', 'A tensor name appears in two files', {
        tensor: tensor.name,
      });
    }
    this.#tensors.set(tensor.name, { ...tensor, file });
    if (tensor.name.endsWith('.qweight')) this.isAwq = true;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  dense(name: string, rows: number, cols: number): DenseMatrix {
    const { location, dtype } = this.#get(`${name}.weight`, [rows, cols]);
    return {
      kind: 'dense',
      tensor: location,
      type: floatType(location.name, dtype),
      rows,
      cols,
      order: AS_STORED,
    };
  }

  vector(name: string, length: number): Vector {
    const { location, dtype } = this.#get(`${name}.weight`, [length]);
    return { tensor: location, type: floatType(location.name, dtype), length };
  }

  awq(name: string, rows: number, cols: number, wanted: number): Matrix {
    const groupSize = wanted === -1 ? cols : wanted;
    if (rows % 8 !== 0 || cols % groupSize !== 0 || groupSize % GROUP !== 0) {
      throw new AppError('transcode/wrong-shape', 'An AWQ matrix does not divide into its groups', {
        tensor: name,
      });
    }
    const groups = cols / groupSize;
    const qweight = this.#get(`${name}.qweight`, [cols, rows / 8]);
    const qzeros = this.#get(`${name}.qzeros`, [groups, rows / 8]);
    const scales = this.#get(`${name}.scales`, [groups, rows]);
    for (const { location, dtype } of [qweight, qzeros]) {
      if (dtype !== 'I32' && dtype !== 'U32') throw wrongType(location.name, dtype);
    }
    if (scales.dtype !== 'F16') throw wrongType(scales.location.name, scales.dtype);
    return {
      kind: 'awq',
      qweight: qweight.location,
      qzeros: qzeros.location,
      scales: scales.location,
      groupSize,
      rows,
      cols,
    };
  }

  /** @throws AppError `transcode/unsupported` for weights a plain Llama does not have (biases, adapters, g_idx) */
  refuseLeftovers(): void {
    for (const name of this.#tensors.keys()) {
      if (!this.#used.has(name) && !name.endsWith(IGNORED)) {
        throw new AppError('transcode/unsupported', `A Llama model has no place for ${name}`, {
          tensor: name,
        });
      }
    }
  }

  #get(name: string, shape: readonly number[]): { location: TensorLocation; dtype: string } {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw missingTensor(name);
    checkShape(name, tensor.shape, shape);
    this.#used.add(name);
    const { file, offset, byteLength, dtype } = tensor;
    return { location: { name, file, offset, byteLength }, dtype };
  }
}

function floatType(tensor: string, dtype: string): 'F32' | 'F16' | 'BF16' {
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  throw wrongType(tensor, dtype);
}

function wrongType(tensor: string, dtype: string): AppError {
  return new AppError('transcode/unsupported', `Weights of type ${dtype} cannot be converted here`, {
    tensor,
    dtype,
  });
}

/** The last part of a path or URL, without a query. */
export function baseName(name: string): string {
  return name.replace(/[?#].*$/, '').replace(/^.*[/\\]/, '');
}
