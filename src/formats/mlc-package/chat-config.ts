/** `mlc-chat-config.json`, mlc-llm's description of a model: written and read here. */
import { z } from '../../lib/zod.ts';
import { MAX_CONTEXT } from '../limits.ts';
import type { Llama3Scaling, LlamaShape } from './llama-libraries.ts';
import { packageJson, parsePackageJson, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from './package-json.ts';
import { MLC_QUANTIZATIONS, type MlcQuantization } from './quantization.ts';

const tokenId = z.number().int().nonnegative().max(0x7fffffff);

const chatConfigSchema = z.object({
  // What others' tools put there is told from what is missing by whoever needs it.
  quantization: z.enum(MLC_QUANTIZATIONS).nullish().catch(null),
  vocab_size: z.number().int().positive().max(0x7fffffff),
  context_window_size: z.number().int().positive().max(MAX_CONTEXT).optional(),
  bos_token_id: tokenId.nullish(),
  eos_token_id: z.union([tokenId, z.array(tokenId).max(64)]).nullish(),
  conv_template: z
    .object({
      system_prefix_token_ids: z.array(tokenId).max(16).nullish(),
      stop_token_ids: z.array(tokenId).max(64).nullish(),
    })
    .optional(),
  tokenizer_files: z
    .array(z.string().regex(/^[\w][\w.-]{0,120}$/))
    .max(16)
    .nullish()
    .catch(null),
  model_config: z
    .object({
      num_hidden_layers: z.number(),
      hidden_size: z.number(),
      intermediate_size: z.number(),
      num_attention_heads: z.number(),
      num_key_value_heads: z.number(),
      position_embedding_base: z.number(),
      rope_scaling: z.looseObject({ factor: z.number().optional() }).nullish(),
    })
    .nullish()
    .catch(null),
});

/** The sizes of a Llama and how its positions turn; `ropeFactor` is 1 where nothing is stretched. */
export interface PackageSizes extends Pick<
  LlamaShape,
  'layers' | 'hidden' | 'feedForward' | 'heads' | 'kvHeads' | 'ropeTheta'
> {
  readonly ropeFactor: number;
}

export interface ChatConfig {
  readonly vocabSize: number;
  /** Put once in front of every prompt. */
  readonly prefixTokenIds: readonly number[];
  /** Tokens that end a reply. */
  readonly stopTokenIds: readonly number[];
  /** null where it does not say, or says another. */
  readonly quantization: MlcQuantization | null;
  /** null where it does not say. */
  readonly sizes: PackageSizes | null;
  /** As it lists them. */
  readonly tokenizerFiles: readonly string[];
}

/** @throws AppError `engine/package-incomplete` when it is not a chat config. */
export function parseChatConfig(json: string, url: string): ChatConfig {
  const config = parsePackageJson(chatConfigSchema, json, url);
  const eos = config.eos_token_id ?? [];
  const model = config.model_config;
  return {
    vocabSize: config.vocab_size,
    prefixTokenIds: config.conv_template?.system_prefix_token_ids ?? [config.bos_token_id ?? 1],
    stopTokenIds: [...new Set([...(config.conv_template?.stop_token_ids ?? []), ...[eos].flat()])],
    quantization: config.quantization ?? null,
    sizes: model
      ? {
          layers: model.num_hidden_layers,
          hidden: model.hidden_size,
          feedForward: model.intermediate_size,
          heads: model.num_attention_heads,
          kvHeads: model.num_key_value_heads,
          ropeTheta: model.position_embedding_base,
          ropeFactor: model.rope_scaling?.factor ?? 1,
        }
      : null,
    tokenizerFiles: config.tokenizer_files ?? [],
  };
}

/** What a chat config says of a model that was just packed. */
export interface PackedLlama {
  readonly quantization: MlcQuantization;
  readonly shape: LlamaShape;
  readonly rmsNormEps: number;
  /** Rows of the output. */
  readonly vocabSize: number;
  /** Whether the source's head was its embedding. */
  readonly tiedHead: boolean;
  /** Tokens. */
  readonly context: number;
  readonly tokenizer: {
    readonly bos: number;
    readonly eos: number | readonly number[];
    readonly addBos: boolean;
    readonly stops: readonly number[];
    readonly postProcessing: string;
    readonly prependsSpace: boolean;
    readonly stripsSpace: boolean;
  };
  readonly temperature: number;
  readonly topP: number;
}

/**
 * The chat configuration web-llm reads. The template passes text through untouched: the app renders prompts itself.
 * `vocab_size` must equal the output's rows, and a missing `system_message` or BOS prefix would change the output silently.
 */
export function writeChatConfig(model: PackedLlama): Uint8Array<ArrayBuffer> {
  const { shape, tokenizer, context } = model;
  return packageJson({
    version: '0.1.0',
    model_type: 'llama',
    quantization: model.quantization,
    model_config: {
      hidden_size: shape.hidden,
      intermediate_size: shape.feedForward,
      num_attention_heads: shape.heads,
      num_hidden_layers: shape.layers,
      num_key_value_heads: shape.kvHeads,
      head_dim: shape.headSize,
      rms_norm_eps: model.rmsNormEps,
      position_embedding_base: shape.ropeTheta,
      ...(shape.ropeScaling && { rope_scaling: ropeScalingJson(shape.ropeScaling) }),
      vocab_size: model.vocabSize,
      tie_word_embeddings: false, // the head is always written out, also where the source tied it
      source_tie_word_embeddings: model.tiedHead,
      context_window_size: context,
      prefill_chunk_size: Math.min(context, 1024),
      tensor_parallel_shards: 1,
    },
    vocab_size: model.vocabSize,
    context_window_size: context,
    sliding_window_size: -1,
    prefill_chunk_size: Math.min(context, 1024),
    attention_sink_size: -1,
    tensor_parallel_shards: 1,
    temperature: model.temperature,
    presence_penalty: 0,
    frequency_penalty: 0,
    repetition_penalty: 1,
    top_p: model.topP,
    tokenizer_files: [TOKENIZER_FILE, TOKENIZER_CONFIG_FILE],
    tokenizer_info: {
      token_postproc_method: tokenizer.postProcessing,
      prepend_space_in_encode: tokenizer.prependsSpace,
      strip_space_in_decode: tokenizer.stripsSpace,
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
      stop_token_ids: tokenizer.stops,
      function_string: '',
      use_function_calling: false,
    },
    pad_token_id: 0,
    bos_token_id: tokenizer.bos,
    eos_token_id: typeof tokenizer.eos === 'number' ? [tokenizer.eos] : tokenizer.eos,
  });
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
