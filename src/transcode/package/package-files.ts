import { writeChatConfig } from '../../formats/mlc-package/chat-config.ts';
import {
  CHAT_CONFIG_FILE,
  OLD_TENSOR_CACHE_FILE,
  TENSOR_CACHE_FILE,
} from '../../formats/mlc-package/package-json.ts';
import { writeTensorCache } from '../../formats/mlc-package/tensor-cache.ts';
import type { ChatConfigOptions } from '../run/workers/conversion-port.ts';
import type { FileDigest } from '../run/hashing.ts';
import type { PackagePlan, TensorPlan } from '../plan/plan-package.ts';
import { shapeOf } from '../source/llama-checks.ts';
import type { TokenizerSource, TokenizerTraits } from '../../formats/tokenizer/vocabulary.ts';
import { tokenizerFiles } from '../../formats/tokenizer/tokenizer-json.ts';

export interface PackageFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Every file of the package but the shards and the provenance, in the order in which they must be stored:
 * the presence of `tensor-cache.json` says that a package is complete. */
export function packageFiles(
  plan: PackagePlan,
  options: ChatConfigOptions,
  digests: readonly FileDigest[],
): PackageFile[] {
  const cache = tensorCache(plan, digests);
  return [
    ...tokenizerFiles(plan.model.tokenizer, plan.model.config.contextLength),
    { name: CHAT_CONFIG_FILE, bytes: chatConfig(plan, options) },
    { name: OLD_TENSOR_CACHE_FILE, bytes: cache },
    { name: TENSOR_CACHE_FILE, bytes: cache },
  ];
}

/** The index, as the plan lays the tensors out. */
function tensorCache(plan: PackagePlan, digests: readonly FileDigest[]): Uint8Array<ArrayBuffer> {
  const parameters = plan.tensors.reduce((sum, tensor) => sum + valuesOf(tensor), 0);
  const shards = plan.shards.map((shard, i) => ({ ...shard, md5: digests[i]?.md5 ?? '' }));
  return writeTensorCache(shards, parameters);
}

function valuesOf(tensor: TensorPlan): number {
  return tensor.kind === 'vector' ? tensor.vector.length : tensor.rows * tensor.cols;
}

function chatConfig(plan: PackagePlan, options: ChatConfigOptions): Uint8Array<ArrayBuffer> {
  const { config, tokenizer, tiedHead } = plan.model;
  return writeChatConfig({
    quantization: plan.quantization,
    shape: shapeOf(config),
    rmsNormEps: config.rmsNormEps,
    vocabSize: config.vocabSize,
    tiedHead,
    context: Math.min(options.contextWindowSize ?? config.contextLength, config.contextLength),
    tokenizer: {
      bos: tokenizer.bos,
      eos: tokenizer.eos,
      addBos: tokenizer.addBos,
      stops: options.stopTokenIds ?? tokenizer.stops,
      ...traitsOf(tokenizer),
    },
    temperature: options.temperature ?? 0.7,
    topP: options.topP ?? 1,
  });
}

function traitsOf(tokenizer: TokenizerSource): TokenizerTraits {
  if (tokenizer.kind === 'files') return tokenizer.traits;
  if (tokenizer.kind === 'byte-pairs')
    return { postProcessing: 'byte_level', prependsSpace: false, stripsSpace: false };
  const { addSpacePrefix } = tokenizer;
  return { postProcessing: 'byte_fallback', prependsSpace: addSpacePrefix, stripsSpace: addSpacePrefix };
}
