import type { ChatConfigOptions, TensorError } from './conversion.ts';
import type { FileDigest } from './hashing.ts';
import { RULES_VERSION } from './journal.ts';
import { GROUP } from './llama-checks.ts';
import type { Plan, PlannedTensor } from './plan.ts';
import type { Quality } from './quantize.ts';
import { baseName } from './safetensors-model.ts';
import { tokenizerFiles } from './tokenizer-json.ts';

export interface PackageFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The name whose presence says that a package is complete: written last. */
export const TENSOR_CACHE_FILE = 'tensor-cache.json';
export const PROVENANCE_FILE = 'provenance.json';

export interface PackageFacts {
  readonly plan: Plan;
  readonly quality: Quality;
  readonly chatConfig: ChatConfigOptions;
  /** By shard index. */
  readonly digests: readonly FileDigest[];
  readonly errorOf: (tensor: string) => TensorError | null;
  /** By source file; null where it was not computed. */
  readonly sourceSha256: readonly (string | null)[];
}

/** Every file of the package but the shards, in the order in which they must be stored. Same facts, same bytes. */
export function packageFiles(facts: PackageFacts): PackageFile[] {
  const { plan } = facts;
  const cache = json(tensorCache(plan, facts.digests));
  return [
    ...tokenizerFiles(plan.model.tokenizer, plan.model.config.contextLength),
    { name: 'mlc-chat-config.json', bytes: json(chatConfig(plan, facts.chatConfig)) },
    { name: PROVENANCE_FILE, bytes: json(provenance(facts)) },
    { name: 'ndarray-cache.json', bytes: cache }, // what web-llm before 0.2.80 asks for
    { name: TENSOR_CACHE_FILE, bytes: cache },
  ];
}

/** MLC's list of shards and what lies in them. `format: "raw"`: MLC's own bf16 packing would round f32 scales. */
function tensorCache(plan: Plan, digests: readonly FileDigest[]): object {
  const parameters = plan.tensors.reduce((sum, tensor) => sum + valuesOf(tensor), 0);
  const records = plan.shards.map(({ name, nbytes, tensors }, i) => ({
    dataPath: name,
    format: 'raw-shard',
    nbytes,
    md5sum: digests[i]?.md5 ?? '',
    records: tensors.map((tensor) => ({
      name: tensor.name,
      shape: tensor.shape,
      dtype: tensor.dtype,
      format: 'raw',
      nbytes: tensor.nbytes,
      byteOffset: tensor.byteOffset,
    })),
  }));
  const metadata = {
    ParamSize: plan.shards.reduce((sum, { tensors }) => sum + tensors.length, 0),
    ParamBytes: plan.totalBytes,
    BitsPerParam: (plan.totalBytes * 8) / parameters,
  };
  return { metadata, records };
}

function valuesOf(tensor: PlannedTensor): number {
  return tensor.kind === 'vector' ? tensor.vector.length : tensor.rows * tensor.cols;
}

/**
 * The chat configuration web-llm reads. The template passes text through untouched: the app renders prompts itself.
 * `vocab_size` must equal the output's rows, and a missing `system_message` or BOS prefix would change the output silently.
 */
function chatConfig(plan: Plan, options: ChatConfigOptions): object {
  const { config, tokenizer, tiedHead } = plan.model;
  const context = Math.min(options.contextWindowSize ?? config.contextLength, config.contextLength);
  const stops = options.stopTokenIds ?? defaultStops(plan);
  const eos = typeof tokenizer.eos === 'number' ? [tokenizer.eos] : tokenizer.eos;
  return {
    version: '0.1.0',
    model_type: 'llama',
    quantization: plan.quantization,
    model_config: {
      hidden_size: config.hiddenSize,
      intermediate_size: config.intermediateSize,
      num_attention_heads: config.heads,
      num_hidden_layers: config.layers,
      num_key_value_heads: config.kvHeads,
      head_dim: config.headDim,
      rms_norm_eps: config.rmsNormEps,
      position_embedding_base: config.ropeTheta,
      vocab_size: config.vocabSize,
      tie_word_embeddings: false, // the head is always written out, also where the source tied it
      source_tie_word_embeddings: tiedHead,
      context_window_size: context,
      prefill_chunk_size: Math.min(context, 1024),
      tensor_parallel_shards: 1,
    },
    vocab_size: config.vocabSize,
    context_window_size: context,
    sliding_window_size: -1,
    prefill_chunk_size: Math.min(context, 1024),
    attention_sink_size: -1,
    tensor_parallel_shards: 1,
    temperature: options.temperature ?? 0.7,
    presence_penalty: 0,
    frequency_penalty: 0,
    repetition_penalty: 1,
    top_p: options.topP ?? 1,
    tokenizer_files: ['tokenizer.json', 'tokenizer_config.json'],
    tokenizer_info: {
      token_postproc_method: 'byte_fallback',
      prepend_space_in_encode: tokenizer.kind === 'sentencepiece' && tokenizer.addSpacePrefix,
      strip_space_in_decode: tokenizer.kind === 'sentencepiece' && tokenizer.addSpacePrefix,
    },
    conv_template: {
      name: 'pass-through',
      system_template: '{system_message}',
      system_message: '',
      system_prefix_token_ids: [tokenizer.bos],
      add_role_after_system_message: false,
      roles: { user: '', assistant: '', tool: '' },
      messages: [],
      seps: [''],
      role_content_sep: '',
      role_empty_sep: '',
      stop_str: [],
      stop_token_ids: stops,
      function_string: '',
      use_function_calling: false,
    },
    pad_token_id: 0,
    bos_token_id: tokenizer.bos,
    eos_token_id: eos,
  };
}

/** The end token, and Meditron's end-of-document token where the vocabulary has it. */
function defaultStops(plan: Plan): number[] {
  const { tokenizer } = plan.model;
  if (tokenizer.kind === 'files') return [...tokenizer.eos];
  const endOfDocument = tokenizer.tokens.indexOf('<EOD>');
  return endOfDocument < 0 ? [tokenizer.eos] : [tokenizer.eos, endOfDocument];
}

export type Fidelity = 'exact' | 'repacked' | 'requantised';

/** Where the package came from and what became of each tensor. No dates: the same input gives the same file. */
function provenance({ plan, quality, digests, errorOf, sourceSha256 }: PackageFacts): object {
  const { model } = plan;
  return {
    format: 'meditron-web-provenance',
    version: 1,
    rulesVersion: RULES_VERSION,
    quantization: plan.quantization,
    quality,
    model: { name: model.name, format: model.format, config: model.config, tiedHead: model.tiedHead },
    sources: model.sources.map(({ name, size, origin }, i) => ({
      // A local path tells about someone's disk; its last part is enough.
      ...(origin?.kind === 'url' ? { url: name } : { name: baseName(name) }),
      size,
      sha256: sourceSha256[i] ?? null,
      etag: origin?.etag ?? null,
    })),
    tensors: plan.tensors.map((tensor) => ({
      name: tensor.name,
      ...fidelityOf(tensor, errorOf(tensor.name)),
    })),
    shards: plan.shards.map(({ name, nbytes }, i) => ({ name, nbytes, sha256: digests[i]?.sha256 ?? '' })),
  };
}

function fidelityOf(
  tensor: PlannedTensor,
  error: TensorError | null,
): {
  fidelity: Fidelity;
  from: readonly string[];
  relativeRmse: number;
  exactGroups?: number;
  groups?: number;
} {
  const from =
    tensor.kind === 'vector'
      ? [tensor.vector.type]
      : [...new Set(tensor.parts.map(({ matrix }) => (matrix.kind === 'awq' ? 'AWQ' : matrix.type)))];
  const squaredError = error?.squaredError ?? 0;
  const energy = error?.energy ?? 0;
  const relativeRmse = energy === 0 ? 0 : Math.sqrt(squaredError / energy);
  if (tensor.kind === 'vector')
    return { fidelity: squaredError === 0 ? 'exact' : 'requantised', from, relativeRmse };
  const exactGroups = error?.exactGroups ?? 0;
  const groups = (tensor.rows * tensor.cols) / GROUP;
  if (exactGroups === groups) return { fidelity: 'repacked', from, relativeRmse: 0 };
  return { fidelity: squaredError === 0 ? 'exact' : 'requantised', from, relativeRmse, exactGroups, groups };
}

function json(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}
