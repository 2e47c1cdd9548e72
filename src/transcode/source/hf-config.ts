/** config.json of a model folder, as transformers writes it. */
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { MAX_DIMENSION, MAX_LAYERS, MAX_VOCAB } from '../../formats/limits.ts';
import type { Llama3Scaling } from '../../formats/mlc-package/llama-libraries.ts';
import { z } from '../../lib/zod.ts';
import { wrongArchitecture } from './llama-checks.ts';
import { readJson } from './read-json.ts';
import type { LlamaConfig } from './source-model.ts';
import type { TokenIds } from './folder-tokenizer.ts';

const tokenId = z.number().int().nonnegative();
const tokenIds = z.union([tokenId, z.array(tokenId).max(16)]);
const positive = z.number().int().positive().max(MAX_DIMENSION);
/** Two spellings of the same, `type` is the older. */
const ropeScaling = z.looseObject({
  type: z.string().nullish(),
  rope_type: z.string().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().nullish(),
  high_freq_factor: z.number().positive().nullish(),
  original_max_position_embeddings: z.number().positive().nullish(),
});
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
  bos_token_id: tokenId.nullish(),
  eos_token_id: tokenIds.nullish(),
  quantization_config: z.record(z.string(), z.unknown()).nullish(),
});
export type HfConfig = z.infer<typeof hfConfig>;

export async function readConfigJson(
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
    throw new AppError('transcode/unsupported-model', 'Models with biases cannot be converted');
  }
  refuseVariants(config);
  return config;
}

/** What MLC's Llama libraries have no place for: converted in silence, the weights would write nonsense. */
function refuseVariants(config: HfConfig): void {
  for (const scaling of [config.rope_scaling, config.rope_parameters]) {
    const kind = scaling?.rope_type ?? scaling?.type ?? 'default';
    // By one, linear scaling stretches nothing. Llama 3's is compiled into some libraries: see `checkLlamaConfig`.
    if (kind !== 'default' && kind !== 'llama3' && !(kind === 'linear' && scaling?.factor === 1)) {
      throw new AppError(
        'transcode/unsupported-model',
        'Models with a stretched context (rope scaling) cannot be converted',
        { scaling: kind },
      );
    }
  }
  if ((config.partial_rotary_factor ?? 1) !== 1) {
    throw new AppError(
      'transcode/unsupported-model',
      'Models that rotate a part of each head cannot be converted',
      {
        factor: config.partial_rotary_factor ?? 1,
      },
    );
  }
  const activation = config.hidden_act ?? 'silu';
  if (activation !== 'silu' && activation !== 'swish') {
    throw new AppError(
      'transcode/unsupported-model',
      `A Llama model has no place for the activation ${activation}`,
      {
        activation,
      },
    );
  }
}

export function toLlamaConfig(config: HfConfig): LlamaConfig {
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
    ropeScaling: llama3Scaling(config),
  };
}

/** @throws AppError `transcode/malformed` where a number is missing: there are no defaults. */
function llama3Scaling({ rope_scaling, rope_parameters }: HfConfig): Llama3Scaling | null {
  const scaling = [rope_scaling, rope_parameters].find(
    (each) => (each?.rope_type ?? each?.type) === 'llama3',
  );
  if (!scaling) return null;
  const { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = scaling;
  if (!factor || !low_freq_factor || !high_freq_factor || !original_max_position_embeddings) {
    throw new AppError('transcode/malformed', 'The rope scaling in config.json is incomplete', {
      file: 'config.json',
    });
  }
  return {
    factor,
    lowFreqFactor: low_freq_factor,
    highFreqFactor: high_freq_factor,
    originalContext: original_max_position_embeddings,
  };
}

const generationConfig = z.object({ eos_token_id: tokenIds.nullish() });

/**
 * Where a text begins and ends, by config.json; and where else a reply ends, by generation_config.json, which chat models
 * have for it.
 */
export async function readTokenIds(
  folder: ReadonlyMap<string, ByteSource>,
  { bos_token_id, eos_token_id }: HfConfig,
  signal?: AbortSignal,
): Promise<TokenIds> {
  const file = folder.get('generation_config.json');
  const generation = file === undefined ? {} : await readJson(file, generationConfig, signal);
  const eos = listOf(eos_token_id ?? generation.eos_token_id ?? 2);
  return { bos: bos_token_id ?? 1, eos, stops: [...eos, ...listOf(generation.eos_token_id ?? [])] };
}

function listOf(ids: number | readonly number[]): readonly number[] {
  return typeof ids === 'number' ? [ids] : ids;
}
