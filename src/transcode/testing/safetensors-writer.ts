/** Writes safetensors for tests, right ones and wrong ones. */
export interface SafetensorsToWrite {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Replaces the true offsets. */
  readonly offsets?: readonly [number, number];
}

export function writeSafetensors(tensors: readonly SafetensorsToWrite[]): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let offset = 0;
  for (const { name, dtype, shape, bytes, offsets } of tensors) {
    header[name] = { dtype, shape, data_offsets: offsets ?? [offset, offset + bytes.length] };
    offset += bytes.length;
  }
  return joinSafetensors(
    JSON.stringify(header),
    tensors.map(({ bytes }) => bytes),
  );
}

/** The library's types by rank, as in its `Dtype`. */
const RANKS = ['BOOL', 'U8', 'I8', 'I16', 'U16', 'F16', 'BF16', 'I32', 'U32', 'F32', 'F64', 'I64', 'U64'];

/** As the safetensors library orders a file: by descending type, so that all are aligned, then by name. */
export function inLibraryOrder<T extends Pick<SafetensorsToWrite, 'name' | 'dtype'>>(
  tensors: readonly T[],
): T[] {
  const rank = ({ dtype }: T): number => RANKS.indexOf(dtype);
  return inNameOrder(tensors).sort((a, b) => rank(b) - rank(a));
}

/** As writers without the library do, and the library did before it aligned. */
export function inNameOrder<T extends Pick<SafetensorsToWrite, 'name'>>(tensors: readonly T[]): T[] {
  return [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function joinSafetensors(header: string, data: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  // Padded with spaces so that the data is aligned, as the reference writer does.
  const json = new TextEncoder().encode(header.padEnd(Math.ceil((header.length + 8) / 8) * 8 - 8, ' '));
  const out = new Uint8Array(8 + json.length + data.reduce((sum, part) => sum + part.length, 0));
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  let at = 8 + json.length;
  for (const part of data) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
