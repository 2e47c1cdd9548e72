import { readFile } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import { env } from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll } from './testing/sources.ts';
import { PickleWriter, writeTorch, writeZip, type ZipFileToWrite } from './testing/torch-writer.ts';

const RUNS = Number(env.FUZZ_RUNS ?? 2000);
const TIMEOUT = 60_000 + 20 * RUNS;

const withPickle = (bytes: Uint8Array): Promise<unknown> =>
  readAll(writeZip([{ name: 'm/data.pkl', bytes }]));
const begin = (): PickleWriter => new PickleWriter();

describe('pickles that want more than to describe tensors', () => {
  it.each([
    ['os.system', begin().global('os', 'system').text('id').op(0x85, 0x52)],
    ['posix.system', begin().text('posix').text('system').op(0x93).text('id').op(0x85, 0x52)],
    ['builtins.eval', begin().global('builtins', 'eval').text('1').op(0x85, 0x52)],
    ['torch.load', begin().global('torch', 'load').text('x').op(0x85, 0x52)],
    ['torch._utils._rebuild_tensor', begin().global('torch._utils', '_rebuild_tensor')],
    ['collections.OrderedDict.fromkeys', begin().global('collections', 'OrderedDict.fromkeys')],
    ['__builtin__.getattr', begin().global('__builtin__', 'getattr')],
  ])('%s is refused by its name', async (name, pickle) => {
    expect(await withPickle(pickle.finish())).toMatchObject({
      code: 'transcode/not-only-weights',
      details: { name },
    });
  });

  it.each([
    ['INST', begin().op(0x28, 0x69)],
    ['OBJ', begin().op(0x28).global('collections', 'OrderedDict').op(0x6f)],
    ['NEWOBJ', begin().global('collections', 'OrderedDict').op(0x29, 0x81)],
    ['EXT1', begin().op(0x82, 1)],
    ['PERSID', begin().op(0x50)],
    ['number 255', begin().op(0xff)],
  ])('the instruction %s is refused by its name', async (instruction, pickle) => {
    expect(await withPickle(pickle.finish())).toMatchObject({
      code: 'transcode/not-only-weights',
      details: { instruction },
    });
  });

  it.each([
    ['names of an object’s own parts', begin().op(0x7d).text('__proto__').op(0x7d, 0x73)],
    ['a class called', begin().global('torch', 'FloatStorage').op(0x29, 0x52)],
    ['a list called', begin().op(0x5d, 0x29, 0x52)],
    ['state set on a list', begin().op(0x5d, 0x7d, 0x62)],
    ['an empty stack', begin().op(0x30)],
    ['values below a mark', begin().op(0x4e, 0x28, 0x30)],
    ['a mark that is not there', begin().op(0x75)],
    ['a memory that is not there', begin().op(0x68, 7)],
    ['something behind the end', begin().op(0x7d, 0x2e)],
    ['a value too many', begin().op(0x7d, 0x7d)],
    ['no text', begin().op(0x58, 2, 0, 0, 0, 0xff, 0xff)],
    [
      'a storage with a text for its length',
      begin()
        .op(0x28)
        .text('storage')
        .global('torch', 'HalfStorage')
        .text('0')
        .text('cpu')
        .text('9')
        .op(0x74, 0x51),
    ],
    [
      'a tensor beyond its storage',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: [5], bytes: new Uint8Array(8) }, 0)
        .op(0x73),
    ],
    [
      'a tensor whose strides lead beyond',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: [2, 2], strides: [4, 1], bytes: new Uint8Array(8) }, 0)
        .op(0x73),
    ],
    [
      'a tensor with a negative offset',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: [1], offset: -1, bytes: new Uint8Array(8) }, 0)
        .op(0x73),
    ],
    [
      'a shape that overflows',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: [2 ** 30, 2 ** 30], strides: [0, 0], bytes: new Uint8Array(8) }, 0)
        .op(0x73),
    ],
    [
      'a storage that is not in the archive',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: [4], bytes: new Uint8Array(8) }, 9)
        .op(0x73),
    ],
    [
      'a storage described twice',
      begin()
        .op(0x7d)
        .text('a')
        .tensor({ dtype: 'F16', shape: [4], bytes: new Uint8Array(8) }, 0)
        .op(0x73)
        .text('b')
        .tensor({ dtype: 'F32', shape: [1], bytes: new Uint8Array(4) }, 0)
        .op(0x73),
    ],
  ])('%s', async (_, pickle) => {
    expect(await withPickle(pickle.finish())).toMatchObject({
      code: expect.stringMatching(/^transcode\/(malformed|not-only-weights)$/) as string,
    });
  });

  it.each([
    ['values waiting', begin().repeat(200_000, 0x29)],
    ['marks', begin().repeat(2000, 0x28)],
    ['steps', begin().repeat(1_100_000, 0x4e, 0x30)],
    ['text', begin().text('x'.repeat(70_000))],
    [
      'dimensions',
      begin()
        .op(0x7d)
        .text('w')
        .tensor({ dtype: 'F16', shape: new Array<number>(20).fill(1), bytes: new Uint8Array(8) }, 0)
        .op(0x73),
    ],
    ['digits', begin().op(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
  ])('too many %s', async (_, pickle) => {
    expect(await withPickle(pickle.finish())).toMatchObject({ code: 'transcode/over-limit' });
  });

  it('unfolds nothing that is shared', async () => {
    // [x, x] of [x, x] of …: the bomb for programs that walk through what they read.
    const lists = begin().op(0x5d, 0x71, 0);
    for (let n = 1; n < 200; n++) lists.op(0x5d, 0x71, n, 0x28, 0x68, n - 1, 0x68, n - 1, 0x65);
    expect(await withPickle(lists.finish())).toMatchObject({ code: 'transcode/malformed' });
  });
});

const pickle = {
  name: 'm/data.pkl',
  bytes: begin()
    .op(0x7d)
    .text('w')
    .tensor({ dtype: 'F16', shape: [50], bytes: new Uint8Array(100) }, 0)
    .op(0x73)
    .finish(),
};
const data = { name: 'm/data/0', bytes: new Uint8Array(100) };

describe('archives that lie', () => {
  it.each<[string, string, readonly ZipFileToWrite[]]>([
    [
      'two entries at one place',
      'malformed',
      [pickle, data, { ...data, name: 'm/data/1', claims: { headerOffset: 0 } }],
    ],
    [
      'an entry inside another',
      'malformed',
      [pickle, { ...data, claims: { packedBytes: 90, bytes: 90, headerOffset: 5 } }],
    ],
    ['a stored entry that unpacks to more', 'malformed', [pickle, { ...data, claims: { bytes: 1000 } }]],
    [
      'an entry longer than the file',
      'malformed',
      [pickle, { ...data, claims: { bytes: 1e6, packedBytes: 1e6 } }],
    ],
    [
      'an entry shorter than its storage',
      'malformed',
      [pickle, { ...data, claims: { bytes: 50, packedBytes: 50 } }],
    ],
    ['another name in the local header', 'malformed', [pickle, { ...data, localName: 'm/data/1' }]],
    ['one name twice', 'malformed', [pickle, data, data]],
    ['encryption', 'unsupported', [pickle, { ...data, flags: 1 }]],
    ['another compression', 'unsupported', [pickle, { ...data, method: 12 }]],
  ])('%s', async (_, code, files) => {
    expect(await readAll(writeZip([pickle, data]))).toBeInstanceOf(Map);
    expect(await readAll(writeZip(files))).toMatchObject({ code: `transcode/${code}` });
    expect(await readAll(writeZip(files, { zip64: true }))).toMatchObject({ code: `transcode/${code}` });
  });

  it('a damaged description', async () => {
    const bytes = writeZip([pickle, data]);
    bytes[70] = (bytes[70] ?? 0) ^ 1;
    expect(await readAll(bytes)).toMatchObject({ code: 'transcode/malformed' });
  });

  it('bytes before or behind, or none at the end', async () => {
    const bytes = writeZip([pickle, data]);
    const behind = new Uint8Array(bytes.length + 1);
    behind.set(bytes);
    const before = new Uint8Array(bytes.length + 64);
    before.set(bytes.subarray(0, 4));
    before.set(bytes, 64);
    expect(await readAll(behind)).toMatchObject({ code: 'transcode/truncated' });
    expect(await readAll(before)).toMatchObject({ code: 'transcode/malformed' });
    for (let length = 0; length < bytes.length; length += 7) {
      expect(await readAll(bytes.subarray(0, length))).toMatchObject({
        code: expect.stringMatching(/truncated|not-a-model/) as string,
      });
    }
  });

  it('a bomb: more than deflate can give is refused unread, what it can give only as far as it is asked for', async () => {
    const zeros = new Uint8Array(100_000_000);
    const bomb = new Uint8Array(deflateRawSync(zeros));
    const one = begin()
      .op(0x7d)
      .text('w')
      .tensor({ dtype: 'F16', shape: [2], bytes: { length: 4e8 } }, 0)
      .op(0x73);
    const lying = { ...data, bytes: bomb, method: 8, claims: { bytes: 4e8 } };
    expect(await readAll(writeZip([{ name: 'm/data.pkl', bytes: one.finish() }, lying]))).toMatchObject({
      code: 'transcode/malformed',
    });
    const large = { name: 'm/data.pkl', bytes: bomb, method: 8, claims: { bytes: zeros.length } };
    expect(await readAll(writeZip([large]))).toMatchObject({ code: 'transcode/over-limit' });
    const small = { name: 'm/data.pkl', bytes: bomb, method: 8, claims: { bytes: 10 } };
    expect(await readAll(writeZip([small]))).toMatchObject({ code: 'transcode/malformed' });
  });

  it('deflated storage that is none, or of another length', async () => {
    const packed = new Uint8Array(deflateRawSync(data.bytes));
    const storage = (bytes: Uint8Array): ZipFileToWrite => ({
      ...data,
      bytes,
      method: 8,
      claims: { bytes: 100 },
    });
    expect(await readAll(writeZip([pickle, storage(packed)]))).toBeInstanceOf(Map);
    const shorter = new Uint8Array(deflateRawSync(new Uint8Array(99)));
    const longer = new Uint8Array(deflateRawSync(new Uint8Array(101)));
    for (const bytes of [shorter, longer, new Uint8Array(20).fill(0xff), packed.subarray(0, -1)]) {
      expect(await readAll(writeZip([pickle, storage(bytes)]))).toMatchObject({
        code: 'transcode/malformed',
      });
    }
  });
});

const seeds = await Promise.all([
  ...['tensors.pt', 'state-dict.pt', 'deflated.pt'].map((name) =>
    readFile(new URL(`testing/fixtures/${name}`, import.meta.url)),
  ),
  Promise.resolve(
    writeTorch([{ name: 'w', dtype: 'F16', shape: [2, 3], bytes: new Uint8Array(12) }], { zip64: true }),
  ),
]);

it(
  'opens or refuses a checkpoint with mutated bytes',
  async () => {
    let refused = 0;
    const edits = fc.array(
      fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 0xff, 0x52, 0x63, 0x28), fc.nat({ max: 255 }))),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seeds), edits, async (seed, changes) => {
        const bytes = new Uint8Array(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        if ((await readAll(bytes)) instanceof Error) refused++;
      }),
      { numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 10);
  },
  TIMEOUT,
);

it(
  'opens or refuses any pickle, its check value being right',
  async () => {
    const [seed] = seeds;
    const real = seed.subarray(64, 64 + 1975); // where PyTorch puts the first entry, and its length
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: real.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
      .map((changes) => {
        const bytes = new Uint8Array(real);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    const letters = fc
      .array(
        fc.constantFrom(
          0x28,
          0x29,
          0x2e,
          0x30,
          0x31,
          0x32,
          0x4b,
          0x4e,
          0x51,
          0x52,
          0x55,
          0x5d,
          0x61,
          0x62,
          0x63,
          0x65,
          0x68,
          0x71,
          0x73,
          0x74,
          0x75,
          0x7d,
          0x85,
          0x86,
          0x87,
          0x88,
          0x8c,
          0x93,
          0x94,
          0x0a,
          0,
          1,
        ),
        { maxLength: 80 },
      )
      .map((codes) => new Uint8Array([0x80, 2, ...codes]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, letters, fc.uint8Array({ maxLength: 200 })), async (bytes) => {
        await withPickle(bytes);
      }),
      { numRuns: RUNS },
    );
  },
  TIMEOUT,
);
