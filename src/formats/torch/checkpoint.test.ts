import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readTorchCheckpoint, type TorchTensor } from './checkpoint.ts';
import { TensorPlaces } from './tensor-source.ts';
import { readAll, readTensor, strictSource } from './testing/sources.ts';
import { writeTorch, writeZip, PickleWriter } from './testing/torch-writer.ts';

const fixture = (name: string): Promise<Uint8Array> =>
  readFile(new URL(`testing/fixtures/${name}`, import.meta.url));
const described = z.record(
  z.string(),
  z.object({ dtype: z.string(), shape: z.array(z.number()), strides: z.array(z.number()), hex: z.string() }),
);
const expectedSchema = z.object({ tensors: described, 'state-dict': described });
let expected: z.infer<typeof expectedSchema>;
beforeAll(async () => {
  expected = expectedSchema.parse(JSON.parse(Buffer.from(await fixture('expected.json')).toString()));
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function tensorsOf(bytes: Uint8Array): Promise<Record<string, unknown>> {
  const file = strictSource(bytes);
  const places = new TensorPlaces(file);
  const found: Record<string, unknown> = {};
  for (const tensor of await readTorchCheckpoint(file)) {
    const { name, dtype, shape, strides } = tensor;
    found[name] = { dtype, shape, strides, hex: hex(await readTensor(file, places, tensor)) };
  }
  return found;
}

describe('files PyTorch wrote', () => {
  it.each(['tensors.pt', 'protocol-4.pt', 'deflated.pt'])(
    '%s: every tensor as PyTorch reads it',
    async (name) => {
      expect(await tensorsOf(await fixture(name))).toEqual(expected.tensors);
    },
  );

  it('reads a module’s state dictionary, whose versions are no weights', async () => {
    expect(await tensorsOf(await fixture('state-dict.pt'))).toEqual(expected['state-dict']);
  });

  it('reads tensors in pieces that cut through rows and elements', async () => {
    for (const name of ['tensors.pt', 'deflated.pt']) {
      const file = strictSource(await fixture(name));
      const places = new TensorPlaces(file);
      for (const tensor of await readTorchCheckpoint(file)) {
        expect(hex(await readTensor(file, places, tensor, 3))).toBe(expected.tensors[tensor.name]?.hex);
      }
    }
  });

  it('serves reads that come all at once, of several tensors, in any order', async () => {
    const file = strictSource(await fixture('deflated.pt'));
    const places = new TensorPlaces(file);
    const tensors = await readTorchCheckpoint(file);
    const both = [...tensors, ...tensors.toReversed()];
    const read = await Promise.all(both.map((tensor) => readTensor(file, places, tensor, 5)));
    expect(read.map(hex)).toEqual(both.map(({ name }) => expected.tensors[name]?.hex));
  });

  it('tells contiguous tensors, which are read where they lie, from the rest', async () => {
    const file = strictSource(await fixture('tensors.pt'));
    const places = new TensorPlaces(file);
    const made = (await readTorchCheckpoint(file))
      .filter((tensor: TorchTensor) => places.place(tensor).kind === 'made')
      .map(({ name }) => name);
    expect(made).toEqual([
      'shared.columns',
      'transposed',
      'transposed.part',
      'every-other',
      'column',
      'expanded.rows',
      'expanded.columns',
      'cube.slice',
    ]);
  });

  it.each([
    ['legacy.pt', 'transcode/old-torch', /before PyTorch 1\.6/],
    ['whole-module.pt', 'transcode/not-only-weights', /torch\.nn\.modules\.linear\.Linear/],
    ['not-only-tensors.pt', 'transcode/not-only-weights', /step/],
    ['list.pt', 'transcode/not-only-weights', /something else than named tensors/],
  ])('refuses %s by name', async (name, code, message) => {
    await expect(readTorchCheckpoint(strictSource(await fixture(name)))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
});

const halves = (count: number): Uint8Array =>
  new Uint8Array(new Uint16Array(count).map((_, i) => 0x3c00 + i).buffer);

describe('files written here', () => {
  it.each([{}, { zip64: true }, { deflate: true }, { deflate: true, zip64: true }])(
    'reads back what the test’s writer wrote: %o',
    async (options) => {
      const shared = halves(24);
      const bytes = writeTorch(
        [
          { name: 'a', dtype: 'F16', shape: [4, 6], bytes: shared },
          { name: 'b', dtype: 'F16', shape: [2, 6], offset: 12, bytes: shared },
          { name: 'c', dtype: 'F16', shape: [6, 4], strides: [1, 6], bytes: shared },
        ],
        options,
      );
      const all = await readAll(bytes);
      if (all instanceof Error) throw all;
      expect(all.get('a')).toEqual(shared);
      expect(all.get('b')).toEqual(shared.subarray(24));
      const c = new Uint16Array(all.get('c')?.slice().buffer ?? new ArrayBuffer(0));
      expect([...c.subarray(0, 5)]).toEqual([0, 6, 12, 18, 1].map((i) => 0x3c00 + i));
    },
  );

  it.each([1, 2, 4, 8])('gathers strided matrices block by block, of %i-byte elements', async (size) => {
    // Narrow limits: every loop of the gathering goes round more than once, and one row or column is more than one read.
    const [rows, cols] = [37, 53];
    const dtype = ({ 1: 'BOOL', 2: 'BF16', 4: 'F32', 8: 'F64' } as const)[size as 1 | 2 | 4 | 8];
    const bytes = Uint8Array.from({ length: rows * cols * size }, (_, i) => (i * 2654435761) >>> 24);
    const storage = {
      method: 'stored',
      dataOffset: 0,
      packedBytes: bytes.length,
      bytes: bytes.length,
    } as const;
    const file = strictSource(bytes);
    const element = (index: number): string => hex(bytes.subarray(index * size, (index + 1) * size));
    for (const [readBytes, gatheredBytes] of [
      [1, 1],
      [40, 300],
      [400, 3000],
      [5000, 100_000],
    ] as const) {
      const places = new TensorPlaces(file, { readBytes, gatheredBytes });
      const tensor = { name: 't', dtype, storage, byteOffset: 0, byteLength: bytes.length };
      const transposed = { ...tensor, shape: [cols, rows], strides: [1, cols] };
      const inTurn: string[] = [];
      for (let c = 0; c < cols; c++) for (let r = 0; r < rows; r++) inTurn.push(element(r * cols + c));
      expect(hex(await readTensor(file, places, transposed, 999))).toBe(inTurn.join(''));
      const part = { ...tensor, shape: [rows, 9], strides: [cols, 5], byteOffset: 3 * size };
      const picked: string[] = [];
      for (let r = 0; r < rows; r++) for (let c = 0; c < 9; c++) picked.push(element(r * cols + 3 + 5 * c));
      const partly = { ...part, byteLength: rows * 9 * size };
      expect(hex(await readTensor(file, places, partly, 77))).toBe(picked.join(''));
    }
  });

  it('takes a tensor rebuilt with its type from untyped bytes, as PyTorch 2 writes new types', async () => {
    const pickle = new PickleWriter()
      .op(0x7d)
      .text('w')
      .global('torch._utils', '_rebuild_tensor_v3')
      .op(0x28, 0x28);
    pickle
      .text('storage')
      .global('torch.storage', 'UntypedStorage')
      .text('0')
      .text('cpu')
      .number(8)
      .op(0x74, 0x51);
    pickle
      .number(1)
      .numbers([3])
      .numbers([1])
      .op(0x89, 0x4e)
      .global('torch', 'bfloat16')
      .op(0x74, 0x52, 0x73);
    const all = await readAll(
      writeZip([
        { name: 'm/data.pkl', bytes: pickle.finish() },
        { name: 'm/data/0', bytes: halves(4) },
      ]),
    );
    expect(all).toEqual(new Map([['w', halves(4).subarray(2)]]));
  });

  it('refuses big-endian files and archives of something else', async () => {
    const ok = { name: 'm/data.pkl', bytes: new PickleWriter().op(0x7d).finish() };
    const order = (text: string) => ({ name: 'm/byteorder', bytes: new TextEncoder().encode(text) });
    expect(await readAll(writeZip([ok, order('little')]))).toEqual(new Map());
    expect(await readAll(writeZip([ok, order('big')]))).toMatchObject({ code: 'transcode/unsupported' });
    expect(await readAll(writeZip([{ name: 'word/document.xml', bytes: halves(2) }]))).toMatchObject({
      code: 'transcode/not-a-model',
    });
    expect(await readAll(writeZip([ok, { ...ok, name: 'n/data.pkl' }]))).toMatchObject({
      code: 'transcode/malformed',
    });
  });
});
