import type { Llama3Scaling } from '../../formats/mlc-package/llama-libraries.ts';
import type { ChatConfigOptions } from '../run/conversion-port.ts';
import type { FileDigest } from '../run/hashing.ts';
import type { Plan, PlannedTensor } from '../plan/plan.ts';
import type { TokenizerSource, TokenizerTraits } from '../../formats/tokenizer/vocabulary.ts';
import { tokenizerFiles } from '../../formats/tokenizer/tokenizer-json.ts';

export interface PackageFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Every file of the package but the shards and the provenance, in the order in which they must be stored:
 * the presence of `tensor-cache.json` says that a package is complete. */
export function packageFiles(
  plan: Plan,
  options: ChatConfigOptions,
  digests: readonly FileDigest[],
): PackageFile[] {
  const cache = json(tensorCache(plan, digests));
  return [
    ...tokenizerFiles(plan.model.tokenizer, plan.model.config.contextLength),
    { name: 'mlc-chat-config.json', bytes: json(chatConfig(plan, options)) },
    { name: 'ndarray-cache.json', bytes: cache }, // what web-llm before 0.2.80 asks for
    { name: 'tensor-cache.json', bytes: cache },
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
  const traits = traitsOf(tokenizer);
  const stops = options.stopTokenIds ?? tokenizer.stops;
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
      ...(config.ropeScaling && { rope_scaling: ropeScalingJson(config.ropeScaling) }),
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
      token_postproc_method: traits.postProcessing,
      prepend_space_in_encode: traits.prependsSpace,
      strip_space_in_decode: traits.stripsSpace,
    },
    conv_template: {
      name: 'pass-through',
      system_template: '{system_message}',
      system_message: '',
      system_prefix_token_ids: tokenizer.addBos ? [tokenizer.bos] : [],
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

/** As config.json of Llama 3.1 says it, and MLC's own configurations. */
function ropeScalingJson(scaling: Llama3Scaling): object {
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalContext,
  };
}

function traitsOf(tokenizer: TokenizerSource): TokenizerTraits {
  if (tokenizer.kind === 'files') return tokenizer.traits;
  if (tokenizer.kind === 'byte-pairs')
    return { postProcessing: 'byte_level', prependsSpace: false, stripsSpace: false };
  const { addSpacePrefix } = tokenizer;
  return { postProcessing: 'byte_fallback', prependsSpace: addSpacePrefix, stripsSpace: addSpacePrefix };
}

export function json(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}
