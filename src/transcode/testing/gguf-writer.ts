import type { TensorType } from '../../formats/gguf/tensor-types.ts';

/** Writes GGUF files for tests, right ones and, by `raw`, wrong ones. */
export type MetadataValue =
  | { readonly type: 'u32' | 'i32' | 'f32' | 'u64' | 'bool'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'f32s' | 'i32s'; readonly value: readonly number[] };

export interface TensorToWrite {
  readonly name: string;
  /** Fastest-running dimension first. */
  readonly dimensions: readonly number[];
  readonly type: TensorType | number;
  readonly bytes: Uint8Array;
  /** Replaces the true offset, to write overlapping or faraway tensors. */
  readonly offset?: number;
}

const TYPE_IDS: Record<TensorType, number> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  BF16: 30,
};

export interface GgufToWrite {
  readonly version?: number;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorToWrite[];
}

export function writeGguf({ version = 3, metadata, tensors }: GgufToWrite): Uint8Array<ArrayBuffer> {
  const alignment = metadata['general.alignment']?.type === 'u32' ? metadata['general.alignment'].value : 32;
  const out = new Writer();
  out.bytes(new TextEncoder().encode('GGUF'));
  out.u32(version);
  out.u64(tensors.length);
  out.u64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    out.string(key);
    writeValue(out, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    out.string(tensor.name);
    out.u32(tensor.dimensions.length);
    for (const length of tensor.dimensions) out.u64(length);
    out.u32(typeof tensor.type === 'number' ? tensor.type : TYPE_IDS[tensor.type]);
    out.u64(tensor.offset ?? offset);
    offset = align(offset + tensor.bytes.length, alignment);
  }
  for (const tensor of tensors) {
    out.pad(alignment);
    out.bytes(tensor.bytes);
  }
  return out.finish();
}

function writeValue(out: Writer, { type, value }: MetadataValue): void {
  switch (type) {
    case 'u32':
      out.u32(4);
      out.u32(value);
      break;
    case 'i32':
      out.u32(5);
      out.i32(value);
      break;
    case 'f32':
      out.u32(6);
      out.f32(value);
      break;
    case 'bool':
      out.u32(7);
      out.bytes(Uint8Array.of(value));
      break;
    case 'string':
      out.u32(8);
      out.string(value);
      break;
    case 'u64':
      out.u32(10);
      out.u64(value);
      break;
    case 'strings':
      out.array(8, value.length);
      for (const text of value) out.string(text);
      break;
    case 'f32s':
      out.array(6, value.length);
      for (const number of value) out.f32(number);
      break;
    case 'i32s':
      out.array(5, value.length);
      for (const number of value) out.i32(number);
      break;
  }
}

function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

class Writer {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  bytes(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  #fixed(length: number, set: (view: DataView) => void): void {
    const part = new Uint8Array(length);
    set(new DataView(part.buffer));
    this.bytes(part);
  }

  u32(value: number): void {
    this.#fixed(4, (view) => {
      view.setUint32(0, value, true);
    });
  }

  i32(value: number): void {
    this.#fixed(4, (view) => {
      view.setInt32(0, value, true);
    });
  }

  f32(value: number): void {
    this.#fixed(4, (view) => {
      view.setFloat32(0, value, true);
    });
  }

  u64(value: number): void {
    this.#fixed(8, (view) => {
      view.setBigUint64(0, BigInt(value), true);
    });
  }

  string(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u64(bytes.length);
    this.bytes(bytes);
  }

  array(type: number, length: number): void {
    this.u32(9);
    this.u32(type);
    this.u64(length);
  }

  pad(alignment: number): void {
    this.bytes(new Uint8Array(align(this.#length, alignment) - this.#length));
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
