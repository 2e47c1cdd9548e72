/** Half precision, bit by bit: IEEE 754 binary16. Node 20 and older browsers have no Float16Array. */

const f32 = new Float32Array(1);
const f32Bits = new Uint32Array(f32.buffer);

/** The value of each of the 65,536 half-precision bit patterns. */
export const F16_VALUES: Float32Array = makeValues();

function makeValues(): Float32Array {
  const values = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = (bits & 0x8000) === 0 ? 1 : -1;
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    values[bits] =
      exponent === 0
        ? sign * fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? sign * Infinity
            : Number.NaN
          : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** The value of one bit pattern. */
export function f16ToNumber(bits: number): number {
  return F16_VALUES[bits & 0xffff] ?? Number.NaN;
}

/** The nearest half-precision bit pattern; ties to even; beyond 65,519.99 infinity. The number is first taken as an f32. */
export function f16FromNumber(value: number): number {
  f32[0] = value;
  const bits = f32Bits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half has steps of 2^-24, just what an f32 near 0.5 has: the addition rounds.
    f32[0] = Math.abs(value) + 0.5;
    return sign | ((f32Bits[0] ?? 0) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** The value a number has once stored as a half. */
export function f16Round(value: number): number {
  return f16ToNumber(f16FromNumber(value));
}
