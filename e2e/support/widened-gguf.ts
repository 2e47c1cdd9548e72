import type { GgufHeader } from '../../src/formats/gguf/gguf-parser.ts';
import { half } from '../../src/transcode/testing/reference-llama.ts';

/** The same model with every half-precision matrix as f32: its values are those of the file, and so is its metadata, byte for byte. */
export function widenedGguf(bytes: Uint8Array, { tensors }: GgufHeader): Uint8Array<ArrayBuffer> {
  const [first] = tensors;
  if (!first) throw new Error('no tensors');
  const mark = Buffer.concat([u64(first.name.length), Buffer.from(first.name)]);
  const metadata = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [metadata.subarray(0, metadata.indexOf(mark))];
  const data: Buffer[] = [];
  let offset = 0;
  for (const { name, dimensions, typeName, offset: at, byteLength } of tensors) {
    const stored = bytes.subarray(at, at + byteLength);
    const values = typeName === 'F16' ? wide(stored) : stored;
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
