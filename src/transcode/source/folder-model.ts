import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { readAwqGroup } from './awq-settings.ts';
import { baseName } from './file-names.ts';
import { TensorTable } from './folder-tensors.ts';
import { readTokenizer } from './folder-tokenizer.ts';
import { readConfigJson, readTokenIds, toLlamaConfig } from './hf-config.ts';
import { checkLlamaConfig, missingTensor } from './llama-checks.ts';
import type { LlamaConfig, LlamaLayer, Matrix, SourceModel } from './source-model.ts';
import { readFolderWeights } from './weight-files.ts';

/**
 * Opens a model folder: safetensors or PyTorch, one file or several with an index, F32/F16/BF16 or AWQ GEMM, and its
 * config.json and tokenizer. `files` are the folder's files; their base names count.
 * @throws AppError what `parseSafetensors` and `readTorchCheckpoint` throw, and `transcode/missing-file`,
 *   `transcode/wrong-architecture`, `transcode/missing-tensor`, `transcode/wrong-shape`, `transcode/unsupported`,
 *   `transcode/unsupported-model`, `transcode/bad-tokenizer`
 */
export async function openFolder(files: readonly ByteSource[], signal?: AbortSignal): Promise<SourceModel> {
  const folder = new Map(files.map((file) => [baseName(file.name), file]));
  const config = await readConfigJson(folder, signal);
  const { container, sources, made, tensors: stored } = await readFolderWeights(folder, signal);
  const tensors = new TensorTable(stored);
  const llama = checkLlamaConfig(toLlamaConfig(config));
  const awqGroup = tensors.isAwq ? await readAwqGroup(folder, config, signal) : null;
  // Weights that are plain floats again keep the entry of what they once were: the weights decide.
  if (awqGroup === null && config.quantization_config && !tensors.areFloats) {
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
  const tiedHead = config.tie_word_embeddings === true;
  if (!tiedHead && !tensors.has('lm_head.weight')) throw missingTensor('lm_head.weight');
  const stands = tensors.has('lm_head.weight')
    ? tensors.dense('lm_head', llama.vocabSize, llama.hiddenSize)
    : embedding;
  tensors.refuseLeftovers();
  const ids = await readTokenIds(folder, config, signal);
  return {
    format: awqGroup === null ? container : 'awq',
    sources,
    made,
    name: sources[0]?.name ?? 'model',
    config: llama,
    embedding,
    layers,
    norm,
    head: tiedHead ? embedding : stands,
    tiedHead,
    tokenizer: await readTokenizer(folder, ids, llama.vocabSize, signal),
  };
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
