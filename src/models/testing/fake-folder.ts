/** As much of the origin's private file system as files in place need. Lets a snapshot be read only while its file is unchanged. */
import { vi } from 'vitest';

interface FakeFile {
  bytes: Uint8Array<ArrayBuffer>;
  /** Counts writes, as a browser looks at the time of the last one. */
  version: number;
}

/** Stands in for `navigator`, until `vi.unstubAllGlobals`. @param room bytes a file may have. @returns what is there, by name. */
export function stubFolder(room = Number.MAX_SAFE_INTEGER): Map<string, FakeFile> {
  const files = new Map<string, FakeFile>();
  const fileOf = (name: string): FakeFile => {
    const file = files.get(name) ?? { bytes: new Uint8Array(), version: 0 };
    files.set(name, file);
    return file;
  };
  const fileHandle = (name: string) => ({
    getFile: () => Promise.resolve(new Snapshot(fileOf(name), 0, fileOf(name).bytes.length)),
    createSyncAccessHandle: () =>
      Promise.resolve({
        write: (written: Uint8Array, { at }: { readonly at: number }) => {
          if (at + written.length > room) throw new DOMException('full', 'QuotaExceededError');
          const file = fileOf(name);
          const bytes = new Uint8Array(Math.max(file.bytes.length, at + written.length));
          bytes.set(file.bytes);
          bytes.set(written, at);
          files.set(name, Object.assign(file, { bytes, version: file.version + 1 }));
          return written.length;
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

class Snapshot extends Blob {
  readonly #file: FakeFile;
  readonly #version: number;
  readonly #from: number;
  readonly #to: number;

  constructor(file: FakeFile, from: number, to: number, version = file.version) {
    super();
    this.#file = file;
    this.#version = version;
    this.#from = from;
    this.#to = to;
  }

  override get size(): number {
    return this.#to - this.#from;
  }

  override slice(from = 0, to = this.size): Blob {
    return new Snapshot(this.#file, this.#from + from, this.#from + to, this.#version);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const [file, version, from, to] = [this.#file, this.#version, this.#from, this.#to];
    return new ReadableStream({
      async pull(controller) {
        // A cache begins to read in its own time.
        await new Promise((done) => setTimeout(done, 5));
        if (file.version !== version) {
          controller.error(new DOMException('the file has changed', 'UnknownError'));
          return;
        }
        if (to > from) controller.enqueue(file.bytes.slice(from, to));
        controller.close();
      },
    });
  }
}
