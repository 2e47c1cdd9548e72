import { OLD_TENSOR_CACHE_FILE, TENSOR_CACHE_FILE } from '../../formats/mlc-package/package-json.ts';
import { createHash } from 'node:crypto';
import { constants, writeSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../errors/app-error.ts';
import type { HashedWrite, Journal, PackageSink } from '../../transcode/run/workers/conversion-port.ts';
import type { PackageReader } from '../../transcode/package/verify.ts';
import { fileError, noFollow } from './node-byte-source.ts';

const JOURNAL_FILE = 'transcode-journal.json';

/** A folder on disk that holds a package, and its journal while it is being made. */
export class PackageFolder implements PackageSink, PackageReader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Creates the folder, and takes back an earlier package's claim to be complete. */
  async prepare(): Promise<void> {
    try {
      await makeFolder(resolve(this.#path));
      if ((await lstat(this.#path)).isSymbolicLink())
        throw new AppError('storage/failed', 'This is a link: name the folder it leads to', {
          folder: this.#path,
        });
      await rm(this.#at(TENSOR_CACHE_FILE), { force: true });
      await rm(this.#at(OLD_TENSOR_CACHE_FILE), { force: true });
    } catch (thrown) {
      throw targetError(thrown, this.#path);
    }
  }

  /** Removes shards of an earlier package with more of them. */
  async removeStale(shards: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#path)) {
      if (/^params_shard_\d+\.bin(\.part)?$/.test(name) && !shards.has(name))
        await rm(this.#at(name), { force: true });
    }
  }

  async size(name: string): Promise<number | null> {
    try {
      const stats = await lstat(this.#at(name));
      // A link is not what was written here, whatever it leads to.
      return stats.isFile() ? stats.size : null;
    } catch (thrown) {
      return ifMissing(thrown, name);
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.#replace(name, (file) => {
      for (const slice of slicesOf(bytes)) writeWhole(file, slice);
    });
  }

  /** Also hashes, each slice while the processor's cache still holds it. */
  async writeHashed(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<HashedWrite> {
    const md5 = createHash('md5');
    const sha256 = createHash('sha256');
    await this.#replace(name, async (file) => {
      for (const slice of slicesOf(bytes)) {
        writeWhole(file, slice);
        md5.update(slice);
        sha256.update(slice);
        // The file before may be on the disk by now.
        await setImmediate();
      }
    });
    return { digest: { md5: md5.digest('hex'), sha256: sha256.digest('hex') }, buffer: bytes.buffer };
  }

  /** Writes beside, flushes to the disk, then renames: after a power cut a name stands for a whole file. */
  async #replace(name: string, fill: (file: number) => Promise<void> | void): Promise<void> {
    const path = this.#at(name);
    try {
      // Whatever lies under that name, a link of somebody else's as well, goes; then the file must be a new one.
      await rm(`${path}.part`, { force: true });
      const handle = await open(`${path}.part`, 'wx');
      try {
        await fill(handle.fd);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(`${path}.part`, path);
    } catch (thrown) {
      await rm(`${path}.part`, { force: true });
      throw targetError(thrown, path);
    }
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    // Names come from the package's own files; none may lead out of its folder.
    if (!/^[\w.-]+$/.test(name) || name.startsWith('.')) {
      throw new AppError('transcode/package-damaged', 'The package names an odd file', { file: name });
    }
    try {
      const handle = await open(this.#at(name), constants.O_RDONLY | noFollow());
      try {
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      return ifMissing(thrown, name);
    }
  }

  get journal(): Journal {
    return {
      load: async () => {
        const bytes = await this.read(JOURNAL_FILE);
        if (bytes === null) return null;
        try {
          return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
        } catch {
          return null; // cut off while being written by something other than `save`: begin anew
        }
      },
      save: (state) => this.write(JOURNAL_FILE, new TextEncoder().encode(JSON.stringify(state))),
      clear: () => rm(this.#at(JOURNAL_FILE), { force: true }),
    };
  }

  #at(name: string): string {
    return join(this.#path, name);
  }
}

/**
 * Written at a time. On the virtual machine where this was measured 1.2 GB took 3.5 s of processor time in writes of 2 or 32 MB, and 0.4
 * in writes of this size.
 */
const SLICE_BYTES = 512 * 1024;

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/** On this thread: it is copying into the system's memory, and to hand that to another takes longer. */
function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

/** Whatever goes wrong here is the target's fault: a missing folder is not a missing source. */
function targetError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const error = fileError(thrown, path);
  if (error.code.startsWith('storage/')) return error;
  return new AppError('storage/failed', `${error.message}: ${path}`, error.details, { cause: thrown });
}

/** `mkdir` with `recursive` never returns where a file system refuses new folders as if their parent were missing (`/proc`). */
async function makeFolder(path: string): Promise<void> {
  const isMissing = (thrown: unknown): boolean =>
    thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
  try {
    await mkdir(path);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return;
    const parent = dirname(path);
    if (
      !isMissing(thrown) ||
      parent === path ||
      (await stat(parent).then(
        () => true,
        () => false,
      ))
    )
      throw thrown;
    await makeFolder(parent);
    await mkdir(path);
  }
}

function ifMissing(thrown: unknown, name: string): null {
  const error = fileError(thrown, name);
  if (error.code === 'bytes/not-found') return null;
  throw error;
}
