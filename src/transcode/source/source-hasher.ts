import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { HashProgress } from '../run/workers/conversion-port.ts';
import { fromBase64, toBase64, type Hashing, type StreamHash } from '../run/hashing.ts';

interface HashedFile {
  readonly size: number;
  /** Null once the whole file is hashed. */
  hash: StreamHash | null;
  /** Bytes hashed. */
  position: number;
  /** The hash's state at `position`, where it can be saved. */
  state: Uint8Array | null;
  sha256: string | null;
}

/** The SHA-256 of each source file, fed as its bytes come by, from front to back, each byte once. */
export class SourceHasher {
  readonly #files: HashedFile[];

  private constructor(files: HashedFile[]) {
    this.#files = files;
  }

  /** Goes on from what a journal remembers. Where a hash's state could not be saved, its file is hashed from the start. */
  static async begin(
    sources: readonly ByteSource[],
    hashing: Hashing,
    remembered: readonly HashProgress[],
  ): Promise<SourceHasher> {
    const files = await Promise.all(
      sources.map(async ({ size }, i) => {
        const known = remembered[i];
        if (typeof known?.sha256 === 'string')
          return { size, hash: null, position: size, state: null, sha256: known.sha256 };
        const resumed = known !== undefined && known.position <= size ? await resume(hashing, known) : null;
        if (resumed !== null) return { size, ...resumed, sha256: null };
        return { size, hash: await hashing.sha256(), position: 0, state: null, sha256: null };
      }),
    );
    return new SourceHasher(files);
  }

  /** How far file `file` is hashed, in bytes. */
  position(file: number): number {
    return this.#files[file]?.position ?? 0;
  }

  /**
   * Takes the part of a read that is new. Reads must leave no gap, and come one after another.
   * @returns the same bytes: those given may be gone, with the memory they lie in.
   */
  async feed(file: number, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const state = this.#files[file];
    if (!state?.hash) return bytes;
    const { byteOffset, length } = bytes;
    const end = offset + length;
    if (end <= state.position) return bytes;
    if (offset > state.position) {
      throw new AppError('unknown', 'A hash missed bytes of its file', {
        file,
        offset,
        position: state.position,
      });
    }
    const { buffer } = await state.hash.update(bytes.subarray(state.position - offset));
    const sha256 = end === state.size ? await state.hash.digest() : null;
    // All at once: a journal may be written at any moment, and must not hold one without the other.
    state.position = end;
    state.state = sha256 === null ? state.hash.save() : null;
    state.sha256 = sha256;
    if (sha256 !== null) state.hash = null;
    return new Uint8Array(buffer, byteOffset, length);
  }

  /** For the journal. */
  progress(): HashProgress[] {
    return this.#files.map(({ position, state, sha256 }) => ({
      position,
      sha256,
      state: state === null ? null : toBase64(state),
    }));
  }

  /** Null until the whole file has been fed. */
  sha256(file: number): string | null {
    return this.#files[file]?.sha256 ?? null;
  }
}

/** Null where there is no saved state, or one this implementation can't read: then the file is hashed anew. */
async function resume(
  hashing: Hashing,
  { position, state: saved }: HashProgress,
): Promise<Pick<HashedFile, 'hash' | 'position' | 'state'> | null> {
  if (saved === null) return null;
  try {
    const state = fromBase64(saved);
    return { hash: await hashing.sha256(state), position, state };
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) throw thrown;
    if (thrown instanceof AppError && thrown.code === 'transcode/worker-failed') throw thrown;
    return null;
  }
}
