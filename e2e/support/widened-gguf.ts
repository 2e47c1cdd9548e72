import type { GgufHeader } from '../../src/formats/gguf/gguf-parser.ts';
import { half, readPackageWeights, type ReadFile } from '../../src/transcode/testing/reference-llama.ts';

/**
 * The same model with every half-precision matrix as f32: its metadata is the file's, byte for byte, and so are its values, unless
 * others are given.
 * @param valuesOf a matrix's values in the file's order, by its name; null: the file's own
 */
export function widenedGguf(
  bytes: Uint8Array,
  { tensors }: GgufHeader,
  valuesOf: (name: string) => Float32Array<ArrayBuffer> | null = () => null,
): Uint8Array<ArrayBuffer> {
  const [first] = tensors;
  if (!first) throw new Error('no tensors');
  const mark = Buffer.concat([u64(first.name.length), Buffer.from(first.name)]);
  const metadata = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [metadata.subarray(0, metadata.indexOf(mark))];
  const data: Buffer[] = [];
  let offset = 0;
  for (const { name, dimensions, typeName, offset: at, byteLength } of tensors) {
    const stored = bytes.subarray(at, at + byteLength);
    const given = typeName === 'F16' ? valuesOf(name) : null;
    const values = given ? new Uint8Array(given.buffer) : typeName === 'F16' ? wide(stored) : stored;
    parts.push(u64(name.length), Buffer.from(name), u32(dimensions.length), ...dimensions.map(u64));
    parts.push(u32(0), u64(offset)); // F32
    const padded = Buffer.alloc(Math.ceil(values.length / 32) * 32);
    padded.set(values);
    data.push(padded);
    offset += padded.length;
  }
  const head = Buffer.concat(parts);
  return new Uint8Array(Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), ...data]));
}

/** A GGUF file with the weights of an MLC package that was made from it: what both engines can be asked with. */
export function packageAsGguf(gguf: Uint8Array, header: GgufHeader, read: ReadFile): Uint8Array<ArrayBuffer> {
  const weights = readPackageWeights(read);
  const count = (key: string): number => Number(header.metadata.get(`llama.${key}`));
  const heads = count('attention.head_count');
  const size = count('embedding_length') / heads;
  const keyRows = count('attention.head_count_kv') * size;
  const rows = (name: string, from: number, to?: number): Matrix => {
    const found = weights.get(name);
    if (!found) throw new Error(`no ${name}`);
    const { cols, data } = found;
    return { cols, data: data.slice(from * cols, to === undefined ? data.length : to * cols) };
  };
  return widenedGguf(gguf, header, (name) => {
    const [, layer = '', matrix = ''] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? [];
    if (layer === '') return rows(name === 'output.weight' ? 'lm_head' : 'model.embed_tokens', 0).data;
    const of = (part: string): string => `model.layers.${layer}.${part}`;
    const ffn = count('feed_forward_length');
    const all = heads * size;
    switch (matrix) {
      case 'attn_q':
        return interleaved(rows(of('self_attn.qkv_proj'), 0, all), size);
      case 'attn_k':
        return interleaved(rows(of('self_attn.qkv_proj'), all, all + keyRows), size);
      case 'attn_v':
        return rows(of('self_attn.qkv_proj'), all + keyRows).data;
      case 'attn_output':
        return rows(of('self_attn.o_proj'), 0).data;
      case 'ffn_gate':
        return rows(of('mlp.gate_up_proj'), 0, ffn).data;
      case 'ffn_up':
        return rows(of('mlp.gate_up_proj'), ffn).data;
      case 'ffn_down':
        return rows(of('mlp.down_proj'), 0).data;
      default:
        throw new Error(`no place for ${name}`);
    }
  });
}

interface Matrix {
  readonly cols: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** MLC rotates a row with the one half a head further on, llama.cpp neighbouring rows. @param size rows of a head */
function interleaved({ cols, data }: Matrix, size: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let row = 0; row < data.length / cols; row++) {
    const within = row % size;
    const from = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
    out.set(data.subarray(from * cols, (from + 1) * cols), row * cols);
  }
  return out;
}

function wide(halves: Uint8Array): Uint8Array {
  const view = new DataView(halves.buffer, halves.byteOffset, halves.byteLength);
  const floats = Float32Array.from({ length: halves.length / 2 }, (_, at) =>
    half(view.getUint16(2 * at, true)),
  );
  return new Uint8Array(floats.buffer);
}

function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}
