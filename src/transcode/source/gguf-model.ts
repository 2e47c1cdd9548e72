import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import {
  parseGguf,
  type GgufHeader,
  type GgufTensor,
  type GgufValue,
} from '../../formats/gguf/gguf-parser.ts';
import { readVocabulary } from '../../formats/gguf/gguf-vocabulary.ts';
import {
  compiledScalings,
  ropeFactors,
  type Llama3Scaling,
} from '../../formats/mlc-package/llama-libraries.ts';
import { MAX_VOCAB } from '../../formats/limits.ts';
import { checkLlamaConfig, checkShape, missingTensor, shapeOf, wrongArchitecture } from './llama-checks.ts';
import type { DenseMatrix, LlamaConfig, LlamaLayer, RowOrder, SourceModel, Vector } from './source-model.ts';

const AS_STORED: RowOrder = { kind: 'as-stored' };
const ROPE_FACTORS = 'rope_freqs.weight';
/** Writers compute the factors in 32 bits, each in its own order. */
const ROPE_TOLERANCE = 1e-4;
const DEFAULT_ROPE_THETA = 10_000; // llama.cpp's default where the key is absent
/** Tensors of old files that hold what follows from rope theta. */
const IGNORED = /^blk\.\d+\.attn_rot_embd(\.weight)?$/;

/**
 * Opens a Llama-architecture GGUF file.
 * Key and tensor names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws AppError what `parseGguf` throws, and `transcode/wrong-architecture`, `transcode/missing-tensor`,
 *   `transcode/wrong-shape`, `transcode/unsupported`, `transcode/unsupported-model`, `transcode/bad-tokenizer`
 */
export async function openGguf(source: ByteSource, signal?: AbortSignal): Promise<SourceModel> {
  const header = await parseGguf(source, signal);
  const { metadata } = header;
  const architecture = text(metadata, 'general.architecture') ?? 'nameless';
  if (architecture !== 'llama') throw wrongArchitecture(architecture);
  refuseVariants(metadata);
  const tensors = new TensorTable(header);
  const embedding = tensors.matrix(
    'token_embd.weight',
    null,
    requiredNumber(metadata, 'llama.embedding_length'),
  );
  const config = readConfig(metadata, embedding.rows);
  const layers = Array.from({ length: config.layers }, (_, n) => readLayer(tensors, config, n));
  const norm = tensors.vector('output_norm.weight', config.hiddenSize);
  const tiedHead = !tensors.has('output.weight');
  const head = tiedHead ? embedding : tensors.matrix('output.weight', config.vocabSize, config.hiddenSize);
  const ropeScaling = await readRopeScaling(source, tensors, config, signal);
  tensors.refuseLeftovers();
  return {
    format: 'gguf',
    sources: [source],
    made: [],
    name: text(metadata, 'general.name') ?? source.name,
    config: { ...config, ropeScaling },
    embedding,
    layers,
    norm,
    head,
    tiedHead,
    tokenizer: readVocabulary(metadata, config.vocabSize),
  };
}

/** What MLC's Llama libraries have no place for: converted in silence, the weights would write nonsense. */
function refuseVariants(metadata: ReadonlyMap<string, GgufValue>): void {
  const scaling = text(metadata, 'llama.rope.scaling.type');
  const linear = number(metadata, 'llama.rope.scale_linear') ?? 1; // older files
  const factor = number(metadata, 'llama.rope.scaling.factor') ?? linear;
  const stretches = scaling !== null && scaling !== 'none' && scaling !== 'linear';
  // By one, linear scaling stretches nothing.
  if (stretches || factor !== 1) {
    throw new AppError(
      'transcode/unsupported-model',
      'Models with a stretched context (rope scaling) cannot be converted',
      {
        scaling: scaling ?? 'linear',
        factor,
      },
    );
  }
  const experts = number(metadata, 'llama.expert_count');
  if (experts !== null && experts > 0) {
    throw new AppError('transcode/unsupported-model', 'Mixture-of-experts models cannot be converted', {
      experts,
    });
  }
  const parts = number(metadata, 'split.count');
  if (parts !== null && parts > 1) {
    throw new AppError(
      'transcode/unsupported',
      'This is one part of a split GGUF file; join the parts first',
      { parts },
    );
  }
}

/**
 * `rope_freqs.weight` divides each of a head's frequencies. Ones change nothing. Llama 3.1's and 3.2's are what their libraries
 * have compiled in. Anything else stretches the context in a way no library for this model does.
 * @throws AppError `transcode/unsupported-model`, `transcode/unsupported`, `transcode/wrong-shape`
 */
async function readRopeScaling(
  source: ByteSource,
  tensors: TensorTable,
  config: LlamaConfig,
  signal?: AbortSignal,
): Promise<Llama3Scaling | null> {
  if (!tensors.has(ROPE_FACTORS)) return null;
  const { tensor, type } = tensors.vector(ROPE_FACTORS, config.headDim / 2);
  if (type !== 'F32') {
    throw new AppError('transcode/unsupported', 'The rope factors are not stored as F32', { type });
  }
  const bytes = await source.read(tensor.offset, tensor.byteLength, signal);
  const factors = new Float32Array(bytes.slice().buffer);
  const other = factors.find((factor) => factor !== 1);
  if (other === undefined) return null;
  const known = compiledScalings(shapeOf(config)).find((scaling) => {
    const expected = ropeFactors(scaling, config.headDim, config.ropeTheta);
    return factors.every((factor, i) => Math.abs(factor / (expected[i] ?? 0) - 1) <= ROPE_TOLERANCE);
  });
  if (known !== undefined) return known;
  throw new AppError(
    'transcode/unsupported-model',
    'The model stretches its context by factors of its own (rope_freqs), which no library has compiled in',
    { tensor: ROPE_FACTORS, factor: other },
  );
}

function readConfig(metadata: ReadonlyMap<string, GgufValue>, vocabSize: number): LlamaConfig {
  const hiddenSize = requiredNumber(metadata, 'llama.embedding_length');
  const heads = requiredNumber(metadata, 'llama.attention.head_count');
  const headDim = optionalCount(metadata, 'llama.attention.key_length') ?? Math.floor(hiddenSize / heads);
  const rotated = optionalCount(metadata, 'llama.rope.dimension_count') ?? headDim;
  if (rotated !== headDim) {
    throw new AppError(
      'transcode/unsupported-model',
      'Models that rotate a part of each head cannot be converted',
      {
        rotated,
        headDim,
      },
    );
  }
  return checkLlamaConfig({
    hiddenSize,
    heads,
    vocabSize,
    intermediateSize: requiredNumber(metadata, 'llama.feed_forward_length'),
    layers: requiredNumber(metadata, 'llama.block_count'),
    kvHeads: optionalCount(metadata, 'llama.attention.head_count_kv') ?? heads,
    headDim,
    contextLength: requiredNumber(metadata, 'llama.context_length'),
    rmsNormEps: shortest(number(metadata, 'llama.attention.layer_norm_rms_epsilon') ?? Number.NaN),
    ropeTheta: shortest(number(metadata, 'llama.rope.freq_base') ?? DEFAULT_ROPE_THETA),
    ropeScaling: null, // a tensor tells
  });
}

function readLayer(tensors: TensorTable, config: LlamaConfig, n: number): LlamaLayer {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = config;
  const rope: RowOrder = { kind: 'rope-interleaved', headDim };
  const name = (part: string): string => `blk.${String(n)}.${part}.weight`;
  return {
    inputNorm: tensors.vector(name('attn_norm'), hiddenSize),
    postAttentionNorm: tensors.vector(name('ffn_norm'), hiddenSize),
    q: tensors.matrix(name('attn_q'), heads * headDim, hiddenSize, rope),
    k: tensors.matrix(name('attn_k'), kvHeads * headDim, hiddenSize, rope),
    v: tensors.matrix(name('attn_v'), kvHeads * headDim, hiddenSize),
    o: tensors.matrix(name('attn_output'), hiddenSize, heads * headDim),
    gate: tensors.matrix(name('ffn_gate'), intermediateSize, hiddenSize),
    up: tensors.matrix(name('ffn_up'), intermediateSize, hiddenSize),
    down: tensors.matrix(name('ffn_down'), hiddenSize, intermediateSize),
  };
}

/** The file's tensors by name; remembers which were asked for, so that nothing of the model is dropped in silence. */
class TensorTable {
  readonly #tensors: ReadonlyMap<string, GgufTensor>;
  readonly #used = new Set<string>();

  constructor(header: GgufHeader) {
    this.#tensors = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** `rows` null: any number up to the vocabulary limit. */
  matrix(name: string, rows: number | null, cols: number, order: RowOrder = AS_STORED): DenseMatrix {
    const tensor = this.#get(name);
    // GGUF names the fastest-running dimension first.
    const actualRows = rows ?? tensor.dimensions[1] ?? 0;
    if (rows === null && actualRows > MAX_VOCAB) {
      throw new AppError('transcode/over-limit', 'The vocabulary is absurdly large', { rows: actualRows });
    }
    checkShape(name, tensor.dimensions, [cols, actualRows]);
    return {
      kind: 'dense',
      tensor: locate(tensor),
      type: convertible(tensor),
      rows: actualRows,
      cols,
      order,
    };
  }

  vector(name: string, length: number): Vector {
    const tensor = this.#get(name);
    checkShape(name, tensor.dimensions, [length]);
    const type = convertible(tensor);
    if (type !== 'F32' && type !== 'F16' && type !== 'BF16') {
      throw new AppError('transcode/unsupported', 'A norm is stored quantised', { tensor: name, type });
    }
    return { tensor: locate(tensor), type, length };
  }

  /** @throws AppError `transcode/unsupported-model` for weights a plain Llama does not have (biases, adapters, experts) */
  refuseLeftovers(): void {
    for (const name of this.#tensors.keys()) {
      if (!this.#used.has(name) && !IGNORED.test(name)) {
        throw new AppError('transcode/unsupported-model', `A Llama model has no place for ${name}`, {
          tensor: name,
        });
      }
    }
  }

  #get(name: string): GgufTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw missingTensor(name);
    this.#used.add(name);
    return tensor;
  }
}

function locate({ name, offset, byteLength }: GgufTensor): DenseMatrix['tensor'] {
  return { name, file: 0, offset, byteLength };
}

function convertible({ name, type, typeName }: GgufTensor): DenseMatrix['type'] {
  if (type === null) {
    throw new AppError('transcode/unsupported', `Weights of type ${typeName} cannot be converted`, {
      tensor: name,
      type: typeName,
    });
  }
  return type;
}

function text(metadata: ReadonlyMap<string, GgufValue>, key: string): string | null {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : null;
}

function number(metadata: ReadonlyMap<string, GgufValue>, key: string): number | null {
  const value = metadata.get(key);
  return typeof value === 'number' ? value : null;
}

/** The shortest decimal with the same f32 value: 1e-5 instead of 0.000009999999747378752. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

/** A positive whole number, or null where the key is absent. */
function optionalCount(metadata: ReadonlyMap<string, GgufValue>, key: string): number | null {
  return metadata.has(key) ? requiredNumber(metadata, key) : null;
}

function requiredNumber(metadata: ReadonlyMap<string, GgufValue>, key: string): number {
  const value = number(metadata, key);
  if (value === null || !Number.isInteger(value) || value < 1) {
    throw new AppError('transcode/malformed', `The header’s ${key} is missing or not a positive number`, {
      key,
    });
  }
  return value;
}
