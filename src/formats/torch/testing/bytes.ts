/** Little-endian numbers, for writing files in tests. */
export function u16(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint16Array([value]).buffer);
}

export function u32(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

export function u64(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new BigUint64Array([BigInt.asUintN(64, BigInt(value))]).buffer);
}

export function concatBytes(parts: readonly (Uint8Array | undefined)[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    if (part === undefined) continue;
    out.set(part, at);
    at += part.length;
  }
  return out;
}
