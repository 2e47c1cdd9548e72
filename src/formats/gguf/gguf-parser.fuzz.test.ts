import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FUZZ_RUNS, FUZZ_TIMEOUT, opensOrRefuses, strictSource } from '../../transcode/testing/fuzzing.ts';
import { writeGguf } from '../../transcode/testing/gguf-writer.ts';
import { tinyLlama } from '../../transcode/testing/tiny-llama.ts';

const SHAPE = { hidden: 32, ffn: 32, layers: 1, heads: 1, kvHeads: 1, headDim: 32, vocab: 12 };
const VALID = writeGguf(tinyLlama({ shape: SHAPE }));
/** Up to the first tensor's data. */
const HEADER =
  VALID.length - tinyLlama({ shape: SHAPE }).tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
const MAGIC = [0x47, 0x47, 0x55, 0x46];

const ABSURD = [
  0n,
  1n,
  255n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const anywhere = fc.nat({ max: HEADER - 1 });
/** One thing done to a copy of the valid file; the result may be shorter. */
const mutation = fc.oneof(
  fc.tuple(anywhere, fc.nat({ max: 255 })).map(([at, value]) => (bytes: Uint8Array) => {
    bytes[at % bytes.length] = value;
    return bytes;
  }),
  fc.tuple(anywhere, fc.constantFrom(...ABSURD)).map(([at, value]) => (bytes: Uint8Array) => {
    if (at + 8 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at, value, true);
    return bytes;
  }),
  fc
    .tuple(anywhere, fc.constantFrom(0, 1, 9, 1000, 0x7fffffff, 0xffffffff))
    .map(([at, value]) => (bytes: Uint8Array) => {
      if (at + 4 <= bytes.length) new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value, true);
      return bytes;
    }),
  fc
    .nat({ max: VALID.length })
    .map((length) => (bytes: Uint8Array) => bytes.subarray(0, Math.max(1, length % bytes.length))),
  fc.tuple(anywhere, anywhere, fc.nat({ max: 64 })).map(
    ([to, from, length]) =>
      (bytes: Uint8Array) =>
        bytes.copyWithin(to, from, from + length),
  ),
);

it('the file that is mutated below opens', async () => {
  expect(await opensOrRefuses([strictSource('tiny.gguf', VALID)])).toBe(true);
});

it(
  'opens or refuses any mutated file',
  async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        const bytes = mutations.reduce<Uint8Array>((file, mutate) => mutate(file), VALID.slice());
        if (!(await opensOrRefuses([strictSource('tiny.gguf', bytes)]))) refused++;
      }),
      { numRuns: FUZZ_RUNS },
    );
    // Otherwise the mutations would not reach what the parser checks.
    expect(refused).toBeGreaterThan(FUZZ_RUNS / 4);
  },
  FUZZ_TIMEOUT,
);

it(
  'refuses random bytes, with and without the right beginning',
  async () => {
    const start = fc.constantFrom(
      [],
      MAGIC,
      [...MAGIC, 3, 0, 0, 0],
      [...MAGIC, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 512 }), async (head, rest) => {
        expect(await opensOrRefuses([strictSource('x.gguf', Uint8Array.of(...head, ...rest))])).toBe(false);
      }),
      { numRuns: FUZZ_RUNS },
    );
  },
  FUZZ_TIMEOUT,
);
