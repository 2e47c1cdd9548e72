import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ByteSource } from '../../lib/byte-source.ts';
import { FUZZ_RUNS, FUZZ_TIMEOUT, opensOrRefuses, strictSource } from '../../transcode/testing/fuzzing.ts';
import { tinyFolder } from '../../transcode/testing/tiny-folder.ts';

const SHAPE = { hidden: 32, ffn: 32, layers: 1, heads: 1, kvHeads: 1, headDim: 32, vocab: 12 };

interface Stored {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function stored(files: readonly ByteSource[]): Promise<Stored[]> {
  return Promise.all(files.map(async (file) => ({ name: file.name, bytes: await file.read(0, file.size) })));
}

const FOLDERS = await Promise.all(
  [
    tinyFolder({ shape: SHAPE }),
    tinyFolder({ shape: SHAPE, awq: 32 }),
    tinyFolder({ shape: SHAPE, parts: 2 }),
  ].map(({ files }) => stored(files)),
);

/** The length of the part worth mutating: a safetensors header, a whole side file. */
function textLength({ name, bytes }: Stored): number {
  return name.endsWith('.safetensors')
    ? 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    : bytes.length;
}

const ABSURD = [
  '-1',
  '0',
  '1e999',
  '1e15',
  '9007199254740993',
  '0.5',
  'null',
  '{}',
  '[]',
  '"x"',
  '"__proto__"',
  'true',
  '99999999',
];

/** Puts `with` in place of the n-th number or text of the JSON, keeping the header's length field right. */
function replaceValue(file: Stored, n: number, value: string): Uint8Array {
  const isWeights = file.name.endsWith('.safetensors');
  const end = textLength(file);
  const json = new TextDecoder().decode(file.bytes.subarray(isWeights ? 8 : 0, end));
  const matches = [...json.matchAll(/"[^"]*"|-?\d+(?:\.\d+)?/g)];
  const match = matches[n % Math.max(1, matches.length)];
  if (match === undefined) return file.bytes;
  const text = new TextEncoder().encode(
    json.slice(0, match.index) + value + json.slice(match.index + match[0].length),
  );
  if (!isWeights) return text;
  const out = new Uint8Array(8 + text.length + file.bytes.length - end);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(file.bytes.subarray(end), 8 + text.length);
  return out;
}

type Mutate = (file: Stored) => Uint8Array;

const mutation: fc.Arbitrary<Mutate> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, value]): Mutate => (file) => {
    const bytes = file.bytes.slice();
    bytes[at % textLength(file)] = value;
    return bytes;
  }),
  fc.tuple(fc.nat(), fc.constantFrom(...ABSURD)).map(
    ([n, value]): Mutate =>
      (file) =>
        replaceValue(file, n, value),
  ),
  fc.nat().map(
    (length): Mutate =>
      (file) =>
        file.bytes.slice(0, length % file.bytes.length),
  ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((length): Mutate => (file) => {
    const bytes = file.bytes.slice();
    if (bytes.length >= 8) new DataView(bytes.buffer).setBigUint64(0, length, true);
    return bytes;
  }),
);

it('the folders that are mutated below open', async () => {
  for (const folder of FOLDERS) {
    expect(await opensOrRefuses(folder.map(({ name, bytes }) => strictSource(name, bytes)))).toBe(true);
  }
});

it(
  'opens or refuses a folder with one mutated file',
  async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FOLDERS), fc.nat(), mutation, async (folder, which, mutate) => {
        const files = folder.map((file, i) =>
          strictSource(file.name, i === which % folder.length ? mutate(file) : file.bytes),
        );
        if (!(await opensOrRefuses(files))) refused++;
      }),
      { numRuns: FUZZ_RUNS },
    );
    // Otherwise the mutations would not reach what the parser checks.
    expect(refused).toBeGreaterThan(FUZZ_RUNS / 4);
  },
  FUZZ_TIMEOUT,
);

it(
  'refuses random bytes and random JSON as weights',
  async () => {
    const sideFiles = (FOLDERS[0] ?? []).filter(({ name }) => name.endsWith('.json'));
    const header = fc.json().map((json) => {
      const text = new TextEncoder().encode(json);
      const bytes = new Uint8Array(8 + text.length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
      bytes.set(text, 8);
      return bytes;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 256 }), header), async (bytes) => {
        const files = [...sideFiles, { name: 'model.safetensors', bytes }];
        expect(await opensOrRefuses(files.map((file) => strictSource(file.name, file.bytes)))).toBe(false);
      }),
      { numRuns: FUZZ_RUNS },
    );
  },
  FUZZ_TIMEOUT,
);
