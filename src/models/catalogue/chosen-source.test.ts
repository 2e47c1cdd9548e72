import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chosenSource } from './chosen-source.ts';

const SIZE = 40 * 1024 * 1024;
/** Longer than one stream; every place has bytes of its own. */
const content = new Uint8Array(new Uint32Array(SIZE / 4).map((_, at) => Math.imul(at, 0x9e3779b1)).buffer);
const file = new File([content], 'model.gguf');
const source = chosenSource({ path: 'model.gguf', file }, 'sample:1');

const read = fc.record({ at: fc.nat(SIZE - 1), length: fc.nat(3_000_000), follows: fc.boolean() });

it('gives the bytes of any reads, one after another or all at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(read, { minLength: 1, maxLength: 6 }), fc.boolean(), async (reads, atOnce) => {
      let end = 0;
      const spans = reads.map(({ at, length, follows }) => {
        const offset = follows ? Math.min(end, SIZE - 1) : at;
        end = Math.min(SIZE, offset + length);
        return { offset, length: end - offset };
      });
      const results: Uint8Array[] = [];
      if (atOnce)
        results.push(...(await Promise.all(spans.map(({ offset, length }) => source.read(offset, length)))));
      else for (const { offset, length } of spans) results.push(await source.read(offset, length));
      for (const [i, { offset, length }] of spans.entries())
        expect(Buffer.compare(results[i] ?? content, content.subarray(offset, offset + length))).toBe(0);
    }),
    { numRuns: 30 },
  );
  const whole = new Uint8Array(SIZE);
  await source.readInto?.(0, whole);
  expect(Buffer.compare(whole, content)).toBe(0);
}, 60_000);

it('does without streams of bytes where the browser has none', async () => {
  const old = new File([content.subarray(0, 1000)], 'old.gguf');
  const slice = (from?: number, to?: number) => {
    const part = new Blob([content.subarray(from ?? 0, to)]);
    Object.defineProperty(part, 'stream', { value: () => new ReadableStream() });
    return part;
  };
  Object.defineProperty(old, 'slice', { value: slice });
  const bytes = await chosenSource({ path: 'old.gguf', file: old }, 'sample:2').read(100, 50);
  expect(bytes).toEqual(content.subarray(100, 150));
});

it('says that it ended early, that it changed, and that it was stopped', async () => {
  await expect(source.read(SIZE - 5, 10)).rejects.toMatchObject({ code: 'bytes/short-read' });
  const changed = new File(['old'], 'a.gguf');
  Object.defineProperty(changed, 'slice', {
    value: () => {
      throw new DOMException('changed', 'NotReadableError');
    },
  });
  const other = chosenSource({ path: 'a.gguf', file: changed }, 'sample:3');
  await expect(other.read(0, 2)).rejects.toMatchObject({ code: 'bytes/changed' });
  await expect(source.read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  expect((await source.read(4, 8)).length).toBe(8);
});
