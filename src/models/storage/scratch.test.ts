import { afterEach, expect, it, vi } from 'vitest';
import { clearScratch, Scratch } from './scratch.ts';

/** As much of the origin's private file system as this needs. */
function fakeFolder(room: number) {
  const files = new Map<string, Uint8Array<ArrayBuffer>>([['kept.gguf', new Uint8Array(1)]]);
  const fileHandle = (name: string) => ({
    getFile: () => Promise.resolve(new File([files.get(name) ?? new Uint8Array(0)], name)),
    createSyncAccessHandle: () =>
      Promise.resolve({
        truncate: (size: number) => {
          if (size > room) throw new DOMException('full', 'QuotaExceededError');
          files.set(name, new Uint8Array(size));
        },
        write: (bytes: Uint8Array) => {
          files.get(name)?.set(bytes);
          return bytes.length;
        },
        close: () => undefined,
      }),
  });
  const folder = {
    getFileHandle: (name: string) => Promise.resolve(fileHandle(name)),
    removeEntry: (name: string) => Promise.resolve(files.delete(name)),
    keys: () => [...files.keys()].values(),
  };
  vi.stubGlobal('navigator', {
    storage: { getDirectory: () => Promise.resolve({ getDirectoryHandle: () => Promise.resolve(folder) }) },
  });
  return files;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

it('holds the latest bytes, whatever was there, and leaves nothing but others’ files', async () => {
  const files = fakeFolder(1000);
  const [one, other] = [new Scratch(), new Scratch()];
  const held = async (scratch: Scratch, text: string) =>
    (await scratch.hold(new TextEncoder().encode(text)))?.text();
  expect(await held(one, 'a long first file')).toBe('a long first file');
  expect(await held(other, 'of another')).toBe('of another');
  expect(await held(one, 'short')).toBe('short');
  expect(files.size).toBe(3);
  await clearScratch();
  expect([...files.keys()]).toEqual(['kept.gguf']);
});

it('lets memory do where there is no room, and no such file system', async () => {
  fakeFolder(3);
  expect(await new Scratch().hold(new Uint8Array(4))).toBeNull();
  for (const navigator of [undefined, {}, { storage: {} }]) {
    vi.stubGlobal('navigator', navigator);
    expect(await new Scratch().hold(new Uint8Array(4))).toBeNull();
    await clearScratch();
  }
});
