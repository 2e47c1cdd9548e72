/** A GGUF file's half-precision weights for the reference forward pass: no rounding between the file and the sum. */
import { z } from 'zod';
import { parseGguf, type GgufHeader } from '../../formats/gguf/gguf-parser.ts';
import { memorySource } from './memory.ts';
import { half, type ReferenceModel } from './reference-llama.ts';

/** @throws Error for tensors other than F16 and F32, or a header without Llama's sizes. */
export async function readReferenceGguf(
  bytes: Uint8Array,
): Promise<ReferenceModel & { readonly header: GgufHeader }> {
  const header = await parseGguf(memorySource('model.gguf', bytes));
  const number = (key: string): number => z.number().parse(header.metadata.get(key));
  const hidden = number('llama.embedding_length');
  const heads = number('llama.attention.head_count');
  const config = {
    hidden_size: hidden,
    intermediate_size: number('llama.feed_forward_length'),
    num_attention_heads: heads,
    num_key_value_heads: number('llama.attention.head_count_kv'),
    num_hidden_layers: number('llama.block_count'),
    head_dim: hidden / heads,
    rms_norm_eps: number('llama.attention.layer_norm_rms_epsilon'),
    position_embedding_base: number('llama.rope.freq_base'),
  };
  const tensor = (name: string): { data: Float32Array; rows: number; cols: number } => {
    const found = header.tensors.find((each) => each.name === name);
    if (!found) throw new Error(`no ${name}`);
    const [cols = 0, rows = 1] = found.dimensions;
    const view = new DataView(bytes.buffer, bytes.byteOffset + found.offset, found.byteLength);
    const data = new Float32Array(rows * cols);
    if (found.typeName === 'F32') data.forEach((_, at) => (data[at] = view.getFloat32(4 * at, true)));
    else if (found.typeName === 'F16')
      data.forEach((_, at) => (data[at] = half(view.getUint16(2 * at, true))));
    else throw new Error(`${name} is ${found.typeName}`);
    return { data, rows, cols };
  };
  const weights: ReferenceModel['weights'] = new Map();
  weights.set('model.embed_tokens', tensor('token_embd.weight'));
  weights.set('lm_head', tensor('output.weight'));
  weights.set('model.norm.weight', tensor('output_norm.weight'));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const from = (name: string) => tensor(`blk.${layer}.${name}.weight`);
    const to = (name: string): string => `model.layers.${layer}.${name}`;
    weights.set(to('input_layernorm.weight'), from('attn_norm'));
    weights.set(to('post_attention_layernorm.weight'), from('ffn_norm'));
    weights.set(
      to('self_attn.qkv_proj'),
      stacked([
        unpermuted(from('attn_q'), heads),
        unpermuted(from('attn_k'), config.num_key_value_heads),
        from('attn_v'),
      ]),
    );
    weights.set(to('self_attn.o_proj'), from('attn_output'));
    weights.set(to('mlp.gate_up_proj'), stacked([from('ffn_gate'), from('ffn_up')]));
    weights.set(to('mlp.down_proj'), from('ffn_down'));
  }
  return { config, vocabSize: weights.get('lm_head')?.rows ?? 0, weights, header };
}

type Matrix = ReturnType<ReferenceModel['weights']['get']> & object;

function stacked(parts: readonly Matrix[]): Matrix {
  const [first] = parts;
  const cols = first?.cols ?? 0;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, cols };
}

/** llama.cpp pairs neighbouring rows for its rotation, this forward pass a row and the one half a head further on. */
function unpermuted({ data, rows, cols }: Matrix, heads: number): Matrix {
  const size = rows / heads;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const head = Math.floor(row / size);
    const within = row % size;
    const to = head * size + (within % 2) * (size / 2) + Math.floor(within / 2);
    out.set(data.subarray(row * cols, (row + 1) * cols), to * cols);
  }
  return { data: out, rows, cols };
}
