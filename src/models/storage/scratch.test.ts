import { afterEach, expect, it, vi } from 'vitest';
import { stubFolder } from '../testing/fake-folder.ts';
import { clearScratch, Scratch, type Held } from './scratch.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

async function hold(scratch: Scratch, text: string): Promise<Held> {
  const held = await scratch.hold(new TextEncoder().encode(text));
  if (held === null) throw new Error('there is room');
  return held;
}

const read = async ({ bytes }: Held) => new Response(bytes.stream()).text();

it('holds what is held until it is released, however much else comes', async () => {
  const files = stubFolder();
  const scratch = new Scratch();
  const first = await hold(scratch, 'a long first file');
  const second = await hold(scratch, 'another');
  expect([await read(first), await read(second)]).toEqual(['a long first file', 'another']);
  first.release();
  expect(await read(await hold(scratch, 'short'))).toBe('short');
  expect(await read(second)).toBe('another');
  expect(files.size).toBe(2);
});

it('holds more than one write takes', async () => {
  stubFolder();
  const text = '0123456789'.repeat(120_000);
  expect(await read(await hold(new Scratch(), text))).toBe(text);
});

it('leaves nothing but others’ files', async () => {
  const files = stubFolder();
  files.set('kept.gguf', { bytes: new Uint8Array(1), version: 1 });
  const scratch = new Scratch();
  const held = await hold(scratch, 'one');
  await hold(new Scratch(), 'of another thread');
  held.release();
  await scratch.free();
  expect(files.size).toBe(2);
  await clearScratch();
  expect([...files.keys()]).toEqual(['kept.gguf']);
});

it('lets memory do where there is no room, and no such file system', async () => {
  const files = stubFolder(3);
  expect(await new Scratch().hold(new Uint8Array(4))).toBeNull();
  expect(files.size).toBe(0);
  for (const navigator of [undefined, {}, { storage: {} }]) {
    vi.stubGlobal('navigator', navigator);
    expect(await new Scratch().hold(new Uint8Array(4))).toBeNull();
    await clearScratch();
  }
});
